import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage
import TestSupport
import Testing

/// Transactions over the references of several worktrees.
@Suite struct WorktreeTransactionTests {
    private struct Scene {
        let directory: TemporaryDirectory
        let one: ObjectID
        let two: ObjectID

        init() throws {
            directory = try TemporaryDirectory()
            let main = directory.appending("main")
            try git(["init", "-q", "-b", "main", main.string], in: directory.path)
            for message in ["one", "two"] { try git(["commit", "-q", "--allow-empty", "-m", message], in: main) }
            two = try #require(ObjectID(hex: try git(["rev-parse", "HEAD"], in: main)))
            one = try #require(ObjectID(hex: try git(["rev-parse", "HEAD~1"], in: main)))
            try git(["branch", "topic"], in: main)
            for name in ["w1", "w2"] { try git(["worktree", "add", "-q", "../\(name)"], in: main) }
        }

        /// What the library sees in the first linked worktree.
        func environment() throws(RepositoryError) -> RepositoryEnvironment {
            let who = [
                "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com",
                "GIT_COMMITTER_DATE": "1112911993 +0000",
            ]
            return try Variables(home: directory.path, who).library(directory.appending("w1"))
        }

        func head(_ worktree: String) throws -> String {
            try git(["rev-parse", "HEAD"], in: directory.appending(worktree))
        }

        func reflog(_ worktree: String) throws -> Int {
            try git(["reflog", "show", "--format=%H", "HEAD"], in: directory.appending(worktree))
                .split(separator: "\n").count
        }
    }

    /// The heads of three worktrees and two branches change as one.
    @Test(arguments: [false, true])
    func threeHeadsAndTwoBranches(_ isRejected: Bool) throws {
        let scene = try Scene()
        let repository = try Repository(environment: scene.environment())
        var edits: [RefEdit] = []
        for name in ["HEAD", "main-worktree/HEAD", "worktrees/w2/HEAD"] {
            var edit = RefEdit.update(try RefName(name), to: scene.one, message: "detach")
            edit.followsSymbolic = false
            edits.append(edit)
        }
        edits.append(.create(try RefName("refs/heads/new"), at: scene.one))
        let old = isRejected ? scene.one : scene.two
        edits.append(.update(try RefName("refs/heads/topic"), to: scene.one, expecting: .object(old)))
        let logs = try ["main", "w1", "w2"].map(scene.reflog)
        if isRejected {
            let error = #expect(throws: RefError.self) {
                try repository.refs.commit(RefTransaction(edits), repository.transactionContext())
            }
            #expect(error?.rejection?.reason == .incorrectOldValue)
        } else {
            try repository.refs.commit(RefTransaction(edits), repository.transactionContext())
        }
        let id = isRejected ? scene.two : scene.one
        for worktree in ["main", "w1", "w2"] { #expect(try scene.head(worktree) == id.hex) }
        #expect(try ["main", "w1", "w2"].map(scene.reflog) == logs.map { $0 + (isRejected ? 0 : 1) })
        let main = scene.directory.appending("main")
        #expect(try git(["rev-parse", "topic"], in: main) == id.hex)
        #expect(try git(["branch", "--list", "new"], in: main) == (isRejected ? "" : "  new"))
    }

    /// However the worktree's git dir is named, a transaction of several steps goes through, under an intent.
    @Test(arguments: ["../main/.git/worktrees/w1", "../main/.git/worktrees/../worktrees/w1", "../link"])
    func theGitDirectoryMayBeNamedOtherwise(_ gitDirectory: String) throws {
        let scene = try Scene()
        _ = try output("/bin/ln", ["-s", "main/.git/worktrees/w1", scene.directory.appending("link").string])
        var variables = Variables(home: scene.directory.path)
        for name in ["NAME", "EMAIL"] { variables.values["GIT_COMMITTER_\(name)"] = "c@example.com" }
        variables.values["GIT_DIR"] = gitDirectory
        let worktree = scene.directory.appending("w1")
        let repository = try Repository(environment: try variables.library(worktree))
        try repository.refs.commit(
            RefTransaction([
                .update(.head, to: scene.one), .create(try RefName("refs/heads/a"), at: scene.one),
                .create(try RefName("refs/bisect/bad"), at: scene.one),
            ]), repository.transactionContext())
        #expect(try scene.head("w1") == scene.one.hex)
        #expect(try git(["rev-parse", "refs/bisect/bad", "a"], in: worktree) == "\(scene.one)\n\(scene.one)")
        let intents = scene.directory.appending("main/.git/strata/intents")
        #expect(try output("/bin/ls", [intents.string]) == "")
    }

    /// A commit in a linked worktree changes one file: no intent is due.
    @Test func anOrdinaryCommitWritesNoIntent() throws {
        let scene = try Scene()
        let repository = try Repository(environment: scene.environment())
        let lines = try scene.reflog("w1")
        try repository.refs.commit(
            RefTransaction([.update(.head, to: scene.one, message: "commit")]), repository.transactionContext())
        #expect(try scene.head("w1") == scene.one.hex)
        #expect(try scene.reflog("w1") == lines + 1)
        let entries = try output(
            "/bin/ls", [scene.directory.appending("main/.git/strata").string], environment: gitEnvironment)
        #expect(!entries.contains("intents"))
    }
}
