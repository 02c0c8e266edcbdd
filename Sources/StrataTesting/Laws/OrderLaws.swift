import StrataModel
import StrataRefs

/// Listings are in the order of unsigned bytes, whatever the order of writing.
extension LawBook {
    private static let groups: [(what: String, names: [String])] = [
        ("of bytes around the slash", ["refs/heads/a-b", "refs/heads/a.b", "refs/heads/a/b", "refs/heads/a0"]),
        ("of a name and its longer neighbours", ["refs/heads/a", "refs/heads/a!", "refs/heads/a-b", "refs/heads/aa"]),
        ("of directories that begin alike", ["refs/heads/a-x/b", "refs/heads/a/b", "refs/heads/a0/b"]),
        ("of deep and shallow names", ["refs/heads/a/b/c.d", "refs/heads/a/b/c/d", "refs/heads/a/b0", "refs/heads/b"]),
        ("of capitals, digits and small letters", ["refs/heads/0", "refs/heads/A", "refs/heads/_", "refs/heads/a"]),
        ("of lengths", ["refs/heads/a", "refs/heads/aa", "refs/heads/aaa", "refs/heads/aaaa"]),
        ("of parts of the hierarchy", ["refs/heads/x", "refs/notes/x", "refs/remotes/o/x", "refs/tags/x", "refs/x"]),
        ("of root references before refs/", ["HEAD", "ORIG_HEAD", "refs/heads/x"]),
        ("of what belongs to a worktree among others", ["HEAD", "refs/bisect/x", "refs/heads/x", "refs/worktree/x"]),
    ]

    /// Names that end in bytes above 0x7f.
    private static let high: [RefName] = [[0x7a], [0x80], [0xc3, 0xa9], [0xe2, 0x82, 0xac], [0xff]].map {
        ref(Array("refs/heads/".utf8) + $0)
    }

    mutating func addOrder() {
        begin("order")
        for (what, names) in Self.groups {
            for isBackward in [true, false] {
                let order = isBackward ? "written backwards" : "written in one transaction"
                add("\(what), \(order)") { t in
                    if isBackward {
                        for name in names.reversed() { try t.seed([name: "a"]) }
                    } else {
                        try t.seed(Dictionary(uniqueKeysWithValues: names.map { ($0, "a") }))
                    }
                    try t.expect(t.names(), names, "the listing")
                }
            }
        }
        add("of bytes above 0x7f, which are not negative") { t in
            try t.seed(SeededNumbers.shuffled(Self.high, seed: t.options.seed).map { ($0, .object(t.a, peeled: nil)) })
            try t.expect(t.names(), Self.high.map { escaped($0.bytes) }, "the listing")
        }
        add("of names written over one another") { t in
            let names = (0..<24).map { "refs/heads/\($0 % 3)/n\($0)" }.sorted()
            for name in SeededNumbers.shuffled(names, seed: t.options.seed) { try t.seed([name: "a"]) }
            for name in SeededNumbers.shuffled(names, seed: 2) { try t.seed([name: "b"]) }
            try t.expect(t.names(), names, "the listing")
        }
        add("each name once", needs: .writes) { t in
            for letter: Character in ["a", "b", "c"] {
                try t.mustCommit([t.update("refs/heads/x", letter), t.update("refs/heads/y", letter)])
                try t.expectReferences(["refs/heads/x": String(letter), "refs/heads/y": String(letter)])
            }
        }
    }
}
