import SystemPackage
import TestSupport
import Testing

/// Each example is a package of its own, built with one command and run on a real repository.
@Suite(.serialized) struct ExampleTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    /// Builds an example and runs it. Without what SwiftPM remembers of which files there are: it does not see new ones of this package.
    private func output(of example: String, _ arguments: [String]) throws -> String {
        let package = Self.root.appending("Examples").appending(example)
        let options = ["--disable-build-manifest-caching", "--package-path", package.string]
        let result = try run("swift", ["run"] + options + [example] + arguments)
        try #require(result.status == 0, "\(result.errText)")
        return result.outText
    }

    private func git(_ arguments: [String], in directory: FilePath) throws -> String {
        let result = try run(
            gitPath, ["-c", "user.name=A", "-c", "user.email=a@example.com"] + arguments, directory: directory)
        try #require(result.status == 0, "git \(arguments): \(result.errText)")
        return String(result.outText.drop { $0 == "\n" }.prefix { $0 != "\n" })
    }

    @Test func worktreeLookupSaysWhatGitSays() throws {
        let scratch = try TemporaryDirectory()
        let (main, side) = (scratch.path.appending("main"), scratch.path.appending("side"))
        _ = try git(["init", "-q", main.string], in: scratch.path)
        _ = try git(["commit", "-q", "--allow-empty", "-m", "one"], in: main)
        _ = try git(["worktree", "add", "-q", "-b", "side", side.string], in: main)
        _ = try git(["commit", "-q", "--allow-empty", "-m", "two"], in: side)
        let (one, two) = (try git(["rev-parse", "HEAD"], in: main), try git(["rev-parse", "HEAD"], in: side))

        let text = try output(of: "WorktreeLookup", [side.string, "HEAD~1", "nothing"])
        #expect(text.contains("on              refs/heads/side\n"))
        #expect(text.contains("HEAD            \(two)\n"))
        #expect(text.contains("main-worktree/HEAD  \(one)\n"))
        #expect(text.contains("worktrees/side/HEAD  \(two)\n"))
        #expect(text.contains("HEAD~1  \(one)\n"))
        #expect(text.contains("nothing  unknown\n"))
        #expect(text.contains("branches        2\n"))
    }

    @Test func packRefsJobPacksWhatGitCanRead() throws {
        let scratch = try TemporaryDirectory()
        let main = scratch.path.appending("main")
        _ = try git(["init", "-q", main.string], in: scratch.path)
        _ = try git(["commit", "-q", "--allow-empty", "-m", "one"], in: main)
        for number in 1...3 { _ = try git(["branch", "b\(number)"], in: main) }
        #expect(try output(of: "PackRefsJob", [main.string]) == "\(main.string): nothing to do\n")
        #expect(
            try output(of: "PackRefsJob", ["--force", main.string]).contains(": 4 packed, 4 loose files removed\n"))
        #expect(try run(gitPath, ["for-each-ref"], directory: main).outText.split(separator: "\n").count == 4)
        #expect(try run(gitPath, ["fsck"], directory: main).status == 0)
    }

    /// Repositories whose references are in a database: pushes that are whole or refused with a reason, listings without what is hidden.
    @Test func hostingBackendTakesPushesWhole() throws {
        let scratch = try TemporaryDirectory()
        let (work, host) = (scratch.path.appending("work"), scratch.path.appending("host"))
        _ = try git(["init", "-q", work.string], in: scratch.path)
        _ = try git(["commit", "-q", "--allow-empty", "-m", "one"], in: work)
        _ = try git(["commit", "-q", "--allow-empty", "-m", "two"], in: work)
        let (one, two) = (try git(["rev-parse", "HEAD~1"], in: work), try git(["rev-parse", "HEAD"], in: work))
        let none = String(repeating: "0", count: 40)
        _ = try run("mkdir", ["-p", host.string])
        _ = try backend(host, ["create a"])
        // The objects come by another way, which is not this example's.
        let copied = try run("cp", ["-r", work.appending(".git/objects").string, host.appending("a").string])
        #expect(copied.status == 0)
        _ = try git(
            ["config", "--file", host.appending("a/config").string, "transfer.hideRefs", "refs/internal"], in: work)

        let answers = try backend(
            host,
            [
                "create a", "create ../b", "push a \(none) \(one) refs/heads/main \(none) \(two) refs/heads/side",
                "push a \(none) \(two) refs/heads/main \(none) \(two) refs/heads/new", "advertise a heads/",
                "push a \(one) \(two) refs/heads/main \(two) \(none) refs/heads/side",
                "push a \(none) \(two) refs/internal/x", "push a \(none) \(String(none.dropLast()))1 refs/heads/lost",
                "advertise a",
            ])
        #expect(
            answers == [
                "there already", "refused: '../b' is no name for a repository", "ok",
                "refused: fetch first: cannot lock ref 'refs/heads/main': reference already exists",
                "\(one) refs/heads/main", "\(two) refs/heads/side", "done", "ok",
                "refused: deny updating a hidden ref: refs/internal/x",
                "refused: missing objects: trying to write ref 'refs/heads/lost' with nonexistent object \(none.dropLast())1",
                "\(two) refs/heads/main", "done",
            ])
    }

    /// The answers to `requests`, without what the branch of HEAD is called.
    private func backend(_ host: FilePath, _ requests: [String]) throws -> [String] {
        let package = Self.root.appending("Examples/HostingBackend")
        let result = try run(
            "swift", ["run", "--package-path", package.string, "HostingBackend", host.string],
            stdin: Array((requests.joined(separator: "\n") + "\n").utf8))
        try #require(result.status == 0, "\(result.errText)")
        return result.outText.split(separator: "\n").map(String.init).filter { !$0.hasSuffix(" HEAD") }
    }

    /// The store of the documentation, which the kit finds nothing in.
    @Test func flatFileStorePassesTheKit() throws {
        let scratch = try TemporaryDirectory()
        let text = try output(of: "FlatFileStore", [scratch.path.string])
        let sums = text.prefix { $0 != "\n" }
        #expect(sums.hasSuffix(" skipped, 0 failed"), "\(text)")
        #expect((Int(sums.prefix { $0 != " " }) ?? 0) > 700)
    }
}
