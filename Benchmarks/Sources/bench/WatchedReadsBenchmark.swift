import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// What readers pay for never seeing part of a transaction: reads and listings of files with the counter of transactions, beside the same
/// files without.
enum WatchedReadsBenchmark {
    static func run() throws {
        let scratch = try Scratch()
        let intents = RefIntents(commonDirectory: scratch.path)
        func files(_ intents: RefIntents?, _ locks: LockSpace) -> FilesRefStore {
            FilesRefStore(
                loose: LooseRefStore(
                    directory: scratch.path, hashAlgorithm: .sha1, locks: locks, intents: intents),
                packed: PackedRefStore(
                    scratch.path.appending("packed-refs"), hashAlgorithm: .sha1, locks: locks))
        }
        let (plain, watched) = (files(nil, intents.locks), files(intents, intents.locks))
        let names = try (0..<100).map { try RefName("refs/heads/topic-\($0)") }
        guard let id = ObjectID(hex: "0123456789012345678901234567890123456789") else { throw Mismatch() }
        // Several steps, so that there is a counter.
        try watched.commit(RefTransaction(names.map { .create($0, at: id) }))
        let rounds = 200
        func read(_ store: FilesRefStore) throws {
            for _ in 0..<rounds {
                for name in names where try store.snapshot().read(name)?.objectID != id { throw Mismatch() }
            }
        }
        try Comparison(
            rounds: 15, units: rounds * names.count,
            [
                Way("without intents") { try read(plain) }, Way("with the counter") { try read(watched) },
            ]
        ).print("a snapshot and a loose reference, each")
        func list(_ store: FilesRefStore) throws {
            for _ in 0..<rounds {
                var cursor = try store.snapshot().cursor(over: .refs)
                var count = 0
                while try cursor.next() != nil { count += 1 }
                if count != names.count { throw Mismatch() }
            }
        }
        try Comparison(
            rounds: 15, units: rounds,
            [
                Way("without intents") { try list(plain) }, Way("with the counter") { try list(watched) },
            ]
        ).print("a listing of \(names.count) loose references")
    }
}
