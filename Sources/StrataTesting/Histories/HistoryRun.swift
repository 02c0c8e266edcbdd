import StrataModel
import StrataRefs

/// Runs a history on a store and on the model, and compares them after every step.
struct HistoryRun {
    private let trial: Trial
    private let model: MemoryRefStore
    private let names: [RefName]
    private var kept: [(snapshot: any RefSnapshot, references: [String: String])] = []
    /// Which state each stamp was seen with; states are counted as the references change.
    private var stamps: [RefStamp: Int] = [:]
    private var state = 0
    private var references: [String: String] = [:]

    init(_ trial: Trial) {
        self.trial = trial
        model = MemoryRefStore(hashAlgorithm: trial.letters.algorithm)
        names = HistoryGenerator.names(trial)
    }

    /// Runs `history` on a new store.
    ///
    /// - Returns: where the store first differs from the model, and how; nil when it never does.
    static func firstDifference(
        _ history: [HistoryStep], _ makeTrial: () throws -> Trial
    ) throws -> (step: Int, finding: String)? {
        var run = HistoryRun(try makeTrial())
        for (index, step) in history.enumerated() {
            do {
                if let finding = try run.perform(step) ?? run.compare() { return (index, finding) }
            } catch {
                return (index, "it fails: \(error)")
            }
        }
        return nil
    }

    // MARK: Steps

    private mutating func perform(_ step: HistoryStep) throws -> String? {
        switch step {
        case .transact(let transaction, let policy, let refusing, let throughWriter):
            return transact([transaction], policy, refusing, on: throughWriter ? trial.writer : trial.store)
        case .submit(let transactions, let policy): return transact(transactions, policy, nil, on: trial.store)
        case .abandon(let transaction): return abandon(transaction)
        case .walk(let walks): return try walk(walks)
        case .expire(let name, let every, let rewrite): return try expire(name, every, rewrite)
        case .makeLog(let name): try underHold(name) { try $0?.create(name) }
        case .dropLog(let name): try underHold(name) { try $0?.delete(name) }
        case .upkeep: try trial.upkeep?()
        case .keepSnapshot: kept = kept.suffix(2) + [(try trial.store.snapshot(), references)]
        case .checkSnapshots: return try checkSnapshots()
        }
        return nil
    }

    private func context(
        _ policy: ReflogPolicy, _ refusing: RefTransactionPhase?
    ) -> (RefTransactionContext, RecordingObserver) {
        let observer = trial.observer(refusing: refusing)
        return (trial.context(policy, observers: [observer]), observer)
    }

    private func transact(
        _ transactions: [RefTransaction], _ policy: ReflogPolicy, _ refusing: RefTransactionPhase?,
        on store: any RefStore
    ) -> String? {
        let transactions = transactions.map(sayable)
        let (mine, theirs) = (context(policy, refusing), context(policy, refusing))
        let found = store.submit(transactions, mine.0).map(HistoryVerdict.init)
        let expected = model.submit(transactions, theirs.0).map(HistoryVerdict.init)
        guard found.count == expected.count else { return "\(found.count) results of \(expected.count) transactions" }
        for (found, expected) in zip(found, expected) where !found.agrees(with: expected) {
            return "the verdict is \(found) instead of \(expected)"
        }
        // A transaction that fails may do so before or after it is prepared.
        if found.allSatisfy(\.isDone), mine.1.events != theirs.1.events {
            return "observers are told \(mine.1.events) instead of \(theirs.1.events)"
        }
        return nil
    }

    /// The edits that make sense now: lines are added to reflogs of references that are there and not otherwise changed.
    private func sayable(_ transaction: RefTransaction) -> RefTransaction {
        let snapshot = try? model.snapshot()
        var result = transaction
        result.edits.removeAll { edit in
            guard case .log = edit.change else { return false }
            let exists = (try? snapshot?.read(edit.name)) ?? nil != nil
            return !exists || transaction.edits.contains { if case .log = $0.change { false } else { true } }
        }
        return result
    }

