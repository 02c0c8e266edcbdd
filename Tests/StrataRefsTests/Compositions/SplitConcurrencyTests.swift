import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// Several threads write the same names of several stores: nobody waits for somebody who waits for him, and no update is lost.
@Suite struct SplitConcurrencyTests {
    @Test(arguments: InnerStores.allCases)
    func nobodyLosesAnUpdate(_ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let (rest, a, b) = (try maker.make(), try maker.make(), try maker.make())
        let rules = [RoutingRefStore.Rule("refs/a/", to: a), .init("refs/b/", to: b)]
        let names: [RefName] = ["refs/a/1", "refs/b/1", "refs/heads/x"]
        let (threads, rounds) = (4, 25)
        let numbered = { @Sendable (number: UInt64) in ObjectID(algorithm: .sha1, words: (number, 0, 0, 0)) }
        // One thread's rules are in another order, and so are its edits.
        let stores = try [rules, rules.reversed()].map { try RoutingRefStore(default: rest, rules: $0) }
        try stores[0].commit(RefTransaction(names.map { .create($0, at: numbered(1)) }))
        try concurrently(threads) { thread in
            let store = stores[thread % 2]
            let order = thread % 2 == 0 ? names : names.reversed()
            for _ in 0..<rounds {
                while true {
                    guard let old = try store.snapshot().read("refs/a/1")?.objectID else { return }
                    guard let number = UInt64(old.hex.prefix(16), radix: 16) else { return }
                    let new = numbered(number + 1)
                    let edits = order.map { RefEdit.update($0, to: new, expecting: .object(old)) }
                    do throws(RefError) {
                        try store.commit(
                            RefTransaction(edits), RefTransactionContext(deadline: .after(milliseconds: 20_000)))
                        break
                    } catch {
                        guard error.rejection?.reason == .incorrectOldValue else { throw error }
                    }
                }
            }
        }
        let end = numbered(1 + UInt64(threads * rounds))
        for name in names { #expect(try stores[0].snapshot().read(name)?.objectID == end) }
    }

    /// A snapshot that many threads read opens each store once.
    @Test func snapshotsAreShared() throws {
        let maker = try InnerStores.Maker(.loose)
        let store = try RoutingRefStore(
            default: try maker.make(), rules: [.init("refs/a/", to: try maker.make())])
        let id = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
        try store.commit(RefTransaction([.create("refs/a/1", at: id), .create("refs/heads/x", at: id)]))
        let snapshot = try store.snapshot()
        try concurrently(4) { _ in
            for _ in 0..<200 {
                #expect(try snapshot.read("refs/a/1")?.objectID == id)
                var cursor = try snapshot.cursor(over: .refs)
                #expect(try cursor.next()?.refName == "refs/a/1")
            }
        }
    }
}
