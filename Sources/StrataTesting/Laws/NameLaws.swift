import StrataModel
import StrataRefs

/// Names are bytes: every one that git allows is kept as it is.
extension LawBook {
    private static let unusual: [(what: String, bytes: [UInt8])] = {
        var all = "!\"#$%&'()+,-;<=>@_`{|}".utf8.map { byte in
            (what: "'\(Character(Unicode.Scalar(byte)))' in it", bytes: [UInt8(ascii: "a"), byte, UInt8(ascii: "b")])
        }
        for text in ["-a", "@", "a.b", "a.lock.b", "A", "{", "refs", "HEAD", "0", "a@b", "CON", "a%2fb"] {
            all.append(("the last component '\(text)'", Array(text.utf8)))
        }
        all.append(("bytes that are no UTF-8", [0x80, 0xff, 0xfe]))
        all.append(("two bytes of UTF-8", [0xc3, 0xa9]))
        all.append(("four bytes of UTF-8", [0xf0, 0x9f, 0x8c, 0xb3]))
        return all
    }()

    mutating func addNames() {
        begin("names")
        for (what, last) in Self.unusual {
            let name = ref(Array("refs/heads/".utf8) + last)
            add("a name with \(what) is kept", needs: .writes) { t in
                try t.mustCommit([.create(name, at: t.a), t.create("refs/heads/zz", "b")])
                try t.expect(t.store.snapshot().read(name)?.objectID, t.a, "reading it")
                let both = [name, ref("refs/heads/zz")].sorted().map { escaped($0.bytes) }
                try t.expect(t.names(), both, "the listing")
                try t.mustCommit([.delete(name, expecting: .object(t.a))])
                try t.expect(t.names(), ["refs/heads/zz"], "the listing after it was deleted")
            }
        }
        add("small and capital letters are told apart", needs: .writes) { t in
            try t.mustCommit([t.create("refs/heads/a", "a"), t.create("refs/heads/A", "b")])
            try t.expectReferences(["refs/heads/a": "a", "refs/heads/A": "b"])
            try t.mustCommit([t.delete("refs/heads/A")])
            try t.expectReferences(["refs/heads/a": "a"])
        }
        add("two ways to write a letter with an accent are two names", needs: .writes) { t in
            let composed = ref(Array("refs/heads/".utf8) + [0xc3, 0xa9])
            let decomposed = ref(Array("refs/heads/e".utf8) + [0xcc, 0x81])
            try t.mustCommit([.create(composed, at: t.a), .create(decomposed, at: t.b)])
            try t.expect(t.store.snapshot().read(composed)?.objectID, t.a, "the composed one")
            try t.expect(t.store.snapshot().read(decomposed)?.objectID, t.b, "the decomposed one")
        }
        for (name, code) in [
            ("FETCH_HEAD", "invalid"), ("MERGE_HEAD", "invalid"), ("refs/heads/a..b", "invalid"),
            ("refs/heads/a.lock", "invalid"), ("refs/heads/.a", "invalid"), ("worktrees/x/refs/heads/y", "invalid"),
            ("main-worktree/refs/heads/y", "invalid"),
        ] {
            add("\(name) is not created", needs: .writes) { t in
                guard let bad = RefName(tolerating: Array(name.utf8)) else { return }
                let found = t.outcome(of: RefTransaction([.create(bad, at: t.a)]), t.context())
                try t.expect(found, "failed: \(code)", "creating it")
                try t.expectReferences([:])
            }
        }
    }
}
