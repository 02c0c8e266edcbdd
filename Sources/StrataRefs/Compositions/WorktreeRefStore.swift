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
        self.common = common
        self.linked = linked
    }

    /// The references as the main worktree sees them.
    public init(
        common: any RefStore, linked: @escaping @Sendable ([UInt8]) throws(RefError) -> (any RefStore)?
    ) {
        own = nil
        ownID = nil
        self.common = common
        self.linked = linked
    }

    public var capabilities: RefStoreCapabilities {
        guard let own else { return common.capabilities }
        var both = own.capabilities.intersection(common.capabilities)
        if own.commitDomain != common.commitDomain { both.remove(.atomicForReaders) }
        return both.union(.perWorktreeRefs)
    }

    public var hashAlgorithm: HashAlgorithm { common.hashAlgorithm }

    public var commitDomain: CommitDomainID { common.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        WorktreeRefSnapshot(store: self, own: try own?.snapshot(), common: try common.snapshot())
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        guard let shared = try common.stamp(covering: scope) else { return nil }
        guard let own else { return shared }
        guard let mine = try own.stamp(covering: scope) else { return nil }
        return RefStamp(words: mine.words + shared.words)
    }

    public func makeHold() throws(RefError) -> any HeldRefs { WorktreeHold(self) }

    public var reflogs: (any ReflogStore)? { WorktreeReflogs(store: self) }

    /// One of the stores, in the order in which they are held and committed.
    enum Part: Hashable, Comparable {
        case common
        case own
        case linked([UInt8])

        static func < (a: Part, b: Part) -> Bool {
            switch (a, b) {
            case (.linked(let x), .linked(let y)): RefNameOrder.compare(x.span, y.span) < 0
            default: a.rank < b.rank
            }
        }

        private var rank: Int {
            switch self {
            case .common: 0
            case .own: 1
            case .linked: 2
            }
        }
    }

    /// The store that `name` belongs to and its name there; nil for names that belong nowhere.
    func route(_ name: RefName) -> (Part, RefName)? {
        switch name.place {
        case .shared: (.common, name)
        case .current: (own == nil ? .common : .own, name)
        case .main(let bare): (.common, bare)
        case .linked(let id, let bare): (id == ownID ? .own : .linked(id), bare)
        case .stray: nil
        }
    }

    /// The store of `part`; nil when there is no such worktree.
    func store(of part: Part) throws(RefError) -> (any RefStore)? {
        switch part {
        case .common: return common
        case .own: return own
        case .linked(let id):
            if let known = opened.withLock({ $0[id] }) { return known }
            guard let found = try linked(id) else { return nil }
            opened.withLock { $0[id] = found }
            return found
        }
    }
}

/// What a worktree sees at one moment.
struct WorktreeRefSnapshot: RefSnapshot {
    let store: WorktreeRefStore
    let own: (any RefSnapshot)?
    let common: any RefSnapshot

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard let (part, bare) = store.route(name) else { return nil }
        switch part {
        case .common: return try common.read(bare)
        case .own: return try own?.read(bare)
        case .linked: return try store.store(of: part)?.snapshot().read(bare)
        }
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        guard let own else { return try common.cursor(over: scope) }
        return try WorktreeRefStore.merge(scope) { part throws(RefError) in
            part == .own ? try own.cursor(over: scope) : try common.cursor(over: WorktreeRefStore.shared(scope))
        }
    }
}

extension WorktreeRefStore {
    /// The part of `scope` that the common store contributes: nothing that belongs to a worktree.
    static func shared(_ scope: RefScope) -> RefScope {
        var shared = scope
        let roots = Array("refs/".utf8)
        if RefNameOrder.compare(shared.lowerBound.span, roots.span) < 0 { shared.lowerBound = roots }
        shared.exclude(RefName.perWorktreePrefixes)
        return shared
    }

    /// The listing of a linked worktree: its own references before the shared ones.
    static func merge(
        _ scope: RefScope, _ cursor: (Part) throws(RefError) -> any RefCursor
    ) throws(RefError) -> any RefCursor {
        try MergedRefCursor([
            // A worktree's store may hold stray files with shared names, which git does not look at.
            MergedRefCursor.Child(try cursor(.own), accepts: { $0.refName.isPerWorktree }),
            MergedRefCursor.Child(try cursor(.common), scope: { shared($0) }),
        ])
    }
}
