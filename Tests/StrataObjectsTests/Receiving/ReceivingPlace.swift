import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport

/// A repository of git's whose history is packed in several ways, and empty ones to receive into.
final class ReceivingPlace: Sendable {
    let sample: SampleRepository
    var algorithm: HashAlgorithm { sample.algorithm }

    init(_ algorithm: HashAlgorithm = .sha1, commits: Int = 40) throws {
        sample = try SampleRepository(algorithm, commits: commits)
    }

    /// What `git pack-objects --stdout` gives.
    func pack(_ options: String..., revisions: [String] = []) throws -> [UInt8] {
        let result = try run(
            gitPath, ["pack-objects", "--stdout", "-q", "--revs"] + options + (revisions.isEmpty ? ["--all"] : []),
            stdin: Array((revisions.joined(separator: "\n") + "\n").utf8), environment: gitEnvironment,
            directory: sample.path)
        guard result.status == 0 else { throw CommandFailure(command: "git pack-objects", result: result) }
        return result.out
    }

    /// An empty repository.
    func empty() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try git(
            ["init", "--quiet", "--bare", "--object-format=\(algorithm.name)", "--template=", "."], in: directory.path)
        return directory
    }

    func indexer(into directory: FilePath? = nil) -> PackIndexer {
        let store = directory.map {
            FilesObjectStore(objectDirectory: $0.appending("objects"), algorithm: algorithm).refreshing(.never)
        }
        return PackIndexer(algorithm: algorithm, store: store)
    }
}

/// The files of a repository's packs, by their suffixes; two packs make no such thing.
func packFiles(in repository: FilePath) throws -> [String: [UInt8]] {
    let directory = repository.appending("objects/pack")
    var files: [String: [UInt8]] = [:]
    for name in names(in: directory) {
        let suffix = name.split(separator: ".").last.map(String.init) ?? name
        files[name.hasPrefix("pack-") ? suffix : name] = try contents(of: directory.appending(name))
    }
    return files
}

/// What git prints and how it ends.
func gitResult(_ arguments: [String], in directory: FilePath, stdin: [UInt8] = []) throws -> CommandResult {
    try run(gitPath, arguments, stdin: stdin, environment: gitEnvironment, directory: directory)
}
