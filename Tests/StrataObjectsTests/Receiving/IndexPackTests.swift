import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Packs of git's, indexed by git and by us: every file is the same to the byte.
@Suite struct IndexPackTests {
    struct Variant: Sendable, CustomTestStringConvertible {
        var options: [String] = []
        var algorithm = HashAlgorithm.sha1
        var threads = 1
        var version = 2
        var pieces = Int.max
        var testDescription: String {
            "\(options) \(algorithm) \(threads) threads, version \(version), pieces of \(pieces)"
        }
    }

    static let variants = [
        Variant(options: ["--delta-base-offset"]),
        Variant(options: ["--delta-base-offset"], threads: 4, pieces: 1000),
        Variant(options: ["--no-delta-base-offset"], threads: 3),
        Variant(options: ["--delta-base-offset", "--depth=200", "--window=100"], algorithm: .sha256, threads: 2),
        Variant(options: ["--no-delta-base-offset"], algorithm: .sha256, version: 1),
        Variant(options: ["--window=0"], version: 1, pieces: 1),
    ]

    @Test(arguments: variants)
    func receivedAsByGit(_ variant: Variant) throws {
        let place = try ReceivingPlace(variant.algorithm)
        let pack = try place.pack(variant.options.first ?? "", variant.options.last ?? "")
        let (theirs, ours) = (try place.empty(), try place.empty())
        let printed = try git(
            ["index-pack", "--rev-index", "--stdin", "--index-version=\(variant.version)"], in: theirs.path, stdin: pack
        )
        var indexer = place.indexer(into: ours.path)
        indexer.threads = variant.threads
        indexer.indexVersion = variant.version
        let source = MemorySource(pack + [1, 2, 3], pieceSize: variant.pieces)
        let result = try indexer.receive(source, into: ours.path.appending("objects"))
        #expect(printed == "pack\t\(result.checksum)")
        #expect(result.rest == Array([1, 2, 3].prefix(result.rest.count)))
        let (expected, found) = (try packFiles(in: theirs.path), try packFiles(in: ours.path))
        #expect(Set(expected.keys) == Set(found.keys))
        for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
        // The same from a file.
        let directory = try TemporaryDirectory()
        let file = directory.path.appending("x.pack")
        try replace(file, with: pack)
        let again = try indexer.index(file)
        #expect(again.checksum == result.checksum && again.count == result.count)
        #expect(try contents(of: directory.path.appending("x.idx")) == expected["idx"])
        #expect(try contents(of: directory.path.appending("x.rev")) == expected["rev"])
        #expect(names(in: directory.path) == ["x.idx", "x.pack", "x.rev"])
        let report = try indexer.verify(file)
        #expect(report.count == result.count)
    }

