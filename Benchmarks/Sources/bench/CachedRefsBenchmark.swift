import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Reading through a `CachedRefStore`, beside the store that it remembers.
enum CachedRefsBenchmark {
    static func run() throws {
        let scratch = try Scratch()
        let repository = scratch.path.appending("repo.git")
        try Git.run(["init", "-q", "--bare", repository.string])
        let file = try PackedRefsFile(count: 1_000_000, at: repository.appending("packed-refs"))
        let packed = PackedRefStore(
            file.path, hashAlgorithm: .sha1, locks: LockSpace(directory: repository.appending("strata")))
        // A file younger than this is not remembered.
        while try packed.stamp(covering: .all) == nil {}
        let names = try file.names.shuffled().map { try RefName(bytes: $0) }
        for count in [1_000, 100_000, 1_000_000] {
            let store = CachedRefStore(around: packed, byteLimit: 640 << 20, cachesListings: false)
            try lookups(Array(names.prefix(count)), of: file.names.count, packed, store)
        }
        for count in [1_000, 3_000, 1_000_000] { try snapshots(Array(names.prefix(count)), packed, repository) }
        try listings(packed)
    }

    private static func lookups(
        _ names: [RefName], of total: Int, _ packed: PackedRefStore, _ store: CachedRefStore
    ) throws {
        let (plain, cached) = (try packed.snapshot(), try store.snapshot())
        for name in names { _ = try cached.read(name) }
        var sums: [UInt64] = [0, 0]
        let rounds = max(1, 200_000 / names.count)
        let comparison = try Comparison(
            rounds: 7, units: names.count * rounds,
            [
                Way("PackedRefStore, held snapshot") {
                    sums[0] = try (0..<rounds).reduce(0) { sum, _ in try sum &+ read(names, plain) }
                },
                Way("CachedRefStore around it, held snapshot") {
                    sums[1] = try (0..<rounds).reduce(0) { sum, _ in try sum &+ read(names, cached) }
                },
            ])
        guard sums[0] == sums[1] else { throw Mismatch() }
        comparison.print("a name of \(names.count) that are read again and again, among \(total) packed references")
        print("  memory taken: \(store.byteCount >> 20) MiB")
    }

    private static func read(_ names: [RefName], _ snapshot: any RefSnapshot) throws -> UInt64 {
        var sum: UInt64 = 0
        for name in names {
            if case .object(let id, _) = try snapshot.read(name) { sum &+= id.word0 }
        }
        return sum
    }

    private static func snapshots(_ names: [RefName], _ packed: PackedRefStore, _ repository: FilePath) throws {
        let store = CachedRefStore(around: packed, byteLimit: 1 << 20, cachesListings: false)
        let loose = LooseRefStore(
            directory: repository, hashAlgorithm: .sha1, locks: LockSpace(directory: repository.appending("strata")))
        let files = FilesRefStore(loose: loose, packed: packed)
        func fresh(_ name: String, _ snapshot: @escaping () throws(RefError) -> any RefSnapshot) -> Way {
            Way(name) {
                for name in names { _ = try snapshot().read(name) }
            }
        }
        let comparison = try Comparison(
            rounds: names.count < 10_000 ? 31 : 3, units: names.count,
            [
                Way("stat") {
                    for _ in names { _ = try FileStat.stat(packed.path) }
                },
                fresh("PackedRefStore") { () throws(RefError) in try packed.snapshot() },
                fresh("CachedRefStore around it") { () throws(RefError) in try store.snapshot() },
                fresh("LooseRefStore, which has none of them") { () throws(RefError) in try loose.snapshot() },
                fresh("loose over packed") { () throws(RefError) in
                    OverlayRefSnapshot(front: try loose.snapshot()) { () throws(RefError) in try packed.snapshot() }
                },
                fresh("loose over cached packed") { () throws(RefError) in
                    OverlayRefSnapshot(front: try loose.snapshot()) { () throws(RefError) in try store.snapshot() }
                },
                fresh("FilesRefStore") { () throws(RefError) in try files.snapshot() },
            ])
        comparison.print("a fresh snapshot and a read of one of \(names.count) names, 1 MiB for the cache")
    }

    private static func listings(_ packed: PackedRefStore) throws {
        let scope = RefScope(prefix: Array("refs/tags/".utf8))
        let store = CachedRefStore(around: packed, byteLimit: 640 << 20)
        let (plain, cached) = (try packed.snapshot(), try store.snapshot())
        for _ in 0..<2 { _ = try count(cached, scope) }
        let total = try count(plain, scope)
        let comparison = try Comparison(
            rounds: 15, units: total,
            [
                Way("PackedRefStore") { _ = try count(plain, scope) },
                Way("CachedRefStore with listings") { _ = try count(cached, scope) },
            ])
        comparison.print("a listing of \(total) packed references, walked again and again, a reference")
    }

    private static func count(_ snapshot: any RefSnapshot, _ scope: RefScope) throws -> Int {
        var cursor = try snapshot.cursor(over: scope)
        var (count, sum) = (0, UInt64(0))
        while let view = try cursor.next() {
            count += 1
            sum &+= view.objectID?.word0 ?? 0
        }
        return sum == 0 ? 0 : count
    }
}
