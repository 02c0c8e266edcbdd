import StrataModel
import StrataRefs

/// Which reflogs are made, and which are written.
extension LawBook {
    private static let kinds: [(name: String, isStandard: Bool)] = [
        ("HEAD", true), ("refs/heads/x", true), ("refs/heads/a/b", true), ("refs/remotes/o/x", true),
        ("refs/notes/n", true), ("refs/tags/t", false), ("refs/x", false), ("refs/changes/1/head", false),
        ("refs/headsx/x", false), ("ORIG_HEAD", false), ("refs/bisect/bad", false),
    ]

    mutating func addReflogPolicy() {
        begin("reflog policy", needs: [.writes, .reflogs])
        for (name, isStandard) in Self.kinds {
            for (policy, isMade) in [(ReflogPolicy.never, false), (.standard, isStandard), (.always, true)] {
                add("\(policy) \(isMade ? "makes" : "does not make") that of \(name)") { t in
                    try t.mustCommit([t.create(name, "a", message: "m")], .atomic, t.context(policy))
                    try t.expectLogs(isMade ? [name: ["0 a m"]] : [:])
                    try t.expect(try t.store.reflogs?.exists(ref(name)), isMade, "whether it exists")
                }
            }
            add("that of \(name) is written where it exists") { t in
                try t.seed([name: "a"])
                try t.seedLogs(name)
                try t.mustCommit([t.update(name, "b", message: "m")], .atomic, t.context(.never))
                try t.expectLogs([name: ["a b m"]])
            }
            add("that of \(name) is made where an edit says so") { t in
                var edit = t.create(name, "a")
                edit.logging = .force
                try t.mustCommit([edit], .atomic, t.context(.never))
                try t.expectLogs([name: ["0 a"]])
            }
            add("that of \(name) goes with its reference") { t in
                try t.mustCommit([t.create(name, "a")], .atomic, t.context(.always))
                try t.mustCommit([t.delete(name)], .atomic, t.context(.always))
                try t.expectLogs([:])
                try t.mustCommit([t.create(name, "b")], .atomic, t.context(.always))
                try t.expectLogs([name: ["0 b"]], "of the name's second life")
            }
        }
        add("an edit that logs nothing makes none and writes none") { t in
            try t.seed(["refs/heads/x": "a"])
            try t.seedLogs("refs/heads/x")
            var (update, create) = (t.update("refs/heads/x", "b"), t.create("refs/heads/y", "b"))
            update.logging = .none
            create.logging = .none
            try t.mustCommit([update, create], .atomic, t.context(.always))
            try t.expectLogs(["refs/heads/x": []])
        }
        add("a check and an update to the same id write no line") { t in
            try t.seed(["refs/heads/x": "a", "refs/heads/y": "a"])
            try t.seedLogs("refs/heads/x", "refs/heads/y")
            try t.mustCommit(
                [t.update("refs/heads/x", "a"), t.verify("refs/heads/y", .object(t.a))], .atomic, t.context(.always))
            try t.expectLogs(["refs/heads/x": [], "refs/heads/y": []])
        }
        add("without a committer no line is written") { t in
            try t.need(ref("refs/heads/x"))
            try t.mustCommit([t.create("refs/heads/x", "a")], .atomic, RefTransactionContext(reflogs: .always))
            try t.expectLogs([:])
        }
        add("a committer who cannot be had fails the transaction before anything changes") { t in
            try t.seed(["refs/heads/x": "a"])
            let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in
                throw RefError(.invalid, "nobody")
            }
            try t.expect(try t.commit([t.update("refs/heads/x", "b")], .atomic, context), "failed: invalid", "it")
            try t.expectReferences(["refs/heads/x": "a"])
            try t.expect(try t.isFree("refs/heads/x"), "the name stays held")
        }
    }
}
