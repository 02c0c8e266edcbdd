import StrataIO
import StrataModel
import Synchronization
import SystemPackage

/// The packs and loose objects of a repository and its alternates, shared by all stores of it in the process. What others pack, repack and prune
/// meanwhile is followed.
final class ObjectCatalog: Sendable {
    let roots: ObjectRoots
    let cache: DeltaBaseCache
    /// The loose objects of the repository's own directory.
    let loose: LooseObjects
    private let listed = Mutex<CatalogSnapshot?>(nil)
    /// The number of the newest snapshot, which is how often directories have been listed.
    private let newest = Atomic<Int>(0)
    /// References to the newest snapshot that lie ready, so that threads need not meet at the lock, or at the count of its references.
    /// Not private, for tests to put an old one there.
    let ready = ThreadSlots<CatalogSnapshot>()

    init(_ roots: ObjectRoots, cache: DeltaBaseCache) {
        self.roots = roots
        self.cache = cache
        loose = LooseObjects(roots.objectDirectory, roots.algorithm)
    }

    /// The number of times that directories were listed, for tests and figures.
    var listingCount: Int { newest.load(ordering: .relaxed) }

    /// What was listed last, or now if nothing was.
    func current() -> CatalogSnapshot {
        listed.withLock { listed in
            if let listed { return listed }
            return list(&listed, keeping: nil)
        }
    }

    /// Lends what was listed last, or now if nothing was.
    @inline(__always)
    func withCurrent<Answer, Failure: Error>(
        _ body: (CatalogSnapshot) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let lent = unsafe takeNewest() ?? .passRetained(current())
        defer { unsafe giveBack(lent) }
        return try unsafe lent.lend(body)
    }

    @inline(__always)
    private func takeNewest() -> Unmanaged<CatalogSnapshot>? {
        guard let taken = unsafe ready.take() else { return nil }
        if unsafe taken.lend({ $0.number }) == newest.load(ordering: .acquiring) { return unsafe taken }
        // Given back while another was listed, and not taken out again yet.
        unsafe taken.release()
        return nil
    }

    private func giveBack(_ lent: Unmanaged<CatalogSnapshot>) {
        let number = unsafe lent.lend { $0.number }
        // An old one would keep open what has been removed.
        guard number == newest.load(ordering: .relaxed), let place = unsafe ready.give(lent) else {
            unsafe lent.release()
            return
        }
        // Who lists sets the number and empties the slots then: one of both sees what the other does.
        if number != newest.load(ordering: .sequentiallyConsistent) { ready.remove(at: place) }
    }

    /// What the directories hold now, or nil when it is what it was. One thread lists; others wait for its list.
    func refresh(after old: CatalogSnapshot, force: Bool) -> CatalogSnapshot? {
        // Looking is for everybody at once; only listing waits.
        guard force || newest.load(ordering: .acquiring) != old.number || old.mayBeStale else { return nil }
        return listed.withLock { listed in
            var known = old
            if let listed, listed !== old {
                guard listed.lists(theSameAs: old) else { return listed }
                // Others have looked again, and perhaps before the caller had looked through what there was: it is the same still, or listed anew.
                if !force, !listed.mayBeStale { return nil }
                known = listed
            }
            // Where it lists the same its stamps are newer: what was too fresh to be sure of may be sure by now.
            let snapshot = list(&listed, keeping: known)
            return snapshot.lists(theSameAs: old) ? nil : snapshot
        }
    }

    /// What the directories hold now.
    func latest() -> CatalogSnapshot {
        let snapshot = current()
        return refresh(after: snapshot, force: false) ?? snapshot
    }

    private func list(_ listed: inout CatalogSnapshot?, keeping previous: CatalogSnapshot?) -> CatalogSnapshot {
        let number = newest.load(ordering: .relaxed) + 1
        let snapshot = CatalogSnapshot(number, roots, loose, keeping: previous)
        listed = snapshot
        newest.store(number, ordering: .sequentiallyConsistent)
        ready.removeAll()
        return snapshot
    }
}
