import StrataModel
import StrataRefs

/// Writing through symbolic references, and writing them.
extension LawBook {
    private static let before = [
        "refs/heads/s": "ref: refs/heads/x", "refs/heads/x": "a", "refs/heads/d": "ref: refs/heads/none",
    ]

    private static let writes: [(what: String, edits: @Sendable (Trial) -> [RefEdit], change: [String: String?])] = [
        ("an update reaches the referent", { [$0.update("refs/heads/s", "b")] }, ["refs/heads/x": "b"]),
        ("an update through a dangling one creates", { [$0.update("refs/heads/d", "b")] }, ["refs/heads/none": "b"]),
        ("a deletion reaches the referent", { [$0.delete("refs/heads/s")] }, ["refs/heads/x": nil]),
        ("a deletion of itself leaves the referent", { [$0.direct($0.delete("refs/heads/s"))] }, ["refs/heads/s": nil]),
        ("an update of itself replaces it", { [$0.direct($0.update("refs/heads/s", "b"))] }, ["refs/heads/s": "b"]),
        (
            "it can be made to lead elsewhere", { [$0.symbolic("refs/heads/s", "refs/heads/none")] },
            ["refs/heads/s": "ref: refs/heads/none"]
        ),
        (
            "a reference becomes symbolic", { [$0.symbolic("refs/heads/x", "refs/tags/t")] },
            ["refs/heads/x": "ref: refs/tags/t"]
        ),
        (
            "it is created where nothing was", { [$0.symbolic("refs/heads/n", "refs/heads/x", .mustNotExist)] },
            ["refs/heads/n": "ref: refs/heads/x"]
        ),
        ("the same target again changes nothing", { [$0.symbolic("refs/heads/s", "refs/heads/x")] }, [:]),
        (
            "one that leads to the target of an edit beside it",
            { [$0.symbolic("refs/heads/n", "refs/heads/m"), $0.create("refs/heads/m", "b")] },
            ["refs/heads/n": "ref: refs/heads/m", "refs/heads/m": "b"]
        ),
        ("a check reaches the referent", { [$0.verify("refs/heads/s", .object($0.a))] }, [:]),
        (
            "the target can be expected",
            { [$0.symbolic("refs/heads/s", "refs/tags/t", .symbolic(ref("refs/heads/x")))] },
            ["refs/heads/s": "ref: refs/tags/t"]
        ),
    ]

    mutating func addSymbolic() {
        begin("symbolic references", needs: [.writes, .symbolicRefs])
        for (what, edits, change) in Self.writes {
            add(what) { t in try t.expectChange(change, of: Self.before, by: edits(t)) }
        }
        add("a chain is followed to its end") { t in
            let chain = ["refs/heads/p": "ref: refs/heads/q", "refs/heads/q": "ref: refs/heads/r"]
            try t.seed(chain)
            try t.mustCommit([t.update("refs/heads/p", "a")])
            try t.expectReferences(chain.merging(["refs/heads/r": "a"]) { $1 })
            try t.mustCommit([t.delete("refs/heads/p", .object(t.a))])
            try t.expectReferences(chain)
        }
        add("a circle is not written") { t in
            let circle = ["refs/heads/p": "ref: refs/heads/q", "refs/heads/q": "ref: refs/heads/p"]
            try t.seed(circle)
            let found = try t.commit([t.update("refs/heads/p", "a")])
            try t.expect(found != "done", "writing through it is done")
            try t.expectReferences(circle)
        }
        add("a circle can be broken by writing one of it directly") { t in
            try t.seed(["refs/heads/p": "ref: refs/heads/q", "refs/heads/q": "ref: refs/heads/p"])
            try t.mustCommit([t.direct(t.update("refs/heads/p", "a"))])
            try t.expectReferences(["refs/heads/p": "a", "refs/heads/q": "ref: refs/heads/p"])
        }
        add("where a target is malformed nothing is written") { t in
            let flawed = ["refs/heads/s": "ref: refs/heads/a..b"]
            try t.seed(flawed)
            try t.expect(try t.commit([t.update("refs/heads/s", "a")]) != "done", "writing through it is done")
            try t.expectReferences(flawed)
            try t.mustCommit([t.direct(t.delete("refs/heads/s"))])
            try t.expectReferences([:])
        }
        add("both reflogs are written", needs: .reflogs) { t in
            try t.seed(Self.before)
            try t.mustCommit([t.update("refs/heads/s", "b", message: "why")], .atomic, t.context(.standard))
            try t.expectLogs(["refs/heads/s": ["a b why"], "refs/heads/x": ["a b why"]])
        }
        add("all reflogs of a chain are written", needs: .reflogs) { t in
            try t.seed(["refs/heads/p": "ref: refs/heads/q", "refs/heads/q": "ref: refs/heads/r"])
            try t.mustCommit([t.update("refs/heads/p", "a")], .atomic, t.context(.standard))
            try t.expectLogs(["refs/heads/p": ["0 a"], "refs/heads/q": ["0 a"], "refs/heads/r": ["0 a"]])
        }
        add("a deletion through it takes the referent's reflog and adds to its own", needs: .reflogs) { t in
            try t.seed(Self.before)
            try t.seedLogs("refs/heads/s", "refs/heads/x")
            try t.mustCommit([t.delete("refs/heads/s")], .atomic, t.context(.standard))
            try t.expectLogs(["refs/heads/s": ["a 0"]])
        }
        add("a new target is logged by what it leads to", needs: .reflogs) { t in
            try t.seed(["refs/heads/s": "ref: refs/heads/x", "refs/heads/x": "a", "refs/heads/y": "b"])
            try t.mustCommit([t.symbolic("refs/heads/s", "refs/heads/y")], .atomic, t.context(.standard))
            try t.expectLogs(["refs/heads/s": ["a b"]])
        }
        add("a new target that is written with it is logged by what it will hold", needs: .reflogs) { t in
            try t.need(ref("refs/heads/s"))
            try t.mustCommit(
                [t.symbolic("refs/heads/s", "refs/heads/x"), t.create("refs/heads/x", "c")], .atomic,
                t.context(.standard))
            try t.expectLogs(["refs/heads/s": ["0 c"], "refs/heads/x": ["0 c"]])
        }
    }
}
