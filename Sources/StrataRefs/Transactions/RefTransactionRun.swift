import StrataModel

/// The life of one transaction on a store: queued, prepared, then committed or aborted.
///
/// The verdict on each edit is computed here and nowhere else, from the edits and the values read under the hold. Not for use by
/// several threads at once; letting go of a prepared run aborts it.
public final class RefTransactionRun {
    /// Git's states of a transaction.
    public enum State: Sendable, Hashable { case queued, prepared, closed }

    public let transaction: RefTransaction
    public var state: State { current }
    private var current = State.queued
    private let store: any RefStore
    package let context: RefTransactionContext
    private var held: (any HeldRefs)?
    /// Between the check of the edits and the decision.
    private var plan: RefTransactionPlan?
    private var rejections: [Int: RefRejection] = [:]
    private var observed: [ObservedRefUpdate] = []

    public init(_ transaction: RefTransaction, on store: any RefStore, _ context: RefTransactionContext) {
        self.transaction = transaction
        self.store = store
        self.context = context
    }

    deinit { if current == .prepared { abort() } }

    /// Takes the locks, decides every edit and writes what can be written unseen.
    ///
    /// - Throws: ``RefError``; in atomic mode with ``RefError/Code/rejected`` for the first edit, in order, that is rejected.
    ///   Nothing has changed then, and the run is closed.
    public func prepare() throws(RefError) {
        try check()
        try closing { () throws(RefError) in try decide(under: try store.makeHold()) }
    }

    /// The part of ``prepare()`` that needs no lock: what can be said of the edits alone, and observers.
    package func check() throws(RefError) {
        guard current == .queued, plan == nil else {
            throw RefError(.invalid, "prepare called for a transaction that is not open")
        }
        try closing { () throws(RefError) in
            var plan = RefTransactionPlan(transaction, context, store.hashAlgorithm)
            try plan.checkEdits()
            if !context.observers.isEmpty { try notify(.preparing, plan.observedUpdates) }
            self.plan = plan
        }
    }

    /// The rest of it, after ``check()``, under a hold that somebody has made: one that several transactions share, say.
    package func prepare(under held: any HeldRefs) throws(RefError) {
        try closing { () throws(RefError) in try decide(under: held) }
    }

    private func decide(under held: any HeldRefs) throws(RefError) {
        guard var plan = plan.take() else { throw RefError(.invalid, "a transaction is decided that was not checked") }
        self.held = held
        let resolved = try plan.decide(under: held)
        rejections = plan.rejections
        try held.stage(resolved, durability: context.durability)
        if !context.observers.isEmpty { observed = plan.observedUpdates }
        try notify(.prepared, observed)
        current = .prepared
    }

    /// Runs a step that closes the run when it fails.
    private func closing(_ step: () throws(RefError) -> Void) throws(RefError) {
        do throws(RefError) {
            try step()
        } catch {
            current = .closed
            plan = nil
            held?.abort()
            held = nil
            throw error
        }
    }

    /// Makes the transaction visible, as durable as was asked.
    ///
    /// - Returns: each edit's verdict, in order.
    /// - Throws: ``RefError``; then nothing has changed, unless the error says otherwise.
    @discardableResult
    public func commit() throws(RefError) -> RefTransactionResult {
        guard current == .prepared, let held else {
            throw RefError(.invalid, "commit called for a transaction that is not prepared")
        }
        current = .closed
        self.held = nil
        do throws(RefError) {
            try held.commit()
        } catch {
            if error.hasTakenEffect { try? notify(.committed, observed) }
            throw error
        }
        try? notify(.committed, observed)
        return RefTransactionResult(of: transaction.edits.count, rejections)
    }

    /// Lets the transaction go with nothing changed.
    public func abort() {
        guard current != .closed else { return }
        if current == .queued {
            observed = transaction.edits.filter { if case .log = $0.change { false } else { true } }
                .map { ObservedRefUpdate(name: $0.name, $0) }
        }
        current = .closed
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
    /// What `edit` does to `name`, its own or one that a symbolic reference has led to.
    init(name: RefName, _ edit: RefEdit) {
        let old: RefTarget? =
            switch edit.expected {
            case .object(let id), .objectIfExists(let id): .object(id)
            case .symbolic(let target): .symbolic(target)
            case .any, .mustExist, .mustNotExist: nil
            }
        switch edit.change {
        case .write(let target) where !edit.deletes: self.init(name: name, old: old, new: target)
        case .write, .delete, .verify, .log: self.init(name: name, old: old, new: nil, isDeletion: edit.deletes)
        }
    }
}
