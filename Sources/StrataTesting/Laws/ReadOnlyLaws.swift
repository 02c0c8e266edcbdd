import StrataIO
import StrataModel
import StrataRefs

/// A store that declares no writes refuses them, and nothing changes.
extension LawBook {
    private static let before = ["refs/heads/x": "a", "refs/heads/y": "b"]

    private static let edits: [(what: String, edit: @Sendable (Trial) -> RefEdit)] = [
        ("an update", { $0.update("refs/heads/x", "b") }), ("a creation", { $0.create("refs/heads/n", "b") }),
        ("a deletion", { $0.delete("refs/heads/x") }),
        ("a symbolic reference", { $0.symbolic("refs/heads/s", "refs/heads/x") }),
        ("a check", { $0.verify("refs/heads/x", .object($0.a)) }),
        ("a line of a reflog", { RefEdit(ref("refs/heads/x"), .log(old: $0.a, new: $0.b), logging: .force) }),
    ]

    mutating func addReadOnly() {
        begin("read-only stores")
        for (what, edit) in Self.edits {
            add("refuse \(what)") { t in
                try t.needReadOnly()
                try t.seed(Self.before)
                try t.expect(
                    t.outcome(of: RefTransaction([edit(t)]), t.context()), "failed: unsupported", "the transaction")
                try t.expectReferences(Self.before)
                try t.expectLogs([:])
            }
        }
        add("refuse to hold a name") { t in
            try t.needReadOnly()
            try t.seed(Self.before)
            do throws(RefError) {
                _ = try t.store.hold([ref("refs/heads/x")], until: .now)
            } catch {
                try t.expect(error.code, .unsupported, "the code of the error")
                return
            }
            throw LawBroken("the name is held")
        }
        add("keep others' writers free") { t in
            try t.needReadOnly()
            try t.seed(Self.before)
            _ = t.outcome(of: RefTransaction([t.update("refs/heads/x", "c")]), t.context())
            try t.change([t.update("refs/heads/x", "c"), t.delete("refs/heads/y")])
            try t.expectReferences(["refs/heads/x": "c"])
        }
        add("refuse changes of reflogs", needs: .reflogs) { t in
            try t.needReadOnly()
            try t.seed(Self.before)
            let (logs, name) = (try t.logs(), ref("refs/heads/x"))
            let calls: [(String, () throws(RefError) -> Void)] = [
                ("create", { () throws(RefError) in try logs.create(name) }),
                ("delete", { () throws(RefError) in try logs.delete(name) }),
                (
                    "expire",
                    { () throws(RefError) in try logs.expire(name, rewrite: true) { _ throws(RefError) in true } }
                ),
            ]
            for (what, call) in calls {
                do throws(RefError) { try call() } catch {
                    try t.expect(error.code, .unsupported, "the code of the error of \(what)")
                    continue
                }
                throw LawBroken("\(what) is done")
            }
            try t.expectLogs([:])
        }
    }
}

extension Trial {
    fileprivate func needReadOnly() throws {
        guard !capabilities.contains(.writes) else { throw NotApplicable("the store can be written") }
    }
}
