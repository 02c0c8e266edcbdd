public import StrataModel

/// One namespace of a repository, seen as a store of its own (gitnamespaces): `HEAD` and the references below `refs/`, under their names
/// without the namespace's prefix.
///
/// Symbolic references are kept with the full names of their targets, as git has them, and shown without the prefix. One that leads out of
/// the namespace is shown as broken: its target has no name here. (`git upload-pack` crashes on a `HEAD` like that.) Other root references
/// and names of other worktrees have no place in a namespace: they do not exist, and cannot be written.
///
/// HEAD's reflog and those of branches are kept as in any store, by the names that the namespace shows; git keeps none unless
/// `core.logAllRefUpdates` is `always`, since it goes by full names.
///
/// Consistency, durability, locks and thread-safety are those of the store beneath. Git's environment variable: `GIT_NAMESPACE`; functions:
/// `get_git_namespace`, `refs_for_each_namespaced_ref`.
public final class NamespacedRefStore: RefStore {
    public let namespace: RefNamespace
    let base: any RefStore

    /// - Parameter base: the store with all references of the repository.
    public init(_ namespace: RefNamespace, of base: any RefStore) {
        self.namespace = namespace
        self.base = base
    }

    /// The store's beneath, and a `HEAD` even where that keeps none.
    public var capabilities: RefStoreCapabilities { base.capabilities.union(.perWorktreeRefs) }
    public var hashAlgorithm: HashAlgorithm { base.hashAlgorithm }
    public var commitDomain: CommitDomainID { base.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        NamespacedRefSnapshot(namespace: namespace, base: try base.snapshot())
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        try base.stamp(covering: namespace.full(scope))
    }

    public func makeHold() throws(RefError) -> any HeldRefs { NamespacedHold(namespace, try base.makeHold()) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot {
        NamespacedRefSnapshot(namespace: namespace, base: try base.snapshot(sharing: shares))
    }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        NamespacedHold(namespace, try base.makeHold(sharing: shares))
    }

    public var reflogs: (any ReflogStore)? { base.reflogs.map { NamespacedReflogs(namespace: namespace, base: $0) } }
}

private struct NamespacedRefSnapshot: RefSnapshot {
    let namespace: RefNamespace
    let base: any RefSnapshot

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        guard let full = namespace.full(name), let value = try base.read(full) else { return nil }
        return namespace.bare(value)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try NamespacedRefCursor(namespace, over: scope) { scope throws(RefError) in try base.cursor(over: scope) }
    }

    var watches: [any RefReadWatch] { base.watches }
}
