public import StrataIO
public import StrataModel
public import StrataRefs

/// References in an LMDB environment: what all worktrees share, or what belongs to one linked worktree.
///
/// Snapshots are isolated and cost a read transaction; a commit costs what it changes. A transaction is one commit of LMDB, visible whole or
/// not at all, and after a crash there or not there; so is one over several stores of one environment, those of worktrees, in a
/// `WorktreeRefStore`. ``submit(_:_:)`` folds the transactions of all threads that wait into one commit.
///
/// A hold of any name holds the environment: there is one writer at a time. The main worktree's own references (`HEAD`) are in the store of
/// what is shared.
///
/// Durability (of a commit): ``Durability/none`` = a loss of power may undo the last commits, and never more than that; ``Durability/data``
/// and ``Durability/full`` = it is there when the call returns. Safe to share between threads.
public final class LMDBRefStore: RefStore {
    public let environment: LMDBEnvironment
    /// The linked worktree's name below `worktrees/`; nil = what is shared and the main worktree's.
    public let worktree: [UInt8]?
    let durability: Durability
    private let lockTimeout: Int

    /// The references of `worktree`, or those that are shared and the main worktree's own.
    ///
    /// - Parameters:
    ///   - lockTimeout: how long a writer waits for another, in milliseconds, where no deadline is given; negative = for ever.
    ///   - durability: of commits for which none is asked.
    public init(
        _ environment: LMDBEnvironment, worktree: [UInt8]? = nil, lockTimeout: Int = 1000,
        durability: Durability = .none
    ) {
        self.environment = environment
        self.worktree = worktree
        self.lockTimeout = lockTimeout
        self.durability = durability
    }

    public var capabilities: RefStoreCapabilities {
        let all: RefStoreCapabilities = [
            .writes, .symbolicRefs, .reflogs, .atomicForReaders, .snapshotIsolation, .perWorktreeRefs, .stamps,
            .wholeListings,
        ]
        return environment.isReadOnly ? all.subtracting(.writes) : all
    }

    public var hashAlgorithm: HashAlgorithm { environment.hashAlgorithm }

    public var commitDomain: CommitDomainID { environment.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot { try LMDBRefSnapshot(try environment.read(), worktree) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot {
        let shared = try shares.share(commitDomain) { () throws(RefError) in try environment.read() }
        guard let shared else { return try snapshot() }
        return try LMDBRefSnapshot(shared, worktree)
    }

    /// The store's number and that of the last change.
    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        let id = environment.storeID
        return RefStamp(words: [id.0, id.1, try environment.sequence()])
    }

    public func makeHold() throws(RefError) -> any HeldRefs { LMDBHold(self, LMDBSession(environment)) }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        let shared = try shares.share(commitDomain) { () throws(RefError) in LMDBSession(environment) }
        return LMDBHold(self, shared ?? LMDBSession(environment))
    }

    /// Decides the transactions in order and commits them as one, with those of other threads that wait meanwhile. One that is rejected
    /// leaves the others as they are.
    public func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext
    ) -> [Result<RefTransactionResult, RefError>] {
        environment.groups.submit(transactions, context, to: self)
    }

    public var reflogs: (any ReflogStore)? { LMDBReflogs(store: self) }

    /// Until when a writer waits that says nothing.
    func deadline(_ given: Deadline?) -> Deadline { given ?? .after(milliseconds: lockTimeout) }
}
