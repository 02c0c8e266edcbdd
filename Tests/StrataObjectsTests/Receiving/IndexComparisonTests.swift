import StrataHash
import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// Indexes that are looked at without making them anew: git's are found to be what they should, and none that says anything else.
@Suite struct IndexComparisonTests {
    /// What git makes of a pack with each form of index, and what the entries of the pack are.
    private struct Place {
        let directory: TemporaryDirectory
        let algorithm: HashAlgorithm
        let pack: FilePath
        let scan: PackScan

        init(_ algorithm: HashAlgorithm, version: String) throws {
            self.algorithm = algorithm
            directory = try TemporaryDirectory()
            let sample = try ReceivingPlace(algorithm)
            pack = directory.path.appending("x.pack")
            try replace(pack, with: try sample.pack("--no-delta-base-offset"))
            let format = "--object-format=\(algorithm.name)"
            try git(
                ["index-pack", format, "--rev-index", "--index-version=\(version)", pack.string], in: directory.path)
            let indexer = PackIndexer(algorithm: algorithm)
            scan = try indexer.examine(pack, indexer.checks(pack)).scan
        }

        func path(_ suffix: String) -> FilePath { pack.replacingSuffix("pack", with: suffix) }

        /// Whether the files are those that the pack should have; nil where the index cannot be read at all.
        func isSame(threads: Int, withReverse: Bool = true, share: Int = 8192) throws -> Bool? {
            let file = try #require(try MappedBytes(BytePath(path("idx"))))
            guard let index = try? PackIndex(file, algorithm: algorithm), let order = try? ReverseIndex(index)
            else { return nil }
            return IndexComparison(
                index, reverse: withReverse ? try MappedBytes(BytePath(path("rev"))) : nil, scan.records, in: order,
                checksum: scan.checksum, share: share
            ).isSame(threads: threads)
        }
    }

    private static func sealed(_ bytes: [UInt8], _ algorithm: HashAlgorithm) -> [UInt8] {
        var hasher = ChecksumHasher(algorithm)
        let body = Array(bytes.dropLast(algorithm.byteCount))
        hasher.update(body.span)
        return body + hasher.finish().bytes
    }

    @Test(arguments: HashAlgorithm.allCases, ["1", "2", "2,0x40"])
    func nothingElseIsTakenForIt(_ algorithm: HashAlgorithm, _ version: String) throws {
        let place = try Place(algorithm, version: version)
        let shares = [1, 7, place.scan.records.count - 1, place.scan.records.count, 8192]
        for (threads, share) in (1...3).flatMap({ threads in shares.map { (threads, $0) } }) {
            #expect(try place.isSame(threads: threads, share: share) == true)
            #expect(try place.isSame(threads: threads, withReverse: false, share: share) == true)
        }
        for suffix in ["idx", "rev"] {
            let good = try contents(of: place.path(suffix))
            for at in good.indices {
                var bad = good
                bad[at] ^= UInt8(1 << (at % 8))
                try replace(place.path(suffix), with: bad)
                #expect(try place.isSame(threads: 1) != true, "\(suffix) \(at)")
                // With a checksum of its own that is right.
                guard at < good.count - algorithm.byteCount else { continue }
                try replace(place.path(suffix), with: Self.sealed(bad, algorithm))
                let share = shares[at % shares.count]
                #expect(try place.isSame(threads: 1, share: share) != true, "\(suffix) \(at) by \(share)")
            }
            for count in [good.count - 1, good.count - 20, good.count + 1, good.count + 8] {
                // Cut off, or with more before the two checksums.
                var bad = Array(good.prefix(count))
                let more = [UInt8](repeating: 0, count: max(count - good.count, 0))
                bad.insert(contentsOf: more, at: bad.count - 2 * algorithm.byteCount)
                try replace(place.path(suffix), with: bad)
                #expect(try place.isSame(threads: 2) != true, "\(suffix) of \(count) bytes")
                try replace(place.path(suffix), with: Self.sealed(bad, algorithm))
                #expect(try place.isSame(threads: 2) != true, "\(suffix) of \(count) bytes, sealed")
            }
            try replace(place.path(suffix), with: good)
        }
        #expect(try place.isSame(threads: 2) == true)
    }

    /// Names that stand in another order, each with what belongs to it, and a row of large offsets that nobody uses.
    @Test func orderCounts() throws {
        let place = try Place(.sha1, version: "2,0x40")
        let good = try contents(of: place.path("idx"))
        let count = place.scan.records.count
        let (names, crcs, offsets) = (8 + 1024, 8 + 1024 + 20 * count, 8 + 1024 + 24 * count)
        var bad = good
        func swap(_ place: Int, _ size: Int) {
            for byte in 0..<size { bad.swapAt(place + byte, place + size + byte) }
        }
        // Two whose first bytes are one, so that the fan-out table stays right.
        let first = try #require((0..<count - 1).first { good[names + 20 * $0] == good[names + 20 * ($0 + 1)] })
        swap(names + 20 * first, 20)
        swap(crcs + 4 * first, 4)
        swap(offsets + 4 * first, 4)
        try replace(place.path("idx"), with: Self.sealed(bad, .sha1))
        #expect(try place.isSame(threads: 1) == false)
        bad = good
        bad.insert(contentsOf: [UInt8](repeating: 0, count: 8), at: bad.count - 40)
        try replace(place.path("idx"), with: Self.sealed(bad, .sha1))
        #expect(try place.isSame(threads: 1) != true)
        // Two rows of large offsets, and what leads to them.
        bad = good
        let large = offsets + 4 * count
        let rows = (0..<count).filter { bad[offsets + 4 * $0] & 0x80 != 0 }
        try #require(rows.count > 1)
        swap(large, 8)
        for byte in 0..<4 { bad.swapAt(offsets + 4 * rows[0] + byte, offsets + 4 * rows[1] + byte) }
        try replace(place.path("idx"), with: Self.sealed(bad, .sha1))
        #expect(try place.isSame(threads: 1) == false)
    }
}
