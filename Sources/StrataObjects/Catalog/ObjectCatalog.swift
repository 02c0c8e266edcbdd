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
    /// How often directories have been listed.
    private let listings = Atomic<Int>(0)

    init(_ roots: ObjectRoots, cache: DeltaBaseCache) {
        self.roots = roots
        self.cache = cache
        loose = LooseObjects(roots.objectDirectory, roots.algorithm)
    }

    /// The number of times that directories were listed, for tests and figures.
    var listingCount: Int { listings.load(ordering: .relaxed) }

    /// What was listed last, or now if nothing was.
    func current() -> CatalogSnapshot {
        listed.withLock { listed in
            if let listed { return listed }
            let snapshot = list(keeping: nil)
            listed = snapshot
            return snapshot
        }
    }

    /// What the directories hold now, or nil when it is what it was. One thread lists; others wait for its list.
    func refresh(after old: CatalogSnapshot, force: Bool) -> CatalogSnapshot? {
        // Looking is for everybody at once; only listing waits.
        guard force || listed.withLock({ $0 !== old }) || old.mayBeStale else { return nil }
        return listed.withLock { listed in
            var newest = old
            if let listed, listed !== old {
                guard listed.lists(theSameAs: old) else { return listed }
                // Others have looked again, and perhaps before the caller had looked through what there was: it is the same still, or listed anew.
                if !force, !listed.mayBeStale { return nil }
                newest = listed
            }
            // Where it lists the same its stamps are newer: what was too fresh to be sure of may be sure by now.
            let snapshot = list(keeping: newest)
            listed = snapshot
            return snapshot.lists(theSameAs: old) ? nil : snapshot
        }
    }

    /// What the directories hold now.
    func latest() -> CatalogSnapshot {
        let snapshot = current()
        return refresh(after: snapshot, force: false) ?? snapshot
    }

    private func list(keeping previous: CatalogSnapshot?) -> CatalogSnapshot {
        listings.wrappingAdd(1, ordering: .relaxed)
        return CatalogSnapshot(roots, loose, keeping: previous)
    }
}
