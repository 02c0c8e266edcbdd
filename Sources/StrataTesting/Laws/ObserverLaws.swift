import StrataModel
import StrataRefs
import Synchronization

/// What observers are told, in which order, and what comes of their refusals.
extension LawBook {
    private static let before = ["refs/heads/x": "a", "refs/heads/y": "b"]

    mutating func addObservers() {
        begin("observers", needs: .writes)
        add("are told each phase once, in order") { t in
            try t.seed(Self.before)
            let observer = t.observer()
            try t.mustCommit([t.update("refs/heads/x", "b")], .atomic, t.context(observers: [observer]))
            try t.expect(
                observer.events,
                ["preparing", "- b refs/heads/x", "prepared", "- b refs/heads/x", "committed", "- b refs/heads/x"],
                "what it was told")
        }
        let updates: [(what: String, edit: @Sendable (Trial) -> RefEdit, line: String)] = [
            ("an update with its old value", { $0.update("refs/heads/x", "c", .object($0.a)) }, "a c refs/heads/x"),
            ("a creation", { $0.create("refs/heads/n", "c") }, "- c refs/heads/n"),
            ("a deletion", { $0.delete("refs/heads/x", .object($0.a)) }, "a - refs/heads/x"),
            ("a check", { $0.verify("refs/heads/x", .object($0.a)) }, "a - refs/heads/x"),
            (
                "a symbolic reference", { $0.symbolic("refs/heads/s", "refs/heads/x") },
                "- ref: refs/heads/x refs/heads/s"
            ),
        ]
        for (what, edit, line) in updates {
            add("are told of \(what)") { t in
                try t.seed(Self.before)
                let observer = t.observer()
                try t.mustCommit([edit(t)], .atomic, t.context(observers: [observer]))
                try t.expect(
                    observer.events, ["preparing", line, "prepared", line, "committed", line], "what it was told")
            }
        }
        add("are told referents once they are known", needs: .symbolicRefs) { t in
            try t.seed(["refs/heads/s": "ref: refs/heads/x", "refs/heads/x": "a"])
            let observer = t.observer()
            try t.mustCommit([t.update("refs/heads/s", "b")], .atomic, t.context(observers: [observer]))
            try t.expect(
                observer.events,
                ["preparing", "- b refs/heads/s", "prepared", "- b refs/heads/x", "committed", "- b refs/heads/x"],
                "what it was told")
        }
        add("are not told of what a batch rejects") { t in
            try t.seed(Self.before)
            let observer = t.observer()
            let found = try t.commit(
                [t.create("refs/heads/x", "c"), t.update("refs/heads/y", "c")], .batched,
                t.context(observers: [observer]))
            try t.expect(found, "createExists, done", "the batch")
            try t.expect(
                observer.events,
                [
                    "preparing", "- c refs/heads/x", "- c refs/heads/y", "prepared", "- c refs/heads/y", "committed",
                    "- c refs/heads/y",
                ], "what it was told")
        }
        add("see the commit only when it is there") { t in
            try t.seed(Self.before)
            let watcher = Watcher(t.store, ref("refs/heads/x"))
            try t.mustCommit([t.update("refs/heads/x", "c")], .atomic, t.context(observers: [watcher]))
            try t.expect(watcher.seen.map { t.letters.text($0 ?? t.zero) }, ["a", "a", "c"], "what it found")
        }
        for phase in [RefTransactionPhase.preparing, .prepared] {
            add("may refuse when \(phase.rawValue), and nothing changes") { t in
                try t.seed(Self.before)
                let observer = t.observer(refusing: phase)
                let found = try t.commit(
                    [t.update("refs/heads/x", "c"), t.create("refs/heads/n", "c")], .atomic,
                    t.context(.always, observers: [observer]))
                try t.expect(found, "failed: refused", "the transaction")
                try t.expect(observer.events.filter { !$0.contains(" ") }.last, "aborted", "the last that it was told")
                try t.expectReferences(Self.before)
                try t.expectLogs([:])
                try t.expect(try t.isFree("refs/heads/x") && t.isFree("refs/heads/n"), "a name stays held")
            }
        }
        add("cannot stop what is committed") { t in
            try t.seed(Self.before)
            let observer = t.observer(refusing: .committed)
            try t.mustCommit([t.update("refs/heads/x", "c")], .atomic, t.context(observers: [observer]))
            try t.expectReferences(["refs/heads/x": "c", "refs/heads/y": "b"])
        }
        add("are told of an abort") { t in
            try t.seed(Self.before)
            let observer = t.observer()
            let run = try t.prepare([t.update("refs/heads/x", "c")], t.context(observers: [observer]))
            run.abort()
            try t.expect(
                observer.events.filter { !$0.contains(" ") }, ["preparing", "prepared", "aborted"], "the phases")
        }
    }
}

extension Trial {
    /// An observer that writes down what it is told, ids as letters.
    func observer(refusing: RefTransactionPhase? = nil) -> RecordingObserver {
        let letters = letters
        return RecordingObserver(refusing: refusing) { letters.text($0) }
    }
}

/// Reads a reference in each phase of the transactions that it watches.
private final class Watcher: RefTransactionObserver {
    private let store: any RefStore
    private let name: RefName
    private let found = Mutex<[ObjectID?]>([])

    init(_ store: any RefStore, _ name: RefName) { (self.store, self.name) = (store, name) }

    var seen: [ObjectID?] { found.withLock { $0 } }

    func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
        let id = try store.snapshot().read(name)?.objectID
        found.withLock { $0.append(id) }
    }
}
