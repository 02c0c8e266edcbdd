import StrataFiles
import StrataIO
import StrataModel
import StrataObservability
import StrataRefs
import SystemPackage

/// What being observed costs: reads, listings and transactions of a store beside the same with metrics around it.
enum ObservabilityBenchmark {
    static func run() throws {
        let scratch = try Scratch()
        let locks = LockSpace(directory: scratch.path.appending("strata"))
        let names = try (0..<200).map { try RefName("refs/heads/topic-\($0)") }
        let ids = ["0123456789012345678901234567890123456789", "9876543210987654321098765432109876543210"]
            .compactMap { ObjectID(hex: $0) }
        let stores: [(String, any RefStore, rounds: Int)] = [
            ("memory", MemoryRefStore(), 200),
            (
                "packed",
                PackedRefStore(scratch.path.appending("packed-refs"), hashAlgorithm: .sha1, locks: locks), 200
            ),
            ("loose", LooseRefStore(directory: scratch.path, hashAlgorithm: .sha1, locks: locks), 20),
        ]
        for (kind, store, rounds) in stores {
            try store.commit(RefTransaction(names.map { .create($0, at: ids[0]) }))
            let ways: [(String, any RefStore)] = [
                ("alone", store), ("observed, nobody collects", ObservedRefStore(store, label: kind)),
                ("observed", ObservedRefStore(store, label: kind, factory: CountingMetrics())),
            ]
            func compare(_ title: String, _ units: Int, _ body: @escaping (any RefStore) throws -> Void) throws {
                try Comparison(rounds: 15, units: units, ways.map { name, store in Way(name) { try body(store) } })
                    .print("\(kind): \(title)")
            }
            try compare("a name, of one snapshot", rounds * names.count) { store in
                let snapshot = try store.snapshot()
                for _ in 0..<rounds {
                    for name in names where try snapshot.read(name)?.objectID != ids[0] { throw Mismatch() }
                }
            }
            try compare("a snapshot and a name", rounds * names.count) { store in
                for _ in 0..<rounds {
                    for name in names where try store.snapshot().read(name)?.objectID != ids[0] { throw Mismatch() }
                }
            }
            try compare("a reference of a listing of \(names.count)", rounds * names.count) { store in
                for _ in 0..<rounds {
                    var cursor = try store.snapshot().cursor(over: .refs)
                    var count = 0
                    while try cursor.next() != nil { count += 1 }
                    if count != names.count { throw Mismatch() }
                }
            }
            var turn = 0
            try compare("a transaction of one update", 100) { store in
                for _ in 0..<100 {
                    turn += 1
                    try store.commit(RefTransaction([.update(names[0], to: ids[turn % 2])]))
                }
                try store.commit(RefTransaction([.update(names[0], to: ids[0])]))
            }
        }
    }
}
