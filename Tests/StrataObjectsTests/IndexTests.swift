import Glibc
import StrataIO
import StrataModel
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// The tables that ids are looked up in, beside the simplest that can be.
@Suite struct IndexTests {
    /// The table of a pack that has objects with these names, which stand in their order.
    private func table(_ names: [ObjectID], in scratch: TemporaryDirectory) throws -> IndexTable {
        let path = scratch.path.appending("pack.idx")
        try replace(path, with: Self.index(of: names))
        let index = try PackIndex(try #require(try MappedBytes(BytePath(path))), algorithm: .sha1)
        return IndexTable(Pack(BytePath(scratch.path.appending("pack.pack")), index: index))
    }

    /// Ids of which many share their first bits, as hashes never do.
    private func ids(_ count: Int, sharing bits: Int, seed: UInt64) -> [ObjectID] {
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
        return (0..<count).map { _ in
            let mask: UInt64 = bits == 0 ? .max : bits >= 64 ? 0 : .max >> UInt64(bits)
            return ObjectID(algorithm: .sha1, words: (next() & mask, next() % 5, next() << 32, 0))
        }
    }

    @Test(arguments: [0, 5, 20, 40, 64]) func manyTablesAreMergedInOrder(sharing bits: Int) throws {
        let all = ids(400, sharing: bits, seed: 9)
        // Every id is in one table or two.
        let names = (0..<7).map { number in
            Set(all.indices.filter { $0 % 7 == number || $0 % 11 == number }.map { all[$0] }).sorted()
        }
        let scratch = try TemporaryDirectory()
        let merged = try #require(MergedIndex(try names.map { try table($0, in: scratch) }))
        var sorted: [(id: ObjectID, table: Int)] = []
        for (number, names) in names.enumerated() { sorted += names.map { ($0, number) } }
        sorted.sort { $0.id == $1.id ? $0.table < $1.table : $0.id < $1.id }
        #expect(merged.count == sorted.count)
        #expect((0..<merged.count).map { merged.id(at: $0) } == sorted.map { $0.id })
        #expect((0..<merged.count).map { merged.source(at: $0).table } == sorted.map { $0.table })
        for id in all + ids(50, sharing: bits, seed: 77) {
            let lower = sorted.firstIndex { !($0.id < id) } ?? sorted.count
            #expect(merged.lowerBound(id) == lower)
            let found = merged.candidates(id).filter { merged.id(at: $0) == id }
            #expect(found.map { merged.source(at: $0).table } == sorted.filter { $0.id == id }.map { $0.table })
        }
    }

    /// Names as even as hashes are, in heaps, and all under one first byte: each is found where it stands, and what is not there, where it would.
    @Test(arguments: 0..<3, [1, 17, 40, 3000]) func namesAreFoundHoweverTheyAreSpread(_ spread: Int, _ count: Int)
        throws
    {
        var random = SplitMix64(seed: UInt64(count * 3 + spread))
        func word() -> UInt64 {
            switch spread {
            case 0: random.next()
            case 1: random.next() & 0x0300_0000_0000_0007 | 0x0100_0000_0000_0000
            default: 0x7700_0000_0000_0000 | (random.next() % 5) << 40 | random.next() & 0xff
            }
        }
        func name() -> ObjectID { ObjectID(algorithm: .sha1, words: (word(), random.next(), random.next() << 32, 0)) }
        let names = (0..<count).map { _ in name() }.sorted()
        let scratch = try TemporaryDirectory()
        let path = scratch.path.appending("pack.idx")
        try replace(path, with: Self.index(of: names))
        let file = try #require(try MappedBytes(BytePath(path)))
        let index = try PackIndex(file, algorithm: .sha1)
        for (place, name) in names.enumerated() { #expect(index.position(of: name) == place) }
        for _ in 0..<500 {
            let other = name()
            let expected = names.firstIndex { !($0 < other) } ?? count
            // Between the names with another first byte, the slot of the fan-out table gives the same.
            #expect(index.lowerBound(other) == expected)
            try index.checkFanout(around: other)
            try index.checkFanout(around: other, foundPlace: expected)
        }
    }

    /// Whatever a fan-out table says, an object is found, or the table is known to be wrong.
    @Test(arguments: [300, 20_000]) func aDamagedFanoutTableHidesNothing(_ count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let names = (0..<count).map { _ in
            ObjectID(algorithm: .sha1, words: (random.next(), random.next(), random.next() << 32, 0))
        }.sorted()
        let scratch = try TemporaryDirectory()
        let path = scratch.path.appending("pack.idx")
        let good = Self.index(of: names)
        var hidden = 0
        for round in 0..<60 {
            var bytes = good
            let slot = Int(random.next() % 255)
            func fanout(_ slot: Int) -> Int { slot < 0 ? 0 : names.count { $0.byte(at: 0) <= slot } }
            let (least, most) = (fanout(slot - 1), fanout(slot + 1))
            let wrong =
                round % 3 == 0 ? least : round % 3 == 1 ? most : Int(random.next() % UInt64(most - least + 1)) + least
            for place in 0..<4 { bytes[8 + 4 * slot + place] = UInt8(truncatingIfNeeded: wrong >> (24 - 8 * place)) }
            try replace(path, with: bytes)
            let index = try PackIndex(try #require(try MappedBytes(BytePath(path))), algorithm: .sha1)
            for name in names where abs(Int(name.byte(at: 0)) - slot) < 3 {
                let position = index.lowerBound(name)
                if position < count, index.id(at: position) == name { continue }
                hidden += 1
                #expect(throws: ObjectError.self) { try index.checkFanout(around: name, foundPlace: position) }
            }
        }
        #expect(hidden > 0)
    }

    /// An index, version 2, whose offsets and checksums say nothing.
    private static func index(of names: [ObjectID]) -> [UInt8] {
        func be32(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        var bytes: [UInt8] = [0xff, 0x74, 0x4f, 0x63] + be32(2)
        for byte in 0..<256 { bytes += be32(names.count { $0.byte(at: 0) <= byte }) }
        for name in names { bytes += (0..<20).map { name.byte(at: $0) } }
        return bytes + [UInt8](repeating: 0, count: 8 * names.count + 40)
    }

    /// An index that is cut off between the two looks at it: what has gone reads as zeros, and then there is no table.
    @Test(arguments: [1, 2, 3, 40]) func aFileThatIsCutWhileItIsMergedMakesNoTable(_ kept: Int) throws {
        var random = SplitMix64(seed: 5)
        let names = (0..<20_000).map { _ in
            ObjectID(algorithm: .sha1, words: (random.next(), random.next(), random.next() << 32, 0))
        }.sorted()
        let scratch = try TemporaryDirectory()
        let sound = try table(Array(names.prefix(1000)), in: scratch)
        let whole = try table(names, in: scratch)
        #expect(MergedIndex([sound, whole])?.count == 21_000)
        let merged = MergedIndex([sound, whole]) {
            try? Disk.truncate(scratch.path.appending("pack.idx"), to: kept * 4096)
        }
        #expect(merged == nil)
    }

    @Test func nothingIsMergedToo() throws {
        let merged = try #require(MergedIndex([]))
        #expect(merged.count == 0 && merged.lowerBound(.zero(.sha1)) == 0 && merged.candidates(.zero(.sha1)).isEmpty)
    }

    @Test func theCacheIsBoundedAndKeepsPacksApart() {
        let cache = DeltaBaseCache(limit: 1 << 20)
        for number in 0..<4000 {
            let contents = ObjectContents(kind: .blob, bytes: [UInt8](repeating: UInt8(number & 255), count: 1000))
            cache.keep(contents, UInt64(number % 7), number * 100)
            // What was just kept is there, and under its own pack only.
            #expect(cache.contents(UInt64(number % 7), number * 100) == contents)
            #expect(cache.contents(UInt64(number % 7 + 1), number * 100) == nil)
        }
        #expect(cache.byteCount > 500_000 && cache.byteCount <= 1 << 20)
        // What is used stays longer than what is not.
        let popular = ObjectContents(kind: .tree, bytes: [UInt8](repeating: 1, count: 1000))
        cache.keep(popular, 99, 1)
        for number in 0..<4000 {
            cache.keep(ObjectContents(kind: .blob, bytes: [UInt8](repeating: 0, count: 1000)), 100, number)
            _ = cache.contents(99, 1)
        }
        #expect(cache.contents(99, 1) == popular)
        cache.removeAll()
        #expect(cache.byteCount == 0)
        // Nothing is kept that would push all else out.
        cache.keep(ObjectContents(kind: .blob, bytes: [UInt8](repeating: 0, count: 1 << 20)), 1, 1)
        #expect(cache.byteCount == 0)
    }

    /// Entries so large that a few fill the cache: it keeps to its limit.
    @Test func theCacheKeepsToItsLimitWithLargeEntries() {
        let cache = DeltaBaseCache(limit: 1 << 20)
        for number in 0..<400 {
            let size = [100_000, 130_000, 131_000, 200_000][number % 4]
            cache.keep(ObjectContents(kind: .blob, bytes: [UInt8](repeating: 7, count: size)), 1, number * 977)
            #expect(cache.byteCount <= 1 << 20)
        }
        #expect(cache.byteCount > 300_000)
    }

    /// Whatever is kept, used and let go in whatever order: what comes back is what was kept under that key, and not more than there is room for.
    @Test(arguments: [0, 4096, 20_000, 200_000]) func theCacheGivesWhatWasKeptOrNothing(_ limit: Int) {
        var random = SplitMix64(seed: UInt64(limit) + 1)
        let cache = DeltaBaseCache(limit: limit)
        var found = 0
        for round in 0..<60_000 {
            let pack = random.next() % 3 + 1
            let offset = Int(random.next() % 400)
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: pack), count: offset % 97) + [UInt8(offset & 255)]
            let contents = ObjectContents(kind: ObjectKind.allCases[offset % 4], bytes: bytes)
            if random.next() % 2 == 0 { cache.keep(contents, pack, offset) }
            if let known = cache.contents(pack, offset) {
                found += 1
                #expect(known == contents)
            }
            if round % 1000 == 0 { #expect(cache.byteCount <= limit) }
        }
        #expect(limit == 0 ? found == 0 : found > 30_000)
    }

    @Test func kindsAreRememberedForTheirOffsetsOnly() {
        let memo = KindMemo(count: 10)
        for offset in stride(from: 12, to: 5000, by: 7) {
            let kind = ObjectKind.allCases[offset % 4]
            memo.keep(kind, at: offset)
            #expect(memo.kind(at: offset) == kind)
            #expect(memo.kind(at: offset + 1) == nil)
        }
    }
}
