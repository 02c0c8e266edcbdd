import StrataModel
import StrataRefs
import Testing

@testable import StrataTesting

/// The kit finds nothing in the library's own stores, as they are and composed.
@Suite struct StoreTests {
    /// Runs the kit on stores of one kind.
    private func check(_ kind: CheckedStore, atLeast count: Int) throws {
        let place = try Place()
        let report = checkRefStore(kind.options, sharing: { try kind.make(place) })
        #expect(report.failures.map(\.description) == [])
        #expect(report.checked.count >= count, "\(report)")
    }

    @Test(arguments: CheckedStore.physical) func physicalStores(_ kind: CheckedStore) throws {
        try check(kind, atLeast: 100)
    }

    @Test(arguments: CheckedStore.lmdb) func lmdbStores(_ kind: CheckedStore) throws { try check(kind, atLeast: 100) }

    @Test func filesPackedMeanwhile() throws { try check(.filesPackedMeanwhile, atLeast: 900) }

    @Test func filesInPackedTransactions() throws { try check(.filesAllPacked, atLeast: 200) }

    @Test(arguments: CheckedStore.compositions) func compositions(_ kind: CheckedStore) throws {
        try check(kind, atLeast: kind.isReadOnly ? 40 : 100)
    }

    @Test(arguments: CheckedStore.nestings) func nestings(_ kind: CheckedStore) throws {
        try check(kind, atLeast: kind.isReadOnly ? 40 : 100)
    }
}

extension CheckedStore {
    fileprivate var isReadOnly: Bool { description.contains("read-only") }
}
