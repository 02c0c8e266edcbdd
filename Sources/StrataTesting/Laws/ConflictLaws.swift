import StrataModel
import StrataRefs

/// `a` and `a/b` exclude each other; one name comes once in a transaction.
extension LawBook {
    private static let pairs = [
        ("refs/heads/a", "refs/heads/a/b"), ("refs/heads/a", "refs/heads/a/b/c"),
        ("refs/heads/a/b", "refs/heads/a/b/c"), ("refs/x", "refs/x/y"), ("refs/heads/a", "refs/heads/a/a"),
        ("refs/tags/v1.0", "refs/tags/v1.0/rc"),
    ]

    mutating func addConflicts() {
        begin("conflicts", needs: .writes)
        for (short, long) in Self.pairs {
            for (there, new) in [(short, long), (long, short)] {
                add("with \(there), no \(new)") { t in
                    try t.seed([there: "a"])
                    try t.expect(try t.commit([t.create(new, "b")]), "rejected: nameConflict", "creating it")
                    try t.expect(
                        try t.commit([t.update(new, "b"), t.create("refs/zz", "b")]), "rejected: nameConflict",
                        "updating it")
                    try t.expectReferences([there: "a"])
                    try t.expect(try t.isFree(new) && t.isFree(there), "a name stays held")
                }
                add("with \(there), no symbolic \(new)", needs: .symbolicRefs) { t in
                    try t.seed([there: "a"])
                    try t.expect(try t.commit([t.symbolic(new, there)]), "rejected: nameConflict", "creating it")
                    try t.expectReferences([there: "a"])
                }
                add("with \(there), a batch without \(new)") { t in
                    try t.seed([there: "a"])
                    let found = try t.commit(
                        [t.create("refs/y1", "b"), t.create(new, "b"), t.create("refs/y2", "b")], .batched)
                    try t.expect(found, "done, nameConflict, done", "the batch")
                    try t.expectReferences([there: "a", "refs/y1": "b", "refs/y2": "b"])
                }
                add("with \(there), neither deletion nor check of \(new)") { t in
                    try t.seed([there: "a"])
                    for edit in [t.delete(new), t.verify(new, .mustNotExist)] {
                        try t.expect(try t.commit([edit]), "rejected: nameConflict", "the transaction")
                    }
                    try t.expectReferences([there: "a"])
                }
                add("not \(there) and \(new) in one transaction") { t in
                    try t.expect(
                        try t.commit([t.create(there, "a"), t.create(new, "b")]), "rejected: nameConflict", "both")
                    try t.expectReferences([:])
                }
                add("no \(new) in the transaction that deletes \(there)") { t in
                    try t.seed([there: "a"])
                    let found = try t.commit([t.delete(there), t.create(new, "b")])
                    try t.expect(found, "rejected: nameConflict", "both")
                    try t.expectReferences([there: "a"])
                }
            }
        }
        add("neighbours are in nobody's way") { t in
            try t.seed(["refs/heads/a": "a", "refs/heads/d/e": "a"])
            let names = [
                "refs/heads/a.b", "refs/heads/a-b", "refs/heads/ab", "refs/heads/d.e", "refs/heads/d/e0",
                "refs/heads/d0/e",
            ]
            try t.mustCommit(names.map { t.create($0, "b") })
            try t.expect(t.names().count, 8, "the number of references")
        }
        add("a symbolic reference is as much in the way", needs: .symbolicRefs) { t in
            try t.seed(["refs/heads/s": "ref: refs/heads/none"])
            try t.expect(try t.commit([t.create("refs/heads/s/x", "a")]), "rejected: nameConflict", "creating below it")
            try t.expectReferences(["refs/heads/s": "ref: refs/heads/none"])
        }
        add("where a symbolic reference leads there may be a conflict", needs: .symbolicRefs) { t in
            try t.seed(["refs/heads/s": "ref: refs/heads/a/b", "refs/heads/a": "a"])
            try t.expect(try t.commit([t.update("refs/heads/s", "b")]), "rejected: nameConflict", "writing through it")
            try t.expectReferences(["refs/heads/s": "ref: refs/heads/a/b", "refs/heads/a": "a"])
        }
        addDuplicates()
    }

    private mutating func addDuplicates() {
        for mode in [RefTransaction.Mode.atomic, .batched] {
            add("one name twice fails the whole, \(mode)") { t in
                try t.seed(["refs/heads/x": "a"])
                for second in [t.update("refs/heads/x", "c"), t.delete("refs/heads/x"), t.verify("refs/heads/x", .any)]
                {
                    let found = try t.commit(
                        [t.update("refs/heads/x", "b"), t.create("refs/heads/y", "b"), second], mode)
                    try t.expect(found, "failed: invalid", "the transaction")
                }
                try t.expectReferences(["refs/heads/x": "a"])
            }
        }
        add("a reference and a line for its reflog are not one name twice", needs: .reflogs) { t in
            try t.need(ref("refs/heads/x"))
            var line = RefEdit(ref("refs/heads/x"), .log(old: t.a, new: t.b), logging: .force)
            line.message = Array("line".utf8)
            try t.mustCommit([t.update("refs/heads/x", "b"), line], .atomic, t.context(.always))
            try t.expectLogs(["refs/heads/x": ["0 b", "a b line"]])
        }
        add("HEAD and its branch are not written together", needs: .symbolicRefs) { t in
            try t.seed(["HEAD": "ref: refs/heads/main", "refs/heads/main": "a"])
            for edits in [
                [t.update("HEAD", "b"), t.update("refs/heads/main", "b")],
                [t.update("refs/heads/main", "b"), t.update("HEAD", "b")],
            ] {
                try t.expect(try t.commit(edits), "rejected: nameConflict", "both")
            }
            try t.expectReferences(["HEAD": "ref: refs/heads/main", "refs/heads/main": "a"])
        }
        add("two symbolic references to one name are not written together", needs: .symbolicRefs) { t in
            let before = [
                "refs/heads/s": "ref: refs/heads/x", "refs/heads/t": "ref: refs/heads/x", "refs/heads/x": "a",
            ]
            try t.seed(before)
            let found = try t.commit([t.update("refs/heads/s", "b"), t.update("refs/heads/t", "b")])
            try t.expect(found, "rejected: nameConflict", "both")
            try t.expectReferences(before)
        }
    }
}
