import StrataModel
import StrataRefs

/// Until the commit nobody sees anything; after an abort there is nothing to see.
extension LawBook {
    private static let before = ["refs/heads/x": "a", "refs/heads/d/e": "b"]
    private static let changes: [(what: String, edits: @Sendable (Trial) -> [RefEdit], after: [String: String])] = [
        ("an update", { [$0.update("refs/heads/x", "c")] }, ["refs/heads/x": "c", "refs/heads/d/e": "b"]),
        ("a creation", { [$0.create("refs/heads/n/o", "c")] }, before.merging(["refs/heads/n/o": "c"]) { $1 }),
        ("a deletion", { [$0.delete("refs/heads/x")] }, ["refs/heads/d/e": "b"]),
        ("a deletion below a directory", { [$0.delete("refs/heads/d/e")] }, ["refs/heads/x": "a"]),
        (
            "a symbolic reference", { [$0.symbolic("refs/heads/s", "refs/heads/x")] },
            before.merging(["refs/heads/s": "ref: refs/heads/x"]) { $1 }
        ),
        (
            "several changes",
            { [$0.update("refs/heads/x", "c"), $0.create("refs/heads/n", "c"), $0.delete("refs/heads/d/e")] },
            ["refs/heads/x": "c", "refs/heads/n": "c"]
        ),
    ]

    mutating func addStaging() {
        begin("staging", needs: .writes)
        for (what, edits, after) in Self.changes {
            add("\(what) is not seen before the commit, and then is") { t in
                try t.seed(Self.before)
                let run = try t.prepare(edits(t), t.context(.always))
                try t.expectReferences(Self.before, "before the commit")
                try t.expectLogs([:], "before the commit")
                try run.commit()
                try t.expectReferences(after)
            }
            add("\(what) that is aborted leaves nothing") { t in
                try t.seed(Self.before)
                let run = try t.prepare(edits(t), t.context(.always))
                run.abort()
                try t.expectReferences(Self.before)
                try t.expectLogs([:])
                try t.mustCommit(edits(t))
                try t.expectReferences(after, "when it is done after all")
            }
            add("\(what) that is dropped leaves nothing") { t in
                try t.seed(Self.before)
                _ = try t.prepare(edits(t), t.context(.always))
                try t.expectReferences(Self.before)
                try t.expectLogs([:])
                try t.mustCommit(edits(t))
                try t.expectReferences(after, "when it is done after all")
            }
        }
        add("a reflog that exists does not change before the commit", needs: .reflogs) { t in
            try t.seed(Self.before)
            try t.seedLogs("refs/heads/x")
            let run = try t.prepare([t.update("refs/heads/x", "c"), t.delete("refs/heads/d/e")], t.context())
            try t.expectLogs(["refs/heads/x": []], "before the commit")
            run.abort()
            try t.expectLogs(["refs/heads/x": []])
        }
        add("a deletion's reflog stays until the commit", needs: .reflogs) { t in
            try t.seed(Self.before)
            try t.seedLogs("refs/heads/x")
            let run = try t.prepare([t.delete("refs/heads/x")])
            try t.expectLogs(["refs/heads/x": []], "before the commit")
            try run.commit()
            try t.expectLogs([:])
        }
    }
}