    @Test(arguments: HashAlgorithm.allCases)
    func thinPacksAreCompletedAsByGit(_ algorithm: HashAlgorithm) throws {
        let place = try ReceivingPlace(algorithm)
        let old = try place.pack("--delta-base-offset", revisions: ["main~12"])
        let thin = try place.pack("--thin", "--delta-base-offset", revisions: ["main", "^main~12"])
        let (theirs, ours) = (try place.empty(), try place.empty())
        for directory in [theirs, ours] { try git(["unpack-objects", "-q"], in: directory.path, stdin: old) }
        let printed = try git(["index-pack", "--rev-index", "--stdin", "--fix-thin"], in: theirs.path, stdin: thin)
        var indexer = place.indexer(into: ours.path)
        // Not without being asked.
        let error = #expect(throws: ObjectError.self) {
            try indexer.receive(MemorySource(thin), into: ours.path.appending("objects"))
        }
        #expect(error?.cause.hasPrefix("pack has ") == true && error?.cause.hasSuffix("unresolved deltas") == true)
        #expect(names(in: ours.path.appending("objects/pack")) == [])
        indexer.completesThinPacks = true
        let result = try indexer.receive(MemorySource(thin, pieceSize: 777), into: ours.path.appending("objects"))
        #expect(printed == "pack\t\(result.checksum)" && result.added > 0)
        #expect(try packFiles(in: ours.path) == packFiles(in: theirs.path))
        try git(["fsck", "--full", "--strict", "--no-dangling"], in: ours.path)
    }

    @Test func marksAndNames() throws {
        let place = try ReceivingPlace()
        let pack = try place.pack()
        let ours = try place.empty()
        let objects = ours.path.appending("objects")
        var indexer = place.indexer(into: ours.path)
        indexer.keep = Array("because".utf8)
        indexer.promisor = []
        indexer.writesReverseIndex = false
        let result = try indexer.receive(MemorySource(pack), into: objects)
        #expect(result.isKept)
        let files = try packFiles(in: ours.path)
        #expect(files["keep"] == Array("because\n".utf8) && files["promisor"] == [])
        #expect(Set(files.keys) == ["pack", "idx", "keep", "promisor"])
        // Once more: what is there stays.
        indexer.keep = Array("another".utf8)
        let again = try indexer.receive(MemorySource(pack), into: objects)
        #expect(!again.isKept && again.checksum == result.checksum)
        #expect(try packFiles(in: ours.path) == files)
        // Under a name.
        indexer.keep = nil
        indexer.promisor = nil
        indexer.writesReverseIndex = true
        let named = try indexer.receive(MemorySource(pack), into: objects, as: ours.path.appending("mine.pack"))
        #expect(named.index == ours.path.appending("mine.idx"))
        #expect(Set(names(in: ours.path)).isSuperset(of: ["mine.pack", "mine.idx", "mine.rev"]))
        try git(["verify-pack", "mine.pack"], in: ours.path)
        for name in ["pack", "idx"] {
            let mode = try FileStat.stat(ours.path.appending("mine.\(name)"))?.permissions
            #expect(mode?.rawValue == 0o444)
        }
    }

    @Test func objectsThatAreThereMustBeTheSame() throws {
        let place = try ReceivingPlace(commits: 5)
        let pack = try place.pack()
        let ours = try place.empty()
        try git(["unpack-objects", "-q"], in: ours.path, stdin: pack)
        let objects = ours.path.appending("objects")
        _ = try place.indexer(into: ours.path).receive(MemorySource(pack), into: objects)
        // Something else under the name of one of them: a loose object of the same size, and one of another.
        let blob = try place.sample.git("rev-parse", "main:file")
        let size = try #require(Int(try place.sample.git("cat-file", "-s", blob)))
        for size in [size, size + 1] {
            let other = try place.empty()
            let id = try git(
                ["hash-object", "-w", "--stdin"], in: other.path, stdin: .init(repeating: 65, count: size))
            let (from, to) = ([id, blob].map { "objects/\($0.prefix(2))/\($0.dropFirst(2))" }).pair
            try Disk.makeDirectories(other.path.appending(to).removingLastComponent())
            try Disk.rename(other.path.appending(from), to: other.path.appending(to))
            let error = #expect(throws: ObjectError.self) {
                try place.indexer(into: other.path).receive(MemorySource(pack), into: other.path.appending("objects"))
            }
            #expect(error?.code == .collision)
            #expect(error?.description == "SHA1 COLLISION FOUND WITH \(blob) !")
            #expect(names(in: other.path.appending("objects/pack")) == [])
            let theirs = try gitResult(["index-pack", "--rev-index", "--stdin"], in: other.path, stdin: pack)
            #expect(theirs.errText == "fatal: SHA1 COLLISION FOUND WITH \(blob) !\n")
        }
    }

    /// Blobs above the threshold pass in pieces, are compared in pieces, and may be bases of deltas none the less.
    @Test(arguments: [1, 3])
    func largeBlobs(_ threads: Int) throws {
        let place = try ReceivingPlace()
        var builder = PackBuilder()
        var random = SplitMix64(seed: 4)
        let large = random.bytes(300_000)
        let first = builder.add(.blob, large)
        builder.add(delta: PackBuilder.delta(from: large.count, keeping: 200, adding: [1, 2, 3]), on: first)
        builder.add(.blob, [])
        let (theirs, ours) = (try place.empty(), try place.empty())
        try git(["index-pack", "--rev-index", "--stdin"], in: theirs.path, stdin: builder.bytes)
        for piece in [Int.max, 10_000] {
            var indexer = place.indexer(into: ours.path)
            indexer.limits.bigFileThreshold = 100_000
            indexer.threads = threads
            _ = try indexer.receive(MemorySource(builder.bytes, pieceSize: piece), into: ours.path.appending("objects"))
            #expect(try packFiles(in: ours.path) == packFiles(in: theirs.path))
        }
        // A copy of the same name that differs near its end.
        let id = try git(["hash-object", "--stdin"], in: ours.path, stdin: large)
        let other = try place.empty()
        var changed = large
        changed[299_000] ^= 1
        let wrong = try git(["hash-object", "-w", "--stdin"], in: other.path, stdin: changed)
        let (from, to) = ([wrong, id].map { "objects/\($0.prefix(2))/\($0.dropFirst(2))" }).pair
        try Disk.makeDirectories(other.path.appending(to).removingLastComponent())
        try Disk.rename(other.path.appending(from), to: other.path.appending(to))
        var indexer = place.indexer(into: other.path)
        indexer.limits.bigFileThreshold = 100_000
        let error = #expect(throws: ObjectError.self) {
            try indexer.receive(MemorySource(builder.bytes), into: other.path.appending("objects"))
        }
        #expect(error?.code == .collision && error?.object?.hex == id)
    }

    /// With no room for the bases of deltas all are computed again and again, and the result is the same.
    @Test(arguments: [0, 5_000], [1, 2])
    func withLittleMemory(_ room: Int, _ threads: Int) throws {
        let place = try ReceivingPlace()
        let pack = try place.pack("--delta-base-offset", "--depth=60", "--window=40")
        let (theirs, ours) = (try place.empty(), try place.empty())
        try git(["index-pack", "--rev-index", "--stdin"], in: theirs.path, stdin: pack)
        var indexer = place.indexer(into: ours.path)
        indexer.limits.deltaBases = room
        indexer.threads = threads
        _ = try indexer.receive(MemorySource(pack), into: ours.path.appending("objects"))
        #expect(try packFiles(in: ours.path) == packFiles(in: theirs.path))
    }

    /// The listing of `verify-pack -v`, and what it says of indexes that lie.
    @Test func reportsAreGits() throws {
        let place = try ReceivingPlace()
        let directory = try TemporaryDirectory()
        let file = directory.path.appending("x.pack")
        try replace(file, with: try place.pack("--no-delta-base-offset"))
        let indexer = place.indexer()
        _ = try indexer.index(file)
        let report = try indexer.verify(file)
        var lines: [String] = []
        for place in 0..<report.count {
            let entry = try report.entry(place)
            let kind = entry.kind.name.padding(6)
            let tail = entry.base.map { " \(entry.depth) \($0)" } ?? ""
            lines.append("\(entry.id) \(kind) \(entry.size) \(entry.storedSize) \(entry.offset)\(tail)")
        }
        lines.append("non delta: \(report.wholeCount) objects")
        for (index, count) in report.chainLengths.enumerated() where count > 0 {
            lines.append("chain length = \(index + 1): \(count) object\(count == 1 ? "" : "s")")
        }
        lines.append("\(file): ok")
        #expect(try git(["verify-pack", "-v", file.string], in: place.sample.path) == lines.joined(separator: "\n"))
        for (suffix, at) in [("idx", 30), ("idx", 1100), ("idx", -50), ("idx", -3), ("rev", 20), ("rev", -1)] {
            let path = directory.path.appending("x.\(suffix)")
            let good = try contents(of: path)
            var bad = good
            bad[at < 0 ? bad.count + at : at] ^= 1
            try replace(path, with: bad)
            let error = #expect(throws: ObjectError.self) { try indexer.verify(file) }
            #expect(error?.code == .corrupt, "\(suffix) \(at)")
            try replace(path, with: good)
        }
        // Large offsets that would fit stay where they are.
        try git(["index-pack", "--rev-index", "--index-version=2,0x40", file.string], in: directory.path)
        _ = try indexer.verify(file)
    }

    @Test func listings() throws {
        for algorithm in HashAlgorithm.allCases {
            let place = try ReceivingPlace(algorithm)
            let directory = try TemporaryDirectory()
            let file = directory.path.appending("x.pack")
            try replace(file, with: try place.pack())
            for version in ["1", "2", "2,0x100"] {
                try git(
                    ["index-pack", "--object-format=\(algorithm.name)", "--index-version=\(version)", file.string],
                    in: directory.path)
                let index = try contents(of: directory.path.appending("x.idx"))
                let theirs = try git(
                    ["show-index", "--object-format=\(algorithm.name)"], in: directory.path, stdin: index)
                var lines: [String] = []
                let listing = PackIndexListing(MemorySource(index, pieceSize: 1000), algorithm: algorithm)
                try listing.visit({ row throws(ObjectError) in
                    let crc = row.crc.map { " (\(hex($0)))" } ?? ""
                    lines.append("\(row.offset) \(row.id)\(crc)")
                })
                #expect(theirs == lines.joined(separator: "\n"))
            }
        }
    }
}

private func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}

extension String {
    fileprivate func padding(_ count: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, count - utf8.count))
    }
}

extension [String] {
    fileprivate var pair: (String, String) { (self[0], self[1]) }
}

extension SplitMix64 {
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
