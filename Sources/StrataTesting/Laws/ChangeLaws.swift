import StrataModel
import StrataRefs

/// Creating, updating, deleting: what changes, and that nothing else does.
extension LawBook {
    private static let before = ["refs/heads/a": "a", "refs/heads/b/c": "b", "refs/heads/b/d": "b", "refs/tags/t": "c"]

    private static let plain: [(what: String, edits: @Sendable (Trial) -> [RefEdit], change: [String: String?])] = [
        ("an update changes its reference alone", { [$0.update("refs/heads/a", "c")] }, ["refs/heads/a": "c"]),
        ("an update creates", { [$0.update("refs/heads/n", "c")] }, ["refs/heads/n": "c"]),
        ("an update to the same id changes nothing", { [$0.update("refs/heads/a", "a")] }, [:]),
        ("an update to the zero id deletes", { [$0.update("refs/heads/a", "0")] }, ["refs/heads/a": nil]),
        ("a creation at the zero id creates nothing", { [$0.create("refs/heads/n", "0")] }, [:]),
        ("a creation beside others in a directory", { [$0.create("refs/heads/b/e", "a")] }, ["refs/heads/b/e": "a"]),
        ("a creation in new directories", { [$0.create("refs/x/y/z/w", "a")] }, ["refs/x/y/z/w": "a"]),
        ("a deletion takes its reference alone", { [$0.delete("refs/heads/b/c")] }, ["refs/heads/b/c": nil]),
        ("a deletion of what is absent does nothing", { [$0.delete("refs/heads/n")] }, [:]),
        ("a check changes nothing", { [$0.verify("refs/heads/a", .object($0.a))] }, [:]),
        ("a check of an absent name creates nothing", { [$0.verify("refs/heads/n/o", .mustNotExist)] }, [:]),
        (
            "two references swap their values",
            { [$0.update("refs/heads/a", "c", .object($0.a)), $0.update("refs/tags/t", "a", .object($0.c))] },
            ["refs/heads/a": "c", "refs/tags/t": "a"]
        ),
        (
            "a reference moves to another name",
            { [$0.delete("refs/heads/a", .object($0.a)), $0.create("refs/heads/z", "a")] },
            ["refs/heads/a": nil, "refs/heads/z": "a"]
        ),
        (
            "changes and checks of different names",
            { [$0.update("refs/heads/a", "b"), $0.verify("refs/tags/t", .mustExist), $0.delete("refs/heads/b/d")] },
            ["refs/heads/a": "b", "refs/heads/b/d": nil]
        ),
        ("no edits", { _ in [] }, [:]),
    ]

    mutating func addChanges() {
        begin("changes", needs: .writes)
        for (what, edits, change) in Self.plain {
            add(what) { t in try t.expectChange(change, of: Self.before, by: edits(t)) }
            add("\(what), in a batch") { t in try t.expectChange(change, of: Self.before, by: edits(t), .batched) }
        }
        add("a name that was deleted can be created again") { t in
            for _ in 0..<3 {
                try t.mustCommit([t.create("refs/heads/a/b", "a")])
                try t.expectReferences(["refs/heads/a/b": "a"])
                try t.mustCommit([t.delete("refs/heads/a/b", .object(t.a))])
                try t.expectReferences([:])
            }
        }
        add("when the last name of a directory has gone, its own name is free") { t in
            try t.seed(["refs/heads/a/b/c": "a", "refs/heads/a/d": "a"])
            try t.expect(try t.commit([t.create("refs/heads/a", "b")]), "rejected: nameConflict", "too early")
            try t.mustCommit([t.delete("refs/heads/a/b/c"), t.delete("refs/heads/a/d")])
            try t.mustCommit([t.create("refs/heads/a", "b")])
            try t.expectReferences(["refs/heads/a": "b"])
        }
        add("when a reference has gone, names below it are free") { t in
            try t.seed(["refs/heads/a": "a"])
            try t.expect(try t.commit([t.create("refs/heads/a/b", "b")]), "rejected: nameConflict", "too early")
            try t.mustCommit([t.delete("refs/heads/a")])
            try t.mustCommit([t.create("refs/heads/a/b/c", "b"), t.create("refs/heads/a/d", "b")])
            try t.expectReferences(["refs/heads/a/b/c": "b", "refs/heads/a/d": "b"])
        }
        add("the same with reflogs, there and back", needs: .reflogs) { t in
            let context = t.context(.always)
            for letter: Character in ["a", "b"] {
                try t.mustCommit([t.create("refs/heads/a", letter)], .atomic, context)
                try t.mustCommit([t.delete("refs/heads/a")], .atomic, context)
                try t.mustCommit([t.create("refs/heads/a/b/c", letter)], .atomic, context)
                try t.expectLogs(["refs/heads/a/b/c": ["0 \(letter)"]])
                try t.mustCommit([t.delete("refs/heads/a/b/c")], .atomic, context)
                try t.expectLogs([:])
            }
        }
        add("what one transaction wrote the next one finds") { t in
            for (letter, old) in zip("bcdefgh", "abcdefg") {
                if letter == "b" { try t.mustCommit([t.create("refs/heads/x", "a")]) }
                try t.mustCommit([t.update("refs/heads/x", letter, .object(t.letters.id(old)))])
            }
            try t.expectReferences(["refs/heads/x": "h"])
        }
        add("a name outside all places is not written") { t in
            for name in ["foo", "foo/bar", "worktrees/none/refs/heads/x"] {
                guard let stray = RefName(tolerating: Array(name.utf8)) else { continue }
                let found = t.outcome(of: RefTransaction([.create(stray, at: t.a)]), t.context())
                try t.expect(found, "failed: invalid", "creating \(name)")
            }
            try t.expectReferences([:])
        }
    }
}