    private func abandon(_ transaction: RefTransaction) -> String? {
        let transaction = sayable(transaction)
        let (mine, theirs) = (context(.always, nil), context(.always, nil))
        func isPrepared(_ store: any RefStore, _ context: RefTransactionContext) -> Bool {
            let run = RefTransactionRun(transaction, on: store, context)
            do throws(RefError) { try run.prepare() } catch { return false }
            return true
        }
        let (found, expected) = (isPrepared(trial.store, mine.0), isPrepared(model, theirs.0))
        return found == expected ? nil : "it is \(found ? "" : "not ")prepared"
    }

    private func walk(_ walks: [HistoryStep.Walk]) throws -> String? {
        guard let first = walks.first else { return nil }
        var mine = try trial.store.snapshot().cursor(over: first.scope)
        var theirs = try model.snapshot().cursor(over: first.scope)
        for (index, walk) in walks.enumerated() {
            if index > 0 {
                try mine.seek(walk.scope)
                try theirs.seek(walk.scope)
            }
            let found = try Trial.names(&mine, atMost: walk.count)
            let expected = try Trial.names(&theirs, atMost: walk.count)
            if found != expected { return "walk \(index + 1) finds \(found) instead of \(expected)" }
        }
        return nil
    }

    /// Changes the reflogs of a reference that is there; another may have something in its way.
    private func underHold(_ name: RefName, _ body: ((any ReflogStore)?) throws -> Void) throws {
        guard try model.snapshot().read(name) != nil else { return }
        let held = try trial.store.hold([name])
        defer { held.abort() }
        try body(trial.store.reflogs)
        try body(model.reflogs)
    }

    private func expire(_ name: RefName, _ every: Int, _ rewrite: Bool) throws -> String? {
        var dropped: [Int] = []
        try underHold(name) { logs in
            var number = 0
            let count = try logs?.expire(name, rewrite: rewrite) { _ throws(RefError) in
                number += 1
                return number % every != 0
            }
            dropped.append(count ?? 0)
        }
        return dropped.first == dropped.last ? nil : "\(dropped[0]) lines are dropped instead of \(dropped[1])"
    }

    private func checkSnapshots() throws -> String? {
        let isIsolated = trial.capabilities.contains(.snapshotIsolation)
        for (snapshot, then) in kept {
            let found = try RefContents.references(of: snapshot, trial.letters.text)
            if isIsolated, found != then {
                return "a snapshot has \(Self.text(found)) instead of \(Self.text(then))"
            }
            for name in names {
                let value = try snapshot.read(name).map(trial.letters.text)
                if isIsolated, value != then[escaped(name.bytes)] {
                    return "in a snapshot \(escaped(name.bytes)) reads as \(value ?? "nothing")"
                }
            }
        }
        return nil
    }

    // MARK: After each step

    private mutating func compare() throws -> String? {
        let letters = trial.letters
        let snapshot = try trial.store.snapshot()
        let found = try RefContents.references(of: snapshot, letters.text)
        let expected = try RefContents.references(of: model.snapshot(), letters.text)
        if found != expected { return "the references are \(Self.text(found)) instead of \(Self.text(expected))" }
        for name in names {
            let value = try snapshot.read(name).map(letters.text)
            let listed = expected[escaped(name.bytes)]
            if value != listed {
                return "\(escaped(name.bytes)) reads as \(value ?? "nothing") instead of \(listed ?? "nothing")"
            }
        }
        if trial.capabilities.contains(.reflogs) {
            let found = try RefContents.logs(of: trial.store, letters.text)
            let expected = try RefContents.logs(of: model, letters.text)
            if found != expected { return "the reflogs are \(Self.text(found)) instead of \(Self.text(expected))" }
        }
        if found != references { state += 1 }
        references = found
        return try compareStamps()
    }

    private mutating func compareStamps() throws -> String? {
        guard trial.capabilities.contains(.stamps), let stamp = try trial.store.stamp(covering: .all) else {
            return nil
        }
        if let known = stamps[stamp], known != state { return "an earlier stamp has come back" }
        stamps[stamp] = state
        return nil
    }

    private static func text(_ all: [String: some Any]) -> String {
        "{" + all.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", ") + "}"
    }
}
