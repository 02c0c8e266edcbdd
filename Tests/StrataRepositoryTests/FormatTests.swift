import StrataModel
import StrataRepository
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: gitVersion >= 254, "extensions are those of git 2.54")) struct FormatTests {
    /// Which extensions count in which version, as git decides it.
    @Test func versionsAndExtensions() throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        _ = try variables.runGit(["init", "-q", "repo"], in: directory.path)
        let repository = directory.appending("repo")
        let extensions = [
            "", "noop", "noop = x", "noop-v1 = x", "preciousObjects = true", "preciousObjects = maybe",
            "preciousObjects", "partialClone = origin", "partialClone",
            "worktreeConfig = true", "worktreeConfig = 7", "objectFormat = sha1", "objectFormat = sha256",
            "objectFormat = SHA1", "objectFormat = md5", "objectFormat",
            "compatObjectFormat = sha1\n\tcompatObjectFormat = sha1", "compatObjectFormat = x", "refStorage = files",
            "refStorage = reftable", "refStorage = files://refs",
            "refStorage = bogus", "refStorage = bogus://x", "refStorage", "relativeWorktrees = true",
            "relativeWorktrees = no", "submodulePathConfig = true", "foo = 1", "foo = 1\n\tBar = 2",
            "foo = 1\n\tnoop-v1 = 1", "noop-v1 = 1\n\trelativeWorktrees = 1", "foo.bar = 1",
        ]
        for version in [
            "", "repositoryformatversion = 0", "repositoryformatversion = 1", "repositoryformatversion = 2",
            "repositoryformatversion = -1", "repositoryformatversion = -3", "repositoryformatversion = x",
            "repositoryformatversion", "repositoryformatversion = 1\n\trepositoryformatversion = 0",
            "repositoryformatversion = 99999999999",
        ] {
            for line in extensions {
                let text = "[core]\n\t\(version)\n[extensions]\n\t\(line)\n"
                try write(text, to: repository.appending(".git/config"))
                let result = try variables.runGit(
                    ["rev-parse", "--show-object-format", "--show-ref-format"], in: repository)
                switch outcome({ () throws(RepositoryError) in
                    try RepositoryLocation.discover(environment: try variables.library(repository))
                }) {
                case .success(let location):
                    // A ref store that cannot be opened is not the format's affair.
                    #expect(
                        result.lines == [
                            location.format.objectFormat.name, location.format.referenceStorage.format.rawValue,
                        ], "\(text): \(result.errText)")
                case .failure(let error):
                    #expect(fatalMessage(result) == error.description, "\(text)")
                    let errors = result.errText.split(separator: "\n").filter { $0.hasPrefix("error: ") }.map {
                        String($0.dropFirst(7))
                    }
                    #expect(error.causes.map { String(decoding: $0, as: UTF8.self) } == errors, "\(text)")
                }
            }
        }
    }

    @Test func referenceStorage() throws {
        #expect(
            ReferenceStorage(Array("lmdb://a://b".utf8))
                == ReferenceStorage(format: .lmdb, payload: Array("a://b".utf8)))
        #expect(ReferenceStorage(Array("files".utf8)) == ReferenceStorage(format: .files))
        #expect(ReferenceStorage(Array("files:".utf8)) == nil)
        let environment = try RepositoryEnvironment(
            variables: ["GIT_REFERENCE_BACKEND": "weird://x"], currentDirectory: "/")
        #expect(
            outcome { () throws(RepositoryError) in try ReferenceStorage.override(environment) }.failureMessage
                == "unknown ref storage format: 'weird'")
    }
}

extension Result where Failure == RepositoryError {
    var failureMessage: String? { if case .failure(let error) = self { error.description } else { nil } }
}
