public import StrataObjects

/// Tries to break the stores that `make` gives: checks every law of ``ObjectStore`` that applies to them, then runs random histories beside a
/// model, and then histories of several threads, who must all find what any of them was told is there.
///
/// What applies follows from the store's ``ObjectStoreCapabilities``; what does not is listed with the reason. Ids are compared with those of
/// ``MemoryObjectStore``, and some with git's. Nothing is thrown and nothing printed: failures are values, whatever runs the tests. Blocks, for
/// seconds with a slow store.
///
/// - Parameter make: gives a new, empty store of the kind to be checked, as often as it is called. A store that cannot be written needs
///   ``checkObjectStore(_:sharing:)``.
public func checkObjectStore(
    _ options: ObjectStoreCheckOptions = ObjectStoreCheckOptions(),
    make: @escaping @Sendable () throws -> any ObjectStore
) -> StoreReport {
    checkObjectStore(options, sharing: { SharedObjects([try make()]) })
}

/// As ``checkObjectStore(_:make:)``, for objects that have more than one store: a cache and what it is around, two processes' stores of one
/// directory, or a store that is read-only and filled from elsewhere.
///
/// The first of ``SharedObjects/handles`` is the store that is checked. What the laws need to find is written through the last. Histories write
/// through both in turn, with the upkeep in between.
///
/// - Parameter make: gives new, empty objects, as often as it is called.
public func checkObjectStore(
    _ options: ObjectStoreCheckOptions = ObjectStoreCheckOptions(),
    sharing make: @escaping @Sendable () throws -> SharedObjects
) -> StoreReport {
    var report = StoreReport()
    for law in ObjectLawBook.whole.laws { law.check(make, options, &report) }
    checkObjectHistories(make, options, &report)
    checkConcurrentObjects(make, options, &report)
    return report
}
