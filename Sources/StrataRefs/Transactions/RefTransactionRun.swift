import StrataModel

/// The life of one transaction on a store: queued, prepared, then committed or aborted.
///
/// The verdict on each edit is computed here and nowhere else, from the edits and the values read under the hold. Not for use by
/// several threads at once; letting go of a prepared run aborts it.
public final class RefTransactionRun {
    /// Git's states of a transaction.
    public enum State: Sendable, Hashable { case queued, prepared, closed }

    public let transaction: RefTransaction
    public private(set) var state = State.queued
    private let store: any RefStore
    private let context: RefTransactionContext
    private var held: (any HeldRefs)?
    private var rejections: [RefRejection?]
    private var observed: [ObservedRefUpdate] = []

    public init(_ transaction: RefTransaction, on store: any RefStore, _ context: RefTransactionContext) {
        self.transaction = transaction
        self.store = store
        self.context = context
        rejections = Array(repeating: nil, count: transaction.edits.count)
    }

    deinit { if state == .prepared { abort() } }

    /// Takes the locks, decides every edit and writes what can be written unseen.
    ///
    /// - Throws: ``RefError``; in atomic mode with ``RefError/Code/rejected`` for the first edit, in order, that is rejected.
    ///   Nothing has changed then, and the run is closed.
    public func prepare() throws(RefError) {
        guard state == .queued else { throw RefError(.invalid, "prepare called for a transaction that is not open") }
        state = .closed
        do throws(RefError) {
            try prepareSteps()
        } catch {
            held?.abort()
            held = nil
            throw error
        }
        state = .prepared
    }

    private func prepareSteps() throws(RefError) {
        var plan = RefTransactionPlan(transaction, context, store.hashAlgorithm)
        try plan.checkEdits()
        try notify(.preparing, plan.observedUpdates)
        let held = try store.makeHold()
        self.held = held
        let resolved = try plan.decide(under: held)
        rejections = plan.rejections
        try held.stage(resolved, durability: context.durability)
        observed = plan.observedUpdates
        try notify(.prepared, observed)
    }

    /// Makes the transaction visible, as durable as was asked.
    ///
    /// - Returns: each edit's verdict, in order.
    /// - Throws: ``RefError``; then nothing has changed, unless the error says otherwise.
    @discardableResult
    public func commit() throws(RefError) -> RefTransactionResult {
        guard state == .prepared, let held else {
            throw RefError(.invalid, "commit called for a transaction that is not prepared")
        }
        state = .closed
        self.held = nil
        try held.commit()
        try? notify(.committed, observed)
        return RefTransactionResult(rejections: rejections)
    }

    /// Lets the transaction go with nothing changed.
    public func abort() {
        guard state != .closed else { return }
        if state == .queued {
            observed = transaction.edits.enumerated().map { RefUpdate(edit: $0.offset, $0.element) }
                .filter { !$0.logOnly }.map(ObservedRefUpdate.init)
        }
        state = .closed
        held?.abort()
        held = nil
        try? notify(.aborted, observed)
    }

    private func notify(_ phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
        for observer in context.observers {
            do throws(RefError) {
                try observer.transaction(is: phase, updates)
            } catch {
                guard phase == .preparing || phase == .prepared else { continue }
                held?.abort()
                for observer in context.observers { try? observer.transaction(is: .aborted, updates) }
                throw error
            }
        }
    }
}

extension ObservedRefUpdate {
    init(_ update: RefUpdate) {
        let old: RefTarget? =
            switch update.expected {
            case .object(let id), .objectIfExists(let id): .object(id)
            case .symbolic(let target): .symbolic(target)
            case .any, .mustExist, .mustNotExist: nil
            }
        let new: RefTarget? = if case .write(let target) = update.change { target } else { nil }
        self.init(name: update.name, old: old, new: new, isDeletion: update.deletes)
    }
}
