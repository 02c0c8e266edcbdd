import StrataModel
import StrataRefs

/// All or nothing, and batches, where one edit does not hold up the others.
extension LawBook {
    private static let before = ["refs/heads/a": "a", "refs/heads/b": "b", "refs/heads/d/e": "c"]

    /// Edits that are rejected, each for a reason of its own.
    private static let bad: [(reason: RefRejection.Reason, edit: @Sendable (Trial) -> RefEdit)] = [
        (.createExists, { $0.create("refs/heads/a", "c") }),
        (.nonexistentRef, { $0.update("refs/heads/none", "c", .mustExist) }),
        (.incorrectOldValue, { $0.update("refs/heads/a", "c", .object($0.c)) }),
        (.incorrectOldValue, { $0.delete("refs/heads/a", .object($0.c)) }),
        (.incorrectOldValue, { $0.verify("refs/heads/a", .object($0.c)) }),
        (.nameConflict, { $0.create("refs/heads/a/x", "c") }),
        (.nameConflict, { $0.create("refs/heads/d", "c") }),
        (.expectedSymref, { $0.verify("refs/heads/a", .symbolic(ref("refs/heads/b"))) }),
    ]

    mutating func addAtomicity() {
        begin("atomic", needs: .writes)
        for (index, (reason, edit)) in Self.bad.enumerated() {
            for place in 0...2 {
                let position = ["first", "in the middle", "last"][place]
                add("nothing changes for a \(reason) (\(index)) that comes \(position)") { t in
                    try t.seed(Self.before)
                    var edits = [t.update("refs/heads/b", "c"), t.create("refs/heads/n/o", "c")]
                    edits.insert(edit(t), at: place)
                    try t.expect(
                        try t.commit(edits, .atomic, t.context(.always)), "rejected: \(reason)", "the transaction")
                    try t.expectReferences(Self.before)
                    try t.expectLogs([:])
                    for name in ["refs/heads/a", "refs/heads/b", "refs/heads/n/o"] {
                        try t.expect(try t.isFree(name), "\(name) stays held")
                    }
                }
            }
        }
        add("a rejection leaves nothing in the way of others") { t in
            try t.seed(Self.before)
            try t.expect(
                try t.commit([t.create("refs/heads/n/o/p", "a"), t.create("refs/heads/a", "c")]),
                "rejected: createExists", "the transaction")
            try t.mustCommit([t.create("refs/heads/n", "a")])
            try t.expectReferences(Self.before.merging(["refs/heads/n": "a"]) { $1 })
        }
    }

    mutating func addBatches() {
        begin("batches", needs: .writes)
        for (index, (reason, edit)) in Self.bad.enumerated() {
            for place in 0...2 {
                let position = ["first", "in the middle", "last"][place]
                add("the others are done around a \(reason) (\(index)) that comes \(position)") { t in
                    try t.seed(Self.before)
                    var edits = [t.update("refs/heads/b", "c"), t.create("refs/heads/n/o", "c")]
                    edits.insert(edit(t), at: place)
                    var verdicts = ["done", "done"]
                    verdicts.insert("\(reason)", at: place)
                    let found = try t.commit(edits, .batched, t.context(.always))
                    try t.expect(found, verdicts.joined(separator: ", "), "the batch")
                    try t.expectReferences(Self.before.merging(["refs/heads/b": "c", "refs/heads/n/o": "c"]) { $1 })
                    try t.expectLogs(["refs/heads/b": ["b c"], "refs/heads/n/o": ["0 c"]])
                }
            }
        }
        add("verdicts stand in the order of the edits") { t in
            try t.seed(Self.before)
            let edits = [
                t.create("refs/heads/z", "a"), t.create("refs/heads/a", "c"), t.update("refs/heads/m", "c", .mustExist),
                t.update("refs/heads/b", "a"), t.delete("refs/heads/d/e", .object(t.a)), t.create("refs/heads/c", "a"),
            ]
            try t.expect(
                try t.commit(edits, .batched), "done, createExists, nonexistentRef, done, incorrectOldValue, done",
                "the batch")
            try t.expectReferences([
                "refs/heads/a": "a", "refs/heads/b": "a", "refs/heads/c": "a", "refs/heads/d/e": "c",
                "refs/heads/z": "a",
            ])
        }
        add("one in which all are rejected changes nothing") { t in
            try t.seed(Self.before)
            try t.expect(
                try t.commit([t.create("refs/heads/a", "c"), t.create("refs/heads/b", "c")], .batched),
                "createExists, createExists", "the batch")
            try t.expectReferences(Self.before)
        }
        add("of two new names that exclude each other the second is done") { t in
            try t.expect(
                try t.commit([t.create("refs/heads/n", "a"), t.create("refs/heads/n/o", "b")], .batched),
                "nameConflict, done", "the batch")
            try t.expectReferences(["refs/heads/n/o": "b"])
        }
        add("names of rejected edits are let go") { t in
            try t.seed(Self.before)
            try t.commit([t.create("refs/heads/a", "c"), t.create("refs/heads/d", "c")], .batched)
            for name in ["refs/heads/a", "refs/heads/d", "refs/heads/d/e"] {
                try t.expect(try t.isFree(name), "\(name) stays held")
            }
        }
        add("a rejected edit's symbolic reference leaves no reflog", needs: [.symbolicRefs, .reflogs]) { t in
            try t.seed(["HEAD": "ref: refs/heads/main", "refs/heads/main": "a"])
            try t.seedLogs("HEAD", "refs/heads/main")
            let found = try t.commit([t.update("HEAD", "b", .object(t.b)), t.create("refs/heads/n", "b")], .batched)
            try t.expect(found, "incorrectOldValue, done", "the batch")
            try t.expectLogs(["HEAD": [], "refs/heads/main": []])
        }
    }
}
