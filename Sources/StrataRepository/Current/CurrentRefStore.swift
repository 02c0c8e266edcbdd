import StrataLMDB
public import StrataModel
public import StrataRefs
import SystemPackage

/// A repository's references, wherever they are: a store over the one that the repository's configuration names, which is taken anew after
/// `Repository/migrateReferences(_:)`, of this process or another.
///
/// Each snapshot and each hold begins with one `stat` of `config`, which a move replaces. A hold looks again when it has its locks, and, over
/// files, before and after it commits: what is acknowledged is in the store that is current. A hold that a move has overtaken fails, with
/// nothing changed or saying that it has to be looked at; ``submit(_:_:)`` does a transaction again then that has changed nothing. A snapshot of a
/// database goes on showing what it was; one of files, which shows them as they are, goes on in the new store.
///
/// Capabilities, stamps, the commit domain and explanations are those of the store that is current. Safe to share between threads.
public final class CurrentRefStore: RefStore {
    /// Which of a repository's stores it is.
    enum Part: Sendable {
        /// As the worktree that was opened sees them.
        case worktree
        /// What all worktrees share, and the main worktree's own.
        case common
        /// A linked worktree's own.
        case linked([UInt8])
    }

    let stores: CurrentStores
    private let part: Part

    init(_ stores: CurrentStores, _ part: Part) {
        self.stores = stores
        self.part = part
    }

    /// The store in `stack`.
    func store(_ stack: StoreStack) throws(RefError) -> any RefStore {
        switch part {
        case .worktree: return stack.stores.worktree
        case .common: return stack.stores.common
        case .linked(let id):
            if let store = try stack.stores.worktree.store(ofLinked: id) { return store }
            throw RefError(
                .unavailable, "worktree '\(String(decoding: id, as: UTF8.self))' is gone",
                path: stores.commonDirectory.string)
        }
    }

    /// The store of the linked worktree `id`; nil when there is no such worktree.
    package func store(ofLinked id: [UInt8]) throws(RefError) -> CurrentRefStore? {
        guard try stores.current().stores.worktree.store(ofLinked: id) != nil else { return nil }
        return CurrentRefStore(stores, .linked(id))
    }

    /// The store as it was last, for what cannot fail.
    private var known: any RefStore {
        let stack = stores.currentOrKnown
        do throws(RefError) { return try store(stack) } catch { return stack.stores.common }
    }

    public var capabilities: RefStoreCapabilities { known.capabilities }

    public var hashAlgorithm: HashAlgorithm { stores.hashAlgorithm }

    public var commitDomain: CommitDomainID { known.commitDomain }

    // MARK: Following

    static let mostTries = 4

    /// Runs `body` with the store that is current, and again with the next one where the references were moved before it failed.
    func following<T>(
        unless isBegun: () -> Bool = { false }, _ body: (any RefStore, StoreStack) throws(RefError) -> T
    ) throws(RefError) -> T {
        var tries = 0
        while true {
            let stack = try stores.current()
            do throws(RefError) {
                return try body(try store(stack), stack)
            } catch {
                tries += 1
                guard tries < Self.mostTries, !isBegun(), error.mayBeOfMove, try stores.areWorthAnotherTry(stack) else {
                    throw error
                }
            }
        }
    }

    // MARK: RefStore

    public func snapshot() throws(RefError) -> any RefSnapshot { try snapshot(nil) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot { try snapshot(shares) }

    func snapshot(_ shares: DomainShares?) throws(RefError) -> any RefSnapshot {
        try following { store, stack throws(RefError) in
            let snapshot: any RefSnapshot
            if let shares {
                snapshot = try store.snapshot(sharing: shares)
            } else {
                snapshot = try store.snapshot()
            }
            return stack.stores.areIsolated ? snapshot : CurrentRefSnapshot(snapshot, of: self, stack, shares)
        }
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        try following { store, _ throws(RefError) in try store.stamp(covering: scope) }
    }

    public func makeHold() throws(RefError) -> any HeldRefs { try CurrentHold(self, nil) }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        try CurrentHold(self, shares)
    }

    /// Decides and commits `transactions` in order, as the store that is current does. One that has failed because the references were moved, with
    /// nothing changed, is done again in the new store: observers hear of it from the beginning again.
    public func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext
    ) -> [Result<RefTransactionResult, RefError>] {
        let stack: StoreStack
        let store: any RefStore
        do throws(RefError) {
            stack = try stores.current()
            store = try self.store(stack)
        } catch {
            return transactions.map { _ in .failure(error) }
        }
        guard stack.stores.areIsolated else { return transactions.map { submit($0, context) } }
        // They may be folded into one commit, which is in one store or the other.
        var results = store.submit(transactions, context)
        for (index, result) in results.enumerated() {
            guard case .failure(let error) = result, error.mayBeOfMove, isWorthAnotherTry(stack) else { continue }
            results[index] = submit(transactions[index], context)
        }
        return results
    }

    private func submit(
        _ transaction: RefTransaction, _ context: RefTransactionContext
    ) -> Result<RefTransactionResult, RefError> {
        do throws(RefError) {
            return .success(
                try following { store, stack throws(RefError) in
                    if stack.stores.areIsolated, let result = store.submit([transaction], context).first {
                        return try result.get()
                    }
                    let run = RefTransactionRun(transaction, on: self, context)
                    do throws(RefError) {
                        try run.prepare()
                    } catch {
                        // A verdict on what was no longer so is none.
                        guard error.code == .rejected, try !stores.isCurrent(stack) else { throw error }
                        throw StoreMove.before.error(at: stores.commonDirectory)
                    }
                    return try run.commit()
                })
        } catch {
            return .failure(error)
        }
    }

    private func isWorthAnotherTry(_ stack: StoreStack) -> Bool {
        do throws(RefError) { return try stores.areWorthAnotherTry(stack) } catch { return false }
    }

    public var reflogs: (any ReflogStore)? { known.reflogs.map { _ in CurrentReflogs(store: self) } }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        do throws(RefError) {
            return try following { store, stack throws(RefError) in
                let explanation = store.explain(question)
                if !stack.stores.areIsolated, try !stores.isCurrent(stack) {
                    throw StoreMove.before.error(at: stores.commonDirectory)
                }
                return explanation
            }
        } catch {
            return RefExplanation("current", question, .failed(error))
        }
    }
}

extension RefError {
    /// Whether it may be due to a move of the references, and has changed nothing.
    fileprivate var mayBeOfMove: Bool {
        if hasTakenEffect || code == .rejected || code == .refused || code == .invalid { return false }
        switch cause {
        case StoreMove.during as StoreMove: return false
        case LMDBFailure.uncertain as LMDBFailure: return false
        default: return true
        }
    }
}
