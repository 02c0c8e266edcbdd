public import StrataModel

/// All objects that a repository's references and reflogs name, those of every worktree included: where a collector or a connectivity check
/// starts, and git's `gc`, `fsck` and `rev-list --all --reflog` do.
///
/// The names come in the order of their bytes: the main worktree's own (`main-worktree/…`), the shared ones, and each linked worktree's
/// (`worktrees/<id>/…`); then `FETCH_HEAD` and other files, then the reflogs. Symbolic references are followed as their worktree sees them; one that leads
/// to nothing is no root. Nothing is passed over that could not be read: a broken reference, a missing `HEAD`, a store that fails end the walk
/// with a typed error, after which nothing must be collected.
///
/// The stores are read one after the other while others write. Reflogs come last, so that with them what moved between the stores meanwhile
/// is met where it came from or where it went.
public struct ReachabilityRoots: Sendable {
    /// An object that a file of a worktree names, which is no reference: the file's path as a name, the object, why it is a root.
    public typealias Other = (name: RefName, id: ObjectID, reason: ReachabilityRoot.Reason)

    /// A worktree's own references.
    public struct Worktree: Sendable {
        /// The name below `worktrees/`; nil for the main worktree.
        let id: [UInt8]?
        let store: any RefStore
        let others: @Sendable () throws(RefError) -> [Other]
        let needsHead: @Sendable () throws(RefError) -> Bool

        /// - Parameters:
        ///   - id: the name below `worktrees/`; nil for the main worktree.
        ///   - store: holds the worktree's own references under their bare names; all others in it are not looked at.
        ///   - others: what its files that are no references name: `FETCH_HEAD`, `MERGE_HEAD`, those of a rebase.
        ///   - needsHead: whether it is an error that there is no `HEAD`; asked when there is none.
        public init(
            id: [UInt8]?, store: any RefStore,
            others: @escaping @Sendable () throws(RefError) -> [Other] = { () throws(RefError) in [] },
            needsHead: @escaping @Sendable () throws(RefError) -> Bool = { () throws(RefError) in true }
        ) {
            self.id = id
            self.store = store
            self.others = others
            self.needsHead = needsHead
        }

        /// What its names begin with when they are qualified.
        var prefix: [UInt8] {
            id.map { Array("worktrees/".utf8) + $0 + [UInt8(ascii: "/")] } ?? Array("main-worktree/".utf8)
        }
    }

    let common: any RefStore
    /// The main worktree first, the linked ones in the order of their qualified names.
    let worktrees: [Worktree]
    /// Whether the ids in reflogs are roots too.
    public let includesReflogs: Bool

    /// - Parameters:
    ///   - common: the store of the shared references.
    ///   - worktrees: all worktrees, in any order; the main one's store is usually `common` too.
    public init(common: any RefStore, worktrees: [Worktree], includingReflogs: Bool) {
        self.common = common
        self.worktrees = worktrees.sorted { RefNameOrder.compare($0.prefix.span, $1.prefix.span) < 0 }
        includesReflogs = includingReflogs
    }

    /// Calls `body` with each root until it returns false.
    ///
    /// - Throws: ``RefError`` of what could not be read, and what `body` throws.
    public func visit(_ body: (ReachabilityRoot) throws(RefError) -> Bool) throws(RefError) {
        let view = try ReachabilityView(self)
        guard try view.visit(body), try visitOthers(body) else { return }
        if includesReflogs { _ = try visitReflogs(body) }
    }

    private func visitOthers(_ body: (ReachabilityRoot) throws(RefError) -> Bool) throws(RefError) -> Bool {
        for worktree in worktrees {
            for (name, id, reason) in try worktree.reading(worktree.others) where !id.isZero {
                let root = ReachabilityRoot(id: id, reason: reason, prefix: worktree.prefix, bare: .name(name))
                guard try body(root) else { return false }
            }
        }
        return true
    }

    private func visitReflogs(_ body: (ReachabilityRoot) throws(RefError) -> Bool) throws(RefError) -> Bool {
        let places =
            [(store: common, prefix: [UInt8](), isShared: true)] + worktrees.map { ($0.store, $0.prefix, false) }
        for (store, prefix, isShared) in places {
            guard let logs = store.reflogs else { continue }
            for name in try logs.names() where name.isPerWorktree != isShared {
                var goesOn = true
                var last: ObjectID?
                try logs.read(name, newestFirst: false) { entry throws(RefError) in
                    // Nearly always a line begins with what the one before ends with.
                    for (id, reason) in [(entry.old, ReachabilityRoot.Reason.reflogOld), (entry.new, .reflogNew)]
                    where goesOn && id != last {
                        last = id
                        if id.isZero { continue }
                        goesOn = try body(ReachabilityRoot(id: id, reason: reason, prefix: prefix, bare: .name(name)))
                    }
                    return goesOn
                }
                guard goesOn else { return false }
            }
        }
        return true
    }
}
