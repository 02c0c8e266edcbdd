import StrataModel
import SystemPackage
import TestSupport
import Testing

@Suite struct RefspecPatternTests {
    static func pattern(_ text: String) throws -> RefspecPattern { try RefspecPattern(bytes: Array(text.utf8)) }

    static func map(_ source: String, _ destination: String, _ name: String) throws -> String? {
        try pattern(source).map(Array(name.utf8), to: pattern(destination)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theStarStandsForAnyBytes() throws {
        #expect(try Self.map("refs/heads/*", "refs/remotes/o/*", "refs/heads/a/b") == "refs/remotes/o/a/b")
        #expect(try Self.map("refs/heads/a*z", "refs/x/*y", "refs/heads/a/m/z") == "refs/x//m/y")
        #expect(try Self.map("refs/heads/a*a", "refs/x/*", "refs/heads/a") == nil)
        #expect(try Self.map("refs/heads/a*a", "refs/x/p*", "refs/heads/aa") == "refs/x/p")
        #expect(try Self.map("refs/heads/*", "refs/x/*", "refs/tags/a") == nil)
        #expect(try Self.map("refs/heads/main", "refs/x/main", "refs/heads/main") == "refs/x/main")
        #expect(try Self.map("refs/heads/main", "refs/x/main", "refs/heads/mainx") == nil)
        #expect(try Self.map("HEAD", "refs/x", "HEAD") == "refs/x")
    }

    @Test func malformedPatternsAreRefused() {
        for text in ["", "a*b*", "refs/**", "refs/*/", "refs/..*", "refs/ *"] {
            #expect(throws: RefNameError.self) { try Self.pattern(text) }
        }
    }

    /// What git fetches where, for random patterns and names.
    @Test func mappingIsThatOfGitsFetch() throws {
        let (server, client) = (try TemporaryDirectory(), try TemporaryDirectory())
        for directory in [server, client] { try git(["init", "-q", "--bare", "."], in: directory.path) }
        let commit = try git(["commit-tree", "-m", "x", git(["mktree"], in: server.path)], in: server.path)
        let names = ["a", "ab", "aab", "b/a", "b/b", "c/a/b", "a.b", "é/a"].map { "refs/heads/\($0)" }
        let creates = names.map { "create \($0) \(commit)\n" }.joined()
        try git(["update-ref", "--stdin"], in: server.path, stdin: Array(creates.utf8))
        for source in ["*", "a*", "*b", "b/*", "a*b", "*/a", "c/*/b", "x*", "a"] {
            let destination = source.contains("*") ? "refs/got/*/end" : "refs/got/one"
            try git(
                ["fetch", "-q", "--no-tags", server.path.string, "refs/heads/\(source):\(destination)"],
                in: client.path)
            let got = try git(["for-each-ref", "--format=%(refname)", "refs/got/"], in: client.path)
            // Where the name that comes out is malformed, git fetches nothing.
            let expected = try names.compactMap { try Self.map("refs/heads/\(source)", destination, $0) }
                .filter { (try? RefName($0)) != nil }
            #expect(Set(got.split(separator: "\n").map(String.init)) == Set(expected), "\(source)")
            let deletes = got.split(separator: "\n").map { "delete \($0)\n" }.joined()
            try git(["update-ref", "--stdin"], in: client.path, stdin: Array(deletes.utf8))
        }
    }
}
