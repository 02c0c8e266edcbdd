import CoreMetrics
import StrataIO
import StrataModel
import StrataRefs

/// A hold that is timed: where a transaction is decided above the observed store, by a composition that it is part of or by a
/// ``RefTransactionRun`` on it.
///
/// What is committed is the hold beneath, so that it can commit as one with others.
final class ObservedHold: HoldOfHolds {
    private let base: any HeldRefs
    private let store: ObservedRefStore
    private var begun: Int64?

    init(_ base: any HeldRefs, _ store: ObservedRefStore) { (self.base, self.store) = (base, store) }

    deinit { base.abort() }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        let start = monotonicNanoseconds()
        do throws(RefError) {
            let failures = try base.hold(names, until: deadline)
            store.metrics.hold.recordNanoseconds(monotonicNanoseconds() - start)
            for (name, failure) in zip(names, failures) {
                switch failure {
                case .busy(let error), .failed(let error):
                    store.metrics.count(error.code)
                    store.log.failed(error, [name])
                // What these come to is decided with the values, above.
                case .obstructed, .directoryInTheWay, .conflict, nil: break
                }
            }
            return failures
        } catch {
            store.failed(error, names)
            throw error
        }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try base.read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try base.cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        do throws(RefError) {
            try base.stage(edits, durability: durability)
        } catch {
            store.failed(error, edits.map(\.name))
            throw error
        }
    }

    var committing: [any HeldRefs] {
        begun = monotonicNanoseconds()
        return [base]
    }

    func committed(_ failure: RefError?) {
        if let begun { store.metrics.commit.recordNanoseconds(monotonicNanoseconds() - begun) }
        begun = nil
        if let failure { store.failed(failure) } else { store.metrics.count(.committed) }
    }

    func commit() throws(RefError) {
        defer { base.abort() }
        try commitTogether([self])
    }

    func abort() { base.abort() }
}
