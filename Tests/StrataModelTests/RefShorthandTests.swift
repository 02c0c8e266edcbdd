import StrataModel
import SystemPackage
import TestSupport
import Testing

@Suite struct RefShorthandTests {
    static let pool = [
        "refs/heads/a", "refs/tags/a", "refs/remotes/a/HEAD", "refs/a", "refs/heads/heads/a", "refs/heads/tags/a",
        "refs/remotes/o/HEAD", "refs/remotes/o/a", "refs/tags/o", "refs/heads/o", "refs/o/a", "refs/heads/o/a",
        "refs/tags/refs/heads/a", "refs/heads/refs/heads/a", "refs/tags/heads/a", "refs/stash",
        "refs/heads/remotes/o/a", "refs/remotes/heads/a", "refs/remotes/refs/HEAD", "refs/heads/HEAD",
    ]

    /// Random repositories, every name of theirs in both modes.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func shorteningIsGits() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        try git(["init", "-q", "--bare", "."], in: path)
        let commit = try git(["commit-tree", "-m", "x", git(["mktree"], in: path)], in: path)
        var random = SplitMix64(seed: 4)
        for _ in 0..<25 {
            var names: [String] = []
            for name in Self.pool.shuffled(using: &random).prefix(Int.random(in: 2...12, using: &random))
            where !names.contains(where: { "\($0)/".hasPrefix("\(name)/") || "\(name)/".hasPrefix("\($0)/") }) {
                names.append(name)
            }
            let packed = names.sorted().map { "\(commit) \($0)\n" }.joined()
            let descriptor = try FileDescriptor.open(
                path.appending("packed-refs"), .writeOnly, options: [.create, .truncate],
                permissions: .ownerReadWrite)
            try descriptor.closeAfter {
                _ = try descriptor.writeAll("# pack-refs with: peeled fully-peeled sorted \n\(packed)".utf8)
            }
            for strict in [true, false] {
                let listed = try git(
                    ["-c", "core.warnAmbiguousRefs=\(strict)", "for-each-ref", "--format=%(refname) %(refname:short)"],
                    in: path)
                for line in listed.split(separator: "\n") {
                    let words = line.split(separator: " ").map(String.init)
                    let short = RefShorthand.shorten(Array(words[0].utf8), strict: strict) { candidate in
                        // HEAD exists as a file, and leads to nothing.
                        names.contains(String(decoding: candidate, as: UTF8.self))
                    }
                    #expect(String(decoding: short, as: UTF8.self) == words[1], "\(names) strict=\(strict)")
                    #expect(RefShorthand.candidates(for: short).contains(Array(words[0].utf8)))
                }
                let name = names[0]
                let abbreviated = try git(
                    ["rev-parse", "--abbrev-ref=\(strict ? "strict" : "loose")", name], in: path)
                let short = RefShorthand.shorten(Array(name.utf8), strict: strict) {
                    names.contains(String(decoding: $0, as: UTF8.self))
                }
                #expect(String(decoding: short, as: UTF8.self) == abbreviated)
            }
        }
    }

    @Test func candidatesAreInGitsOrder() {
        #expect(
            RefShorthand.candidates(for: Array("x".utf8)).map { String(decoding: $0, as: UTF8.self) } == [
                "x", "refs/x", "refs/tags/x", "refs/heads/x", "refs/remotes/x", "refs/remotes/x/HEAD",
            ])
    }

    @Test func failuresOfTheQuestionArePassedOn() {
        struct Unknown: Error {}
        #expect(throws: Unknown.self) {
            try RefShorthand.shorten(Array("refs/heads/a".utf8), strict: false) { _ throws(Unknown) in throw Unknown() }
        }
    }
}
