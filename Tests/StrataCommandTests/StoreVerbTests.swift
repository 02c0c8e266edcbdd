import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// `strata store`, which git does not have.
@Suite struct StoreVerbTests {
    /// A repository of git's with `refs/heads/main` packed and `refs/heads/loose` not.
    struct Repository {
        let directory: TemporaryDirectory
        let id: String

        init() throws {
            directory = try TemporaryDirectory()
            try TestSupport.git(["init", "-q", "-b", "main", "."], in: directory.path)
            try TestSupport.git(["commit", "-q", "--allow-empty", "-m", "one"], in: directory.path)
            try TestSupport.git(["pack-refs", "--all"], in: directory.path)
            try TestSupport.git(["branch", "loose"], in: directory.path)
            id = try TestSupport.git(["rev-parse", "HEAD"], in: directory.path)
        }

        func strata(_ arguments: String...) -> Outcome { run(["store"] + arguments) }

        func run(_ arguments: String...) -> Outcome { run(arguments) }

        func run(_ arguments: [String]) -> Outcome {
            let console = Console.memory()
            let all = ["-C", directory.path.string] + arguments
            let status = StrataMain.run(arguments: all.map { Bytes($0) }, console: console)
            return Outcome(status: status.rawValue, out: console.output.collected, err: console.errors.collected)
        }
    }

    @Test func explainFollowsSymbolicReferences() throws {
        let repository = try Repository()
        let told = repository.strata("explain", "HEAD")
        #expect(told.status == 0 && told.errText == "")
        #expect(told.lines.filter { !$0.hasPrefix(" ") } == ["HEAD", "refs/heads/main"])
        #expect(told.lines.contains("  worktree: ref: refs/heads/main"))
        #expect(told.lines.contains { $0.hasSuffix("/HEAD, 21 bytes") })
        #expect(told.lines.contains { $0.contains("mapped ") && $0.contains("packed-refs, ") })
        #expect(told.lines.contains { $0.hasPrefix("  worktree: \(repository.id)") })
        #expect(told.lines.filter { $0.hasPrefix("  opened ") }.count == 2)
    }

    @Test func explainListsAPrefix() throws {
        let repository = try Repository()
        let told = repository.strata("explain", "--prefix", "refs/heads/")
        #expect(told.status == 0)
        #expect(told.lines.prefix(2) == ["refs/heads/", "  worktree: 2 references"])
        #expect(told.lines.contains { $0.contains("read ") && $0.contains(", 41 bytes") })
    }

    @Test func statusesAreGits() throws {
        let repository = try Repository()
        #expect(repository.strata("explain", "refs/heads/none").status == 1)
        let bad = repository.strata("explain", "refs/heads/..")
        #expect(bad.status == 128 && bad.errText == "fatal: 'refs/heads/..' is not a valid refname\n")
        for arguments in [[], ["explain"], ["explain", "a", "b"], ["explain", "--prefix", "a", "b"], ["sweep", "x"]] {
            let console = Console.memory()
            let all = ["-C", repository.directory.path.string, "store"] + arguments
            #expect(StrataMain.run(arguments: all.map { Bytes($0) }, console: console) == .usage, "\(arguments)")
            #expect(String(decoding: console.errors.collected, as: UTF8.self).hasPrefix("usage: strata store "))
        }
        let unknown = repository.strata("polish")
        #expect(unknown.status == 129 && unknown.errText.hasPrefix("error: unknown subcommand: `polish'\n"))
        let help = repository.strata("-h")
        #expect(help.status == 129 && help.outText.contains("or: strata store sweep"))
        try writeFile(repository.directory.appending(".git/packed-refs"), "nonsense\n")
        let broken = repository.strata("explain", "refs/heads/main")
        #expect(broken.status == 128 && broken.errText.hasPrefix("fatal: "))
        #expect(broken.lines.contains { $0.contains("failed, ") })
    }

    @Test func sweepRemovesWhatTheDeadLeft() throws {
        let repository = try Repository()
        let git = repository.directory.appending(".git")
        #expect(repository.strata("sweep").outText == "")
        // The file of an owner that nobody holds, with a lock and a value that was not published; its record was lost.
        let owner = "0123456789abcdef"
        try writeFile(git.appending("strata/owner-\(owner)-0"), "")
        try writeFile(git.appending("strata/tmp/\(owner)-1"), repository.id)
        let lock = git.appending("refs/heads/loose.lock")
        _ = try run("/bin/ln", [git.appending("strata/owner-\(owner)-0").string, lock.string])
        let told = repository.strata("sweep")
        #expect(told.status == 0 && told.errText == "")
        #expect(told.lines.count == 3)
        #expect(told.lines.contains { $0.hasPrefix("removed lock '") && $0.hasSuffix("refs/heads/loose.lock'") })
        #expect(told.lines.contains { $0.hasPrefix("removed unpublished value '") })
        #expect(told.lines.last == "removed what owner \(owner) left")
        #expect(repository.strata("sweep").outText == "")
        try TestSupport.git(["update-ref", "refs/heads/loose", repository.id], in: repository.directory.path)
    }
}

/// Makes a file, and the directories that lead to it.
func writeFile(_ path: FilePath, _ text: String) throws { try writeFile(path, Array(text.utf8)) }

func writeFile(_ path: FilePath, _ bytes: [UInt8]) throws {
    _ = try output("/bin/mkdir", ["-p", path.removingLastComponent().string])
    let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
    _ = try file.closeAfter { try file.writeAll(bytes) }
}
