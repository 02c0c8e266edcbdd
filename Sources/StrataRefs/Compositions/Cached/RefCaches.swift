import Synchronization

/// The caches of this process that keep snapshots which nobody else may hold any more: a database that needs all of its snapshots to end lets
/// them go. Safe to share between threads.
package enum RefCaches {
    private struct Entry {
        weak var cache: CachedRefStore?
    }

    private static let all = Mutex<[ObjectIdentifier: Entry]>([:])

    /// Makes `cache` known, until ``remove(_:)``, which its `deinit` calls.
    static func add(_ cache: CachedRefStore) { all.withLock { $0[ObjectIdentifier(cache)] = Entry(cache: cache) } }

    static func remove(_ cache: ObjectIdentifier) { all.withLock { $0[cache] = nil } }

    /// Lets all snapshots go that only caches keep; what was remembered of them is forgotten.
    package static func letGo() {
        // What ends here ends behind the lock.
        let known = all.withLock { $0.values.compactMap(\.cache) }
        for cache in known { cache.forget() }
    }
}
