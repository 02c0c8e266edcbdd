public import StrataModel
import Synchronization

/// Answers reads, and listings where it pays, of any store that gives exact stamps from memory.
///
/// **When an answer is used.** What is remembered belongs to a *generation*: the references in the one state that a stamp of the whole store
/// names. A snapshot asks the store for its stamp once, when it is taken; equal stamps, same generation. A new stamp starts a new generation,
/// whose inner snapshot was taken between two equal stamps, and snapshots that are held keep theirs. Where the stamp is nil (a file so young
/// that a change could go unseen, or not known) or the store's stamps are not exact (``RefStoreCapabilities/stamps``), the store's own
/// snapshot is handed out, and nothing is remembered.
///
/// **What is remembered.** The values, and the absence, of names below `refs/` and of root references, and whole listings of those: that is
/// what a stamp that covers a whole store tells of. A reference that comes into being is a change of the scope, and so changes the stamp. Never
/// errors; never `worktrees/<id>/…` and `main-worktree/…`, which lead to stores without part in the stamp; never `FETCH_HEAD` and its like,
/// which are no references. Where the inner snapshot does not stay as it was (``RefStoreCapabilities/snapshotIsolation``), an answer is
/// remembered only if the stamp is still the same after it was read.
///
/// **Memory.** Up to `byteLimit` bytes, half of them for the generation before the last; older ones that are still held read from their inner
/// snapshots again. What has not been asked for lately goes first. The newest inner snapshot is kept too, until ``forget()``, or until a database
/// of this process must end its snapshots to grow.
///
/// Writes, holds and reflogs are the inner store's. Safe to share between threads; no lock is held while the inner store is read. Around a store
/// without stamps it changes nothing.
public final class CachedRefStore: RefStore {
    /// The store that is remembered.
    public let inner: any RefStore
    private let limits: CachedRefLimits
    private let seed = UInt64.random(in: .min ... .max)

    private struct State {
        var latest: CachedRefSnapshot?
        /// The generation before, as long as somebody holds it.
        weak var previous: CachedRefSnapshot?
    }
    private let state = Mutex(State())
    /// Whether ``RefCaches`` knows it: since it keeps a snapshot that a database may need the end of.
    private let isKnown = Atomic<Bool>(false)

    /// Remembers what `inner` says.
    ///
    /// - Parameters:
    ///   - byteLimit: the most memory to take, in bytes. A reference takes about a hundred.
    ///   - cachesListings: whether listings that are walked to their end twice are remembered, in a quarter of the memory. Of no use over a store
    ///     that lists from memory itself, as `PackedRefStore` does.
    public init(around inner: any RefStore, byteLimit: Int = 64 << 20, cachesListings: Bool = true) {
        self.inner = inner
        limits = CachedRefLimits(byteLimit: byteLimit, cachesListings: cachesListings)
    }

    deinit { if isKnown.load(ordering: .relaxed) { RefCaches.remove(ObjectIdentifier(self)) } }

    public var capabilities: RefStoreCapabilities { inner.capabilities }

    public var hashAlgorithm: HashAlgorithm { inner.hashAlgorithm }

    public var commitDomain: CommitDomainID { inner.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot { try snapshot(nil) }

    /// The store is asked for its part of `shares` also where everything is remembered: what is remembered must be of its state.
    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot { try snapshot(shares) }

    private func snapshot(_ shares: DomainShares?) throws(RefError) -> any RefSnapshot {
        func take() throws(RefError) -> any RefSnapshot {
            if let shares { return try inner.snapshot(sharing: shares) }
            return try inner.snapshot()
        }
        guard let stamp = try inner.stamp(covering: .all) else { return try take() }
        let latest = state.withLock { $0.latest }
        if shares == nil, let latest, latest.stamp == stamp { return latest }
        let capabilities = inner.capabilities
        let snapshot = try take()
        guard capabilities.contains(.stamps), try inner.stamp(covering: .all) == stamp else { return snapshot }
        if let latest, latest.stamp == stamp { return latest }
        let isIsolated = capabilities.contains(.snapshotIsolation)
        if isIsolated, !isKnown.exchange(true, ordering: .relaxed) { RefCaches.add(self) }
        let fresh = CachedRefSnapshot(
            snapshot, stamp: stamp, limits: limits, seed: seed, isCurrent: isIsolated ? nil : check(stamp))
        return adopt(fresh)
    }

    /// Asks whether the store still has `stamp`; a stamp that cannot be had is another.
    private func check(_ stamp: RefStamp) -> @Sendable () -> Bool {
        let inner = inner
        return {
            do throws(RefError) { return try inner.stamp(covering: .all) == stamp } catch { return false }
        }
    }

    /// Makes `fresh` the latest generation, unless somebody else has made one of the same stamp meanwhile.
    private func adopt(_ fresh: CachedRefSnapshot) -> CachedRefSnapshot {
        let (latest, retired, forgotten) = state.withLock {
            state -> (CachedRefSnapshot, CachedRefSnapshot?, CachedRefSnapshot?) in
            if let latest = state.latest, latest.stamp == fresh.stamp { return (latest, nil, nil) }
            let (retired, forgotten) = (state.latest, state.previous)
            state.latest = fresh
            state.previous = retired
            return (fresh, retired, forgotten)
        }
        retired?.freeze(emptied: false)
        forgotten?.freeze(emptied: true)
        return latest
    }

    /// Whether the answer to `question` would come from memory. Opens nothing.
    func knows(_ question: RefQuestion) throws(RefError) -> Bool {
        guard let latest = state.withLock({ $0.latest }), try inner.stamp(covering: .all) == latest.stamp else {
            return false
        }
        return latest.knows(question)
    }

    /// Forgets everything: the inner snapshot goes with the last of the snapshots that are held.
    public func forget() {
        let (latest, previous) = state.withLock { state in
            defer { state = State() }
            return (state.latest, state.previous)
        }
        latest?.freeze(emptied: true)
        previous?.freeze(emptied: true)
    }

    /// The memory that the last two generations take, in bytes.
    public var byteCount: Int {
        let (latest, previous) = state.withLock { ($0.latest, $0.previous) }
        return (latest?.byteCount ?? 0) + (previous?.byteCount ?? 0)
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try inner.stamp(covering: scope) }

    public func makeHold() throws(RefError) -> any HeldRefs { try inner.makeHold() }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        try inner.makeHold(sharing: shares)
    }

    public func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext
    ) -> [Result<RefTransactionResult, RefError>] {
        inner.submit(transactions, context)
    }

    public var reflogs: (any ReflogStore)? { inner.reflogs }
}
