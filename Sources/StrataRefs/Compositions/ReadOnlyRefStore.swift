import StrataIO
public import StrataModel

/// A store that can be read and not written.
///
/// Reads, listings, stamps and reflogs pass. Holding a name, which is the beginning of every change and of every check of an expected
/// value, and changing a reflog are errors, `unsupported`, before anything has happened; the store beneath is never asked for a lock.
/// Others may still change it beside. Safe to share between threads as far as the store beneath is. Git has no like of it.
public final class ReadOnlyRefStore: RefStore {
    let base: any RefStore

    public init(_ base: any RefStore) { self.base = base }

    public var capabilities: RefStoreCapabilities { base.capabilities.subtracting(.writes) }
    public var hashAlgorithm: HashAlgorithm { base.hashAlgorithm }
    public var commitDomain: CommitDomainID { base.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot { try base.snapshot() }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try base.stamp(covering: scope) }

    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot {
        try base.snapshot(sharing: shares)
    }

    public func makeHold() throws(RefError) -> any HeldRefs { ReadOnlyHold(base) }

    public var reflogs: (any ReflogStore)? { base.reflogs.map { ReadOnlyReflogs(base: $0) } }

    static func refusal(_ name: RefName?) -> RefError {
        let what = name.map { "reference '\($0)' cannot be held or changed: the" } ?? "the"
        return RefError(.unsupported, "\(what) store is read-only", reference: name)
    }
}

/// A hold on nothing: what a transaction that changes other stores may read of this one.
private final class ReadOnlyHold: HeldRefs {
    private let base: any RefStore

    init(_ base: any RefStore) { self.base = base }

    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
        names.map { .failed(ReadOnlyRefStore.refusal($0)) }
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? { try base.snapshot().read(name) }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try base.snapshot().cursor(over: scope) }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        if let first = edits.first { throw ReadOnlyRefStore.refusal(first.name) }
    }

    func commit() throws(RefError) {}

    func abort() {}
}

private struct ReadOnlyReflogs: ReflogStore {
    let base: any ReflogStore

    func exists(_ name: RefName) throws(RefError) -> Bool { try base.exists(name) }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        try base.read(name, newestFirst: newestFirst, body)
    }

    func names() throws(RefError) -> [RefName] { try base.names() }

    func create(_ name: RefName) throws(RefError) { throw ReadOnlyRefStore.refusal(name) }

    func delete(_ name: RefName) throws(RefError) { throw ReadOnlyRefStore.refusal(name) }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int { throw ReadOnlyRefStore.refusal(name) }
}
