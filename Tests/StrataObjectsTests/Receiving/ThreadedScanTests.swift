import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// The first pass over a pack whose index is there, by several threads, beside that by one.
@Suite struct ThreadedScanTests {
    @Test(arguments: [HashAlgorithm.sha1, .sha256], ["true", "false"])
    func findsWhatOneThreadFinds(_ algorithm: HashAlgorithm, _ usesOffsets: String) throws {
        let repository = try SampleRepository(algorithm, commits: 60)
        try repository.git("-c", "repack.useDeltaBaseOffset=\(usesOffsets)", "repack", "-adfq", "--depth=50")
        let packs = repository.objects.appending("pack")
        let name = try #require(names(in: packs).first { $0.hasSuffix(".pack") })
        let file = try #require(try MappedBytes(BytePath(packs.appending(name))))
        let path = packs.appending(name).replacingSuffix("pack", with: "idx")
        let index = try PackIndex(try #require(try MappedBytes(BytePath(path))), algorithm: algorithm)
        var limits = ReceivingLimits()
        limits.bigFileThreshold = 100
        let checks = ReceivedChecks(store: nil, limits: limits)
        let alone = try PackScan(
            PackInput(file, algorithm: algorithm, limit: nil), algorithm, limits, checks: checks, progress: nil)
        #expect(alone.deltas > 0 && (usesOffsets == "true") == alone.references.isEmpty)
        for threads in [2, 3, 7] {
            let scan = try #require(PackScan(file, as: index, threads: threads, limits, checks: checks, progress: nil))
            #expect(
                scan.checksum == alone.checksum && scan.entryCount == alone.entryCount && scan.deltas == alone.deltas)
            #expect(scan.large == alone.large)
            #expect(scan.references.map(\.record) == alone.references.map(\.record))
            #expect(scan.references.map(\.base) == alone.references.map(\.base))
            for place in 0..<alone.entryCount {
                let (one, other) = (scan.records[place], alone.records[place])
                #expect(one.id == other.id && one.type == other.type && one.kind == other.kind && one.crc == other.crc)
                #expect(one.offset == other.offset && one.headerLength == other.headerLength && one.base == other.base)
                #expect(one.firstChild == other.firstChild && one.nextSibling == other.nextSibling)
            }
        }
    }

    /// A pack that the store has is not compared with itself, whatever it is called by; another is.
    @Test func aPackIsItselfByItsFiles() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try repository.git("repack", "-adq")
        let packs = repository.objects.appending("pack")
        let pack = packs.appending(try #require(names(in: packs).first { $0.hasSuffix(".pack") }))
        let index = pack.replacingSuffix("pack", with: "idx")
        let store = repository.reader()
        let place = try TemporaryDirectory()
        let copy = place.path.appending(try #require(pack.lastComponent))
        try replace(copy, with: contents(of: pack))
        try replace(copy.replacingSuffix("pack", with: "idx"), with: contents(of: index))
        #expect(store.has(pack, indexedBy: index))
        #expect(store.has(packs.appending("../pack").appending(pack.lastComponent!), indexedBy: index))
        #expect(!store.has(copy, indexedBy: copy.replacingSuffix("pack", with: "idx")))
        #expect(!store.has(copy, indexedBy: index))
        var indexer = PackIndexer(algorithm: .sha1, store: store)
        for threads in [1, 2] {
            indexer.threads = threads
            for path in [pack, copy] { #expect(try indexer.verify(path).count > 4) }
        }
    }
}
