import CPackedProbe
import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Reading and changing a `packed-refs` file, beside the same in C and beside git.
enum PackedRefsBenchmark {
    static func run() throws {
        for count in [10_000, 1_000_000] {
            let scratch = try Scratch()
            let repository = scratch.path.appending("repo.git")
            try Git.run(["init", "-q", "--bare", repository.string])
            let file = try PackedRefsFile(count: count, at: repository.appending("packed-refs"))
            let store = PackedRefStore(
                file.path, hashAlgorithm: .sha1, locks: LockSpace(directory: repository.appending("strata")))
            var probe = unsafe packed_probe()
            guard unsafe packed_probe_open(&probe, file.path.string) == 0 else { throw Errno(rawValue: errno) }
            defer { unsafe packed_probe_close(&probe) }
            try unsafe lookups(file, store.current(), probe)
            try unsafe scans(file, store.current(), probe)
            try changes(file, store, repository)
        }
    }

    private static func lookups(_ file: PackedRefsFile, _ snapshot: PackedRefSnapshot, _ probe: packed_probe) throws {
        let names = try file.names.shuffled().prefix(200_000).map { try RefName(bytes: $0) }
        let probe = unsafe probe
        var (theirs, ours): (UInt64, UInt64) = (0, 0)
        let comparison = try Comparison(
            rounds: 7, units: names.count,
            [
                Way("C") {
                    theirs = 0
                    for name in names { theirs &+= unsafe find(name.bytes, probe) }
                },
                Way("Strata") {
                    ours = 0
                    for name in names {
                        if case .object(let id, _) = try snapshot.read(name) { ours &+= id.word0 }
                    }
                },
            ])
        guard theirs == ours else { throw Mismatch() }
        comparison.print("random lookup among \(file.names.count) packed references")
    }

    /// The first eight bytes of what a name holds.
    private static func find(_ name: [UInt8], _ probe: packed_probe) -> UInt64 {
        var probe = unsafe probe
        var id = [20 of UInt8](repeating: 0)
        var span = id.mutableSpan
        let found = unsafe span.withUnsafeMutableBufferPointer { id in
            unsafe name.withUnsafeBufferPointer { name in
                unsafe packed_probe_find(&probe, name.baseAddress, name.count, id.baseAddress)
            }
        }
        guard found != 0 else { return 0 }
        return (0..<8).reduce(0) { $0 << 8 | UInt64(id[$1]) }
    }

    private static func scans(_ file: PackedRefsFile, _ snapshot: PackedRefSnapshot, _ probe: packed_probe) throws {
        var probe = unsafe probe
        var sums = [UInt64](repeating: 0, count: 5)
        var count = 0
        let comparison = try Comparison(
            rounds: file.names.count > 100_000 ? 15 : 301, units: file.names.count,
            [
                Way("C, names unchecked") { sums[0] = unsafe packed_probe_scan(&probe, &count) },
                Way("C, names checked") { sums[1] = unsafe packed_probe_scan_checking(&probe, &count) },
                Way("Strata, PackedRefCursor") {
                    var cursor = try snapshot.packedCursor(over: .all)
                    var sum: UInt64 = 0
                    while let view = try cursor.next() { add(view, to: &sum) }
                    sums[2] = sum
                },
                Way("Strata, below refs/") {
                    var cursor = try snapshot.packedCursor(over: .refs)
                    var sum: UInt64 = 0
                    while let view = try cursor.next() { add(view, to: &sum) }
                    sums[3] = sum
                },
                Way("Strata, any RefCursor") {
                    var cursor = try (snapshot as any RefSnapshot).cursor(over: .all)
                    var sum: UInt64 = 0
                    while let view = try cursor.next() { add(view, to: &sum) }
                    sums[4] = sum
                },
            ])
        guard count == file.names.count, sums[2] == sums[3], sums[3] == sums[4] else { throw Mismatch() }
        comparison.print("scan of \(file.names.count) packed references, seeing name and decoded id, a reference")
    }

    @inline(__always)
    static func add(_ view: RefView, to sum: inout UInt64) {
        guard let id = view.objectID else { return }
        let name = view.name
        sum &+= id.word0 &+ UInt64(name.count) &+ UInt64(name[0])
    }

    private static func changes(_ file: PackedRefsFile, _ store: PackedRefStore, _ repository: FilePath) throws {
        // Ten names for each run of each way, the uncounted first round included.
        let names = Array(file.names.shuffled().prefix(120))
        var batches = stride(from: 0, to: 120, by: 10).map { Array(names[$0..<$0 + 10]) }
        let input = repository.appending("input")
        let comparison = try Comparison(
            rounds: 5, units: 1, clock: .wall,
            [
                Way("git update-ref --stdin") {
                    let gone = batches.removeLast()
                    let text = gone.map { "delete \(String(decoding: $0, as: UTF8.self))\n" }.joined()
                    let fd = try FileDescriptor.open(
                        input, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
                    _ = try fd.closeAfter { try fd.writeAll(text.utf8) }
                    try Git.run(["--git-dir=\(repository)", "update-ref", "--stdin"], input: input)
                },
                Way("Strata, in process") {
                    let gone = try batches.removeLast().map { PackedRefChange.remove(try RefName(bytes: $0)) }
                    let lock = try store.lock()
                    try lock.stage(gone)
                    try lock.commit()
                },
            ])
        comparison.print("deletion of 10 of \(file.names.count) packed references")
    }
}

/// Two ways to do one thing gave different answers.
struct Mismatch: Error {}
