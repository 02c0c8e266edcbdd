import StrataIO
public import StrataModel
public import SystemPackage

extension PackIndexer {
    /// Reads a pack whole and compares its index, and its reverse index if it has one, with what they should be. Answers to `git verify-pack` and
    /// `index-pack --verify`. Nothing is written.
    ///
    /// The objects of a pack that is one of ``store``'s are not compared with copies that it has, as those of another are: most often each would be compared
    /// with itself.
    ///
    /// - Parameters:
    ///   - index: the path of the index; nil for the pack's name with `.idx`.
    ///   - report: is given what is in the pack when that is known to be whole, before its index is.
    /// - Throws: as ``index(_:to:)``; `corrupt` where an index says something else.
    @discardableResult
    public func verify(
        _ pack: FilePath, index: FilePath? = nil, report: (PackReport) throws(ObjectError) -> Void = { _ in }
    ) throws(ObjectError) -> PackReport {
        let name = index ?? pack.replacingSuffix("pack", with: "idx")
        guard let file = try MappedBytes(BytePath(name)) else {
            throw ObjectError(
                .unavailable, file: name.string, errno: Errno.noSuchFileOrDirectory.rawValue,
                "Cannot open existing pack idx file for '\(name)'")
        }
        let old = try PackIndex(file, algorithm: algorithm)
        let checks = checks(pack, index: name)
        let (scan, packFile, foreign) = try examine(pack, checks, index: old)
        let missing = try checks.finish(Pack(BytePath(pack), index: old))
        let found = PackReport(
            scan, in: packFile, end: packFile.count - algorithm.byteCount, foreignLinks: foreign,
            missingModules: missing)
        try report(found)
        // What is wrong with the index is told before what is wrong with the other.
        var (reverse, failure): (MappedBytes?, ObjectError?)
        if writesReverseIndex {
            do throws(ObjectError) {
                reverse = try MappedBytes(BytePath(name.replacingSuffix("idx", with: "rev")))
            } catch {
                failure = error
            }
        }
        if failure == nil, let order = scan.order ?? (try? ReverseIndex(old)) {
            let comparison = IndexComparison(
                old, reverse: reverse, scan.records, in: order, checksum: scan.checksum)
            if comparison.isSame(threads: threadCount) { return found }
        }
        let writer = PackIndexWriter(scan.records, checksum: scan.checksum)
        if let twice = writer.duplicate {
            throw ObjectError(
                .corrupt, object: twice, file: pack.string, "The same object \(twice) appears twice in the pack")
        }
        try compare(file) { output throws(ObjectError) in
            try writer.writeIndex(&output, version: old.version, largeFrom: nil, large: try old.needlesslyLarge())
        }
        if let failure { throw failure }
        if let reverse {
            try compare(reverse) { output throws(ObjectError) in try writer.writeReverseIndex(&output) }
        }
        return found
    }

    private func compare(
        _ file: MappedBytes, _ body: (inout ChecksummedOutput) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        var output = ChecksummedOutput(.comparison(file), algorithm)
        try body(&output)
        if output.isLonger { throw .corrupt(file.path, "\(file.path.text): sha1 file has trailing garbage") }
        if !output.isSame { throw .corrupt(file.path, "sha1 file '\(file.path.text)' validation error") }
    }
}

/// What a pack's entries are: the listing of `git verify-pack -v`. Safe to share between threads.
public final class PackReport: Sendable {
    /// One entry.
    public struct Entry: Sendable, Hashable {
        public let id: ObjectID
        public let kind: ObjectKind
        /// The number of bytes that its compressed data gives: the object's, or the delta's.
        public let size: UInt64
        /// The number of bytes that it takes in the pack.
        public let storedSize: UInt64
        public let offset: UInt64
        /// The number of deltas between it and an object that is stored whole; 0 for one that is.
        public let depth: Int
        /// What it is a delta of.
        public let base: ObjectID?
    }

    /// As in ``PackIndexer/Result``.
    public let foreignLinks: Int
    public let missingModules: [ObjectID]
    private let records: PackRecords
    private let file: MappedBytes
    private let end: Int
    private let depths: [UInt32]

    init(_ scan: PackScan, in file: MappedBytes, end: Int, foreignLinks: Int, missingModules: [ObjectID]) {
        self.foreignLinks = foreignLinks
        self.missingModules = missingModules
        records = scan.records
        self.file = file
        self.end = end
        depths = Self.depths(scan.records)
    }

    private static func depths(_ records: PackRecords) -> [UInt32] {
        var depths = [UInt32](repeating: 0, count: records.count)
        var chain: [Int] = []
        for index in 0..<records.count {
            var place = index
            while records[place].isDelta, depths[place] == 0, records[place].base != PackRecord.none {
                chain.append(place)
                place = Int(records[place].base)
            }
            var depth = depths[place]
            while let next = chain.popLast() {
                depth += 1
                depths[next] = depth
            }
        }
        return depths
    }

    /// The number of entries.
    public var count: Int { records.count }

    /// The entry at a place in the pack.
    public func entry(_ place: Int) throws(ObjectError) -> Entry {
        let record = records[place]
        let header = try PackEntry(file, at: record.offset, end: end, record.id.algorithm)
        let next = place + 1 < count ? records[place + 1].offset : end
        guard let kind = ObjectKind(rawValue: record.kind) else {
            throw .corrupt(file.path, at: record.offset, "entry without a kind")
        }
        return Entry(
            id: record.id, kind: kind, size: UInt64(header.size), storedSize: UInt64(next - record.offset),
            offset: UInt64(record.offset), depth: Int(depths[place]),
            base: record.isDelta ? records[Int(record.base)].id : nil)
    }

    /// The number of entries that are stored whole.
    public var wholeCount: Int { depths.lazy.filter { $0 == 0 }.count }

    /// The number of deltas by the number of deltas between them and an object that is stored whole, from 1 on.
    public var chainLengths: [Int] {
        var counts: [Int] = []
        for depth in depths where depth > 0 {
            while counts.count < depth { counts.append(0) }
            counts[Int(depth) - 1] += 1
        }
        return counts
    }
}
