import SystemPackage
import TestSupport
import Testing

/// Each example is a package of its own, built with one command and run on a real repository.
@Suite(.serialized) struct ExampleTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    /// Builds an example and runs it.
    private func output(of example: String, _ arguments: [String]) throws -> String {
        let package = Self.root.appending("Examples").appending(example)
        let result = try run("swift", ["run", "--package-path", package.string, example] + arguments)
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
}
