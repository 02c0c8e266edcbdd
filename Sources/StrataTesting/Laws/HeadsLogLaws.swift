import StrataModel
import StrataRefs

/// HEAD's reflog tells of its branch.
extension LawBook {
    private static let onMain = ["HEAD": "ref: refs/heads/main", "refs/heads/main": "a", "refs/heads/other": "a"]

    mutating func addHeadsLog() {
        begin("HEAD's reflog", needs: [.writes, .symbolicRefs, .reflogs])
        let cases: [(what: String, edits: @Sendable (Trial) -> [RefEdit], logs: [String: [String]])] = [
            (
                "has its branch's update", { [$0.update("refs/heads/main", "b", message: "m")] },
                ["HEAD": ["a b m"], "refs/heads/main": ["a b m"]]
            ),
            (
                "has its own update once", { [$0.update("HEAD", "b", message: "m")] },
                ["HEAD": ["a b m"], "refs/heads/main": ["a b m"]]
            ),
            (
                "has not that of another branch", { [$0.update("refs/heads/other", "b")] },
                ["refs/heads/other": ["a b"]]
            ),
            ("has its branch's deletion", { [$0.delete("refs/heads/main")] }, ["HEAD": ["a 0"]]),
            ("has nothing of an update to the same id", { [$0.update("refs/heads/main", "a")] }, ["HEAD": ["a a"]]),
            ("has nothing of a check", { [$0.verify("refs/heads/main", .object($0.a))] }, [:]),
            ("has the change of its branch", { [$0.symbolic("HEAD", "refs/heads/other")] }, ["HEAD": ["a a"]]),
            (
                "has one line of a transaction with others",
                {
                    [
                        $0.update("refs/heads/main", "b"), $0.update("refs/heads/other", "c"),
                        $0.create("refs/heads/n", "c"),
                    ]
                },
                ["HEAD": ["a b"], "refs/heads/main": ["a b"], "refs/heads/other": ["a c"], "refs/heads/n": ["0 c"]]
            ),
        ]
        for (what, edits, logs) in cases {
            add(what) { t in
                try t.seed(Self.onMain)
                try t.mustCommit(edits(t), .atomic, t.context(.standard))
                try t.expectLogs(logs)
            }
        }
        add("has its unborn branch's creation") { t in
            try t.seed(["HEAD": "ref: refs/heads/main"])
            try t.mustCommit([t.create("refs/heads/main", "a")], .atomic, t.context(.standard))
            try t.expectLogs(["HEAD": ["0 a"], "refs/heads/main": ["0 a"]])
        }
        add("has only what concerns it when it is detached") { t in
            try t.seed(["HEAD": "a", "refs/heads/main": "a"])
            try t.mustCommit([t.update("refs/heads/main", "b")], .atomic, t.context(.standard))
            try t.expectLogs(["refs/heads/main": ["a b"]])
            try t.mustCommit([t.update("HEAD", "c")], .atomic, t.context(.standard))
            try t.expectLogs(["HEAD": ["a c"], "refs/heads/main": ["a b"]])
        }
        add("is written where it exists, whatever the policy") { t in
            try t.seed(Self.onMain)
            try t.seedLogs("HEAD")
            try t.mustCommit([t.update("refs/heads/main", "b")], .atomic, t.context(.never))
            try t.expectLogs(["HEAD": ["a b"]])
        }
        add("is not made under the policy never") { t in
            try t.seed(Self.onMain)
            try t.mustCommit([t.update("HEAD", "b")], .atomic, t.context(.never))
            try t.expectLogs([:])
        }
        add("has nothing of an edit that logs nothing") { t in
            try t.seed(Self.onMain)
            try t.seedLogs("HEAD", "refs/heads/main")
            var edit = t.update("refs/heads/main", "b")
            edit.logging = .none
            try t.mustCommit([edit], .atomic, t.context(.always))
            try t.expectLogs(["HEAD": [], "refs/heads/main": []])
        }
    }
}
