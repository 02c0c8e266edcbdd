public import StrataRefs

/// Tries to break the stores that `make` gives: checks every law of ``RefStore`` that applies to them, then runs random histories beside the
/// model, ``MemoryRefStore``, and then histories of several threads, for which an order is looked for that explains them.
///
/// What applies follows from the store's ``RefStoreCapabilities`` and from ``RefStoreCheckOptions/keeps``; what does not is listed with the
/// reason. Nothing is thrown and nothing printed: failures are values, whatever runs the tests. Blocks, for seconds with a slow store.
///
/// - Parameter make: gives a new, empty store of the kind to be checked, as often as it is called. A store that cannot be written needs
///   ``checkRefStore(_:sharing:)``.
public func checkRefStore(
    _ options: RefStoreCheckOptions = RefStoreCheckOptions(), make: @escaping @Sendable () throws -> any RefStore
) -> StoreReport {
    checkRefStore(options, sharing: { SharedReferences([try make()]) })
}

/// As ``checkRefStore(_:make:)``, for references that have more than one store: a cache and what it is around, two processes' stores of one
/// directory, or a store that is read-only and filled from elsewhere.
///
/// The first of ``SharedReferences/handles`` is the store that is checked. What the laws need to find, and what is to change beside it, is written
/// through the last. Histories change the references through both in turn, with the upkeep in between.
///
/// - Parameter make: gives new, empty references, as often as it is called.
public func checkRefStore(
    _ options: RefStoreCheckOptions = RefStoreCheckOptions(),
    sharing make: @escaping @Sendable () throws -> SharedReferences
) -> StoreReport {
    var report = StoreReport()
    var forest: Trial?
    for law in LawBook.whole.laws { law.check(make, options, &forest, &report) }
    checkHistories(make, options, &report)
    let start = ContinuousClock.now
    report.add(checkConcurrentHistories(options, make: make), took: ContinuousClock.now - start)
    return report
}
