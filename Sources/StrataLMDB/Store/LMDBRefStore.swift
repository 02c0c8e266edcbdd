public import StrataIO
public import StrataModel
public import StrataRefs
public import SystemPackage

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
    /// The linked worktree's directory, in which its token is; nil = no token is asked for.
    public let worktreeDirectory: FilePath?
    let durability: Durability
    private let lockTimeout: Int

    /// The references of `worktree`, or those that are shared and the main worktree's own.
    ///
    /// A worktree that is removed and made again is another: with its directory goes the file `lmdb-token`, by which its references are found to be
    /// its own. The file is made with the first references, and is on the medium before they are. A worktree without its directory has no references, and
    /// can be given none, unless it never had a token.
    ///
    /// - Parameters:
    ///   - worktreeDirectory: that of the linked worktree, `<common dir>/worktrees/<id>`; nil = no token is asked for, the references
    ///     are those of any worktree of the name.
    ///   - lockTimeout: how long a writer waits for another, in milliseconds, where no deadline is given; negative = for ever.
    ///   - durability: of commits for which none is asked.
    public init(
        _ environment: LMDBEnvironment, worktree: [UInt8]? = nil, worktreeDirectory: FilePath? = nil,
        lockTimeout: Int = 1000, durability: Durability = .none
    ) {
        self.environment = environment
        self.worktree = worktree
        self.worktreeDirectory = worktree == nil ? nil : worktreeDirectory
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

    /// The linked worktree; nil = what is shared and the main worktree's.
    var place: LMDBWorktree? { worktree.map { LMDBWorktree(id: $0, directory: worktreeDirectory) } }

    public var hashAlgorithm: HashAlgorithm { environment.hashAlgorithm }

    public var commitDomain: CommitDomainID { environment.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot { try LMDBRefSnapshot(try environment.read(), place) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot {
        let shared = try shares.share(commitDomain) { () throws(RefError) in try environment.read() }
        guard let shared else { return try snapshot() }
        return try LMDBRefSnapshot(shared, place)
    }

    /// The store's number and that of the last change; and whose references are seen, which a new directory changes alone.
    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        let (id, state) = (environment.storeID, try environment.read())
        var words = [id.0, id.1, environment.sequence(of: state)]
        if worktreeDirectory != nil { words.append(UInt64(try LMDBRefSnapshot(state, place).scope ?? 0)) }
        return RefStamp(words: words)
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
