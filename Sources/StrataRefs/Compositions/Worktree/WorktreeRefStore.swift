public import StrataModel
import Synchronization

/// The references of one worktree of a repository: its own from its own store, all others from the common store.
///
/// In a linked worktree (``init(own:id:common:linked:)``) names that belong to a worktree (`HEAD`, `refs/bisect/…`) are read, written and
/// listed from its own store; those of the main worktree are not seen under their bare names. In the main worktree
/// (``init(common:linked:)``) the common store holds both. From either, `main-worktree/<name>` and `worktrees/<id>/<name>` lead to the
/// other worktrees' own references, worktrees added later included. Git's function: `parse_worktree_ref`.
public final class WorktreeRefStore: RefStore {
    /// The store of this worktree's own references; nil in the main worktree.
    let own: (any RefStore)?
    private let ownID: [UInt8]?
    let common: any RefStore
    private let linked: @Sendable ([UInt8]) throws(RefError) -> (any RefStore)?
    let shares: [RefShare]
    let listedParts: [RefPart]
    private let opened = Mutex<[[UInt8]: any RefStore]>([:])

    /// - Parameters:
    ///   - own: the store of the worktree's own references.
    ///   - id: the worktree's name below `worktrees/`.
    ///   - linked: opens the store of another linked worktree; nil = there is none of that id. Asked at every first use of an id.
    public init(
        own: any RefStore, id: [UInt8], common: any RefStore,
        linked: @escaping @Sendable ([UInt8]) throws(RefError) -> (any RefStore)?
    ) {
        self.own = own
        ownID = id
        shares = Self.shares(of: id)
        listedParts = [Self.commonPart, Self.part(of: id)]
        self.common = common
        self.linked = linked
    }

    /// The references as the main worktree sees them.
    public init(
        common: any RefStore, linked: @escaping @Sendable ([UInt8]) throws(RefError) -> (any RefStore)?
    ) {
        own = nil
        ownID = nil
        shares = [RefShare(part: Self.commonPart, scope: { $0 })]
        listedParts = [Self.commonPart]
        self.common = common
        self.linked = linked
    }

    public var capabilities: RefStoreCapabilities {
        guard let own else { return common.capabilities }
        var both = own.capabilities.intersection(common.capabilities)
        if own.commitDomain != common.commitDomain { both.subtract([.atomicForReaders, .wholeListings]) }
        return both.union(.perWorktreeRefs)
    }

    public var hashAlgorithm: HashAlgorithm { common.hashAlgorithm }

    public var commitDomain: CommitDomainID { common.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot { try SplitRefSnapshot(self) }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try combinedStamp(covering: scope) }

    public func makeHold() throws(RefError) -> any HeldRefs { SplitHold(self) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot {
        try SplitRefSnapshot(self, sharing: shares)
    }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        SplitHold(self, sharing: shares)
    }

    public var reflogs: (any ReflogStore)? { combinedReflogs() }

    /// The store of the linked worktree `id`; nil when there is no such worktree.
    package func store(ofLinked id: [UInt8]) throws(RefError) -> (any RefStore)? { try store(of: Self.part(of: id)) }
}

extension WorktreeRefStore: SplitRefStore {
    // Worktrees are held and committed in the order of their names, whichever of them is asked.
    private static let commonPart = RefPart(rank: 0)
    private static func part(of worktree: [UInt8]) -> RefPart { RefPart(rank: 1, id: worktree) }

    var takesSnapshotsAtOnce: Bool { true }

    func place(of name: RefName) -> RefPlace? {
        switch name.place {
        case .shared: RefPlace(part: Self.commonPart, name: name)
        case .current: RefPlace(part: ownID.map(Self.part) ?? Self.commonPart, name: name)
        case .main(let bare): RefPlace(part: Self.commonPart, name: bare)
        case .linked(let id, let bare): RefPlace(part: Self.part(of: id), name: bare)
        case .stray: nil
        }
    }

    func store(of part: RefPart) throws(RefError) -> (any RefStore)? {
        if part.rank == 0 { return common }
        if part.id == ownID { return own }
        if let known = opened.withLock({ $0[part.id] }) { return known }
        guard let found = try linked(part.id) else { return nil }
        opened.withLock { $0[part.id] = found }
        return found
    }

    /// `refs/bisect` is shared, and what the main worktree has below it is not seen from a linked one.
    func hidesNames(below name: RefName) -> Bool {
        own != nil && RefName.perWorktreePrefixes.contains { $0.dropLast().elementsEqual(name.bytes) }
    }

    func strayError(_ name: RefName) -> RefError {
        RefError(.invalid, "'\(name)' belongs to no worktree of this repository", reference: name)
    }

    /// What a linked worktree lists: its own root references and prefixes, and what is shared.
    private static func shares(of worktree: [UInt8]) -> [RefShare] {
        let (own, refs) = (part(of: worktree), Array("refs/".utf8))
        let roots = RefShare(
            part: own, scope: { $0.narrowed(to: [], without: [refs]) }, accepts: { $0.refName.isPerWorktree })
        let below = RefName.perWorktreePrefixes.map { prefix in
            RefShare(part: own, scope: { $0.narrowed(to: prefix) })
        }
        let shared = RefShare(
            part: commonPart, scope: { $0.narrowed(to: refs, without: RefName.perWorktreePrefixes) })
        return [roots] + below + [shared]
    }
}
