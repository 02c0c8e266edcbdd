import StrataModel

/// The references of a store in one state, which its stamp proved: a generation of a ``CachedRefStore``.
///
/// Everything that is kept here belongs to that state. What is not kept is read from the store's own snapshot.
final class CachedRefSnapshot: RefSnapshot {
    /// The stamp of the whole store before and after the inner snapshot was taken.
    let stamp: RefStamp
    private let inner: any RefSnapshot
    /// Asks whether the store is still in that state; nil where the inner snapshot stays in it whatever happens.
    private let isCurrent: (@Sendable () -> Bool)?
    private let shards: [RefCacheShard]
    private let listings: RefListingCache?
    private let seed: UInt64

    init(
        _ inner: any RefSnapshot, stamp: RefStamp, limits: CachedRefLimits, seed: UInt64,
        isCurrent: (@Sendable () -> Bool)?
    ) {
        self.inner = inner
        self.stamp = stamp
        self.isCurrent = isCurrent
        self.seed = seed
        shards = (0..<limits.shardCount).map { _ in RefCacheShard(byteLimit: limits.shardBytes) }
        listings = limits.listingBytes > 0 ? RefListingCache(byteLimit: limits.listingBytes) : nil
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        let hash = unsafe name.bytes.withUnsafeBufferPointer { unsafe RefNameHash.hash($0, seed: seed) }
        // A power of two of them.
        let shard = shards[Int(truncatingIfNeeded: hash) & (shards.count &- 1)]
        let found = unsafe name.bytes.withUnsafeBufferPointer { unsafe shard.find($0, hash) }
        if let found { return found }
        let value = try inner.read(name)
        if Self.isProved(name), isCurrent?() ?? true {
            unsafe name.bytes.withUnsafeBufferPointer { unsafe shard.insert($0, hash, value) }
        }
        return value
    }

    /// Whether the stamp of a whole store tells of this name: it lies below `refs/` or is a root reference. `worktrees/<id>/…` leads to stores
    /// that may have no part in the stamp, and of `FETCH_HEAD` and its like, which no listing has, a store need not give account.
    private static func isProved(_ name: RefName) -> Bool { name.hasPrefix("refs/") || name.isRootRef }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        guard let listings, Self.isProved(scope) else { return try inner.cursor(over: scope) }
        if let run = listings.run(covering: scope) {
            return RecordingRefCursor(self, RefRunCursor(run, over: scope), recording: nil)
        }
        let cursor = try inner.cursor(over: scope)
        return listings.wants(scope) ? RecordingRefCursor(self, cursor, recording: scope) : cursor
    }

    /// Whether the stamp of a whole store tells of all that a listing of `scope` has.
    private static func isProved(_ scope: RefScope) -> Bool {
        let refs = Array("refs/".utf8)
        return scope.prefix.starts(with: refs) || refs.starts(with: scope.prefix)
            || RefName(unchecked: scope.prefix).hasRootSyntax
    }

    var watches: [any RefReadWatch] { inner.watches }

    /// Whether the answer would come from memory.
    func knows(_ question: RefQuestion) -> Bool {
        switch question {
        case .name(let name):
            let hash = unsafe name.bytes.withUnsafeBufferPointer { unsafe RefNameHash.hash($0, seed: seed) }
            let shard = shards[Int(truncatingIfNeeded: hash) & (shards.count &- 1)]
            return unsafe name.bytes.withUnsafeBufferPointer { unsafe shard.find($0, hash) } != nil
        case .scope(let scope): return Self.isProved(scope) && listings?.run(covering: scope) != nil
        }
    }

    /// The most bytes that a recorded listing may take.
    var listingLimit: Int { listings?.listingLimit ?? 0 }

    /// Keeps the listing of `scope`, which was walked to its end.
    func keep(_ run: RefRun, for scope: RefScope) {
        if isCurrent?() ?? true { listings?.keep(run, for: scope) }
    }

    /// Takes nothing more in; `emptied` forgets what is there too.
    func freeze(emptied: Bool) {
        for shard in shards { shard.freeze(emptied: emptied) }
        listings?.freeze(emptied: emptied)
    }

    /// The memory that the references and listings take.
    var byteCount: Int { shards.reduce(listings?.byteCount ?? 0) { $0 + $1.byteCount } }
}
