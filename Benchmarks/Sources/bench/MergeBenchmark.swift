import CPackedProbe
import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Merging the listings of several `packed-refs` files, beside the same in C: both check every line of every file, find the least head,
/// pass over its equals, and decode the ids of what is yielded.
enum MergeBenchmark {
    static func run() throws {
        let count = 1_000_000
        let names = PackedRefsFile.names(count)
        for runs in [2, 3, 8] {
            // Each name in a file by chance, one of ten in two.
            var split = [[[UInt8]]](repeating: [], count: runs)
            var random = SystemRandomNumberGenerator()
            for name in names {
                let first = Int.random(in: 0..<runs, using: &random)
                split[first].append(name)
                if Int.random(in: 0..<10, using: &random) == 0 { split[(first + 1) % runs].append(name) }
            }
            try merge(split, count: count, "merge of \(count) references spread over \(runs) files, a reference")
        }
        try emptyFront(names)
    }

    /// The files mapped, for C and for Strata.
    @safe
    private struct Files {
        let scratch: Scratch
        let snapshots: [PackedRefSnapshot]
        var probes: [packed_probe]

        init(_ split: [[[UInt8]]]) throws {
            scratch = try Scratch()
            unsafe probes = []
            var snapshots: [PackedRefSnapshot] = []
            for (index, names) in split.enumerated() {
                let file = try PackedRefsFile(names, at: scratch.path.appending("packed-\(index)"))
                let store = PackedRefStore(
                    file.path, hashAlgorithm: .sha1, locks: LockSpace(directory: scratch.path.appending("strata")))
                snapshots.append(try store.current())
                var probe = unsafe packed_probe()
                guard unsafe packed_probe_open(&probe, file.path.string) == 0 else { throw Errno(rawValue: errno) }
                unsafe probes.append(probe)
            }
            self.snapshots = snapshots
        }
    }

    private static func merge(_ split: [[[UInt8]]], count: Int, _ title: String) throws {
        var files = try Files(split)
        defer { for index in unsafe files.probes.indices { unsafe packed_probe_close(&files.probes[index]) } }
        let snapshots = files.snapshots
        let probes = unsafe files.probes
        var (sums, records) = ([UInt64](repeating: 0, count: 3), 0)
        let comparison = try Comparison(
            rounds: 15, units: count,
            [
                Way("C, least of all heads") {
                    sums[0] = unsafe probes.withUnsafeBufferPointer {
                        unsafe packed_probe_merge($0.baseAddress, $0.count, &records)
                    }
                },
                Way("C, heads kept in order") {
                    sums[1] = unsafe probes.withUnsafeBufferPointer {
                        unsafe packed_probe_merge_ordered($0.baseAddress, $0.count, &records)
                    }
                },
                Way("Strata, MergedRefCursor") {
                    var merged: any RefCursor = try MergedRefCursor(
                        snapshots.map { MergedRefCursor.Child(try $0.cursor(over: .all)) })
                    var sum: UInt64 = 0
                    while let view = try merged.next() { PackedRefsBenchmark.add(view, to: &sum) }
                    sums[2] = sum
                },
            ])
        guard records == count, sums[0] == sums[1], sums[1] == sums[2] else { throw Mismatch() }
        comparison.print(title)
    }

    /// An overlay whose front has nothing, beside its back alone.
    private static func emptyFront(_ names: [[UInt8]]) throws {
        var files = try Files([names])
        defer { for index in unsafe files.probes.indices { unsafe packed_probe_close(&files.probes[index]) } }
        let back = files.snapshots[0]
        let empty = try MemoryRefStore().snapshot()
        let overlay = OverlayRefSnapshot(front: empty) { back }
        var sums = [UInt64](repeating: 0, count: 2)
        func walk(_ snapshot: any RefSnapshot) throws -> UInt64 {
            var cursor = try snapshot.cursor(over: .all)
            var sum: UInt64 = 0
            while let view = try cursor.next() { PackedRefsBenchmark.add(view, to: &sum) }
            return sum
        }
        let comparison = try Comparison(
            rounds: 15, units: names.count,
            [
                Way("the back alone") { sums[0] = try walk(back) },
                Way("under an empty front") { sums[1] = try walk(overlay) },
            ])
        guard sums[0] == sums[1] else { throw Mismatch() }
        comparison.print("listing of \(names.count) packed references, a reference")
    }
}
