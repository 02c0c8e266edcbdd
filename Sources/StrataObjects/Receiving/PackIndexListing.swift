public import StrataIO
public import StrataModel
import SystemPackage

/// Lists a pack's index that comes as a stream. Answers to `git show-index`.
public struct PackIndexListing {
    /// One object of a pack.
    public struct Row: Sendable, Hashable {
        public let id: ObjectID
        public let offset: UInt64
        /// Of the entry; indexes of version 1 have none.
        public let crc: UInt32?
    }

    private let source: any ByteSource
    private let algorithm: HashAlgorithm

    public init(_ source: any ByteSource, algorithm: HashAlgorithm) {
        self.source = source
        self.algorithm = algorithm
    }

    /// Calls `body` with each object in the order of names.
    ///
    /// Checksums are not computed. A table is held in memory as far as it really comes, whatever the index says of its size.
    ///
    /// - Throws: `corrupt`, in git's words, where the index is cut short or contradicts itself; `unavailable` where it cannot be read.
    public func visit(_ body: (Row) throws(ObjectError) -> Void) throws(ObjectError) {
        let head = try table(8, "unable to read header")
        let isVersion1 = head.be32(0) != 0xff74_4f63
        if !isVersion1, head.be32(4) != 2 { throw corrupt("unknown index version") }
        let fanout =
            isVersion1
            ? Table(head.bytes + (try table(254 * 4, "unable to read index")).bytes)
            : try table(256 * 4, "unable to read index")
        var count = 0
        for slot in 0..<256 {
            let next = Int(fanout.be32(4 * slot))
            guard next >= count else { throw corrupt("corrupt index file") }
            count = next
        }
        if isVersion1 { try version1(count, body) } else { try version2(count, body) }
    }

    private func version1(_ count: Int, _ body: (Row) throws(ObjectError) -> Void) throws(ObjectError) {
        for position in 0..<count {
            let row = try table(4 + algorithm.byteCount, "unable to read entry \(position)/\(count)")
            try body(Row(id: row.id(4, algorithm), offset: UInt64(row.be32(0)), crc: nil))
        }
    }

    private func version2(_ count: Int, _ body: (Row) throws(ObjectError) -> Void) throws(ObjectError) {
        let names = try table(count, algorithm.byteCount) { "unable to read sha1 \($0)/\(count)" }
        let crcs = try table(count, 4) { "unable to read crc \($0)/\(count)" }
        let offsets = try table(count, 4) { "unable to read 32b offset \($0)/\(count)" }
        var large = 0
        for position in 0..<count {
            var offset = UInt64(offsets.be32(4 * position))
            if offset & 0x8000_0000 != 0 {
                guard Int(offset & 0x7fff_ffff) == large else { throw corrupt("inconsistent 64b offset index") }
                let row = try table(8, "unable to read 64b offset \(large)")
                offset = UInt64(row.be32(0)) << 32 | UInt64(row.be32(4))
                large += 1
            }
            try body(
                Row(
                    id: names.id(algorithm.byteCount * position, algorithm), offset: offset,
                    crc: crcs.be32(4 * position)))
        }
    }

    private func corrupt(_ cause: String) -> ObjectError { ObjectError(.corrupt, file: source.name.string, cause) }

    // MARK: - Reading

    private struct Table {
        var bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func be32(_ place: Int) -> UInt32 {
            UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
                | UInt32(bytes[place + 3])
        }

        func id(_ place: Int, _ algorithm: HashAlgorithm) -> ObjectID {
            ObjectID(bytes: bytes.span.extracting(place..<place + algorithm.byteCount)) ?? .zero(algorithm)
        }
    }

    /// The next `count` bytes.
    private func table(_ count: Int, _ cause: String) throws(ObjectError) -> Table {
        try table(count, 1) { _ in cause }
    }

    /// The next `count` rows of `size` bytes. `cause` says what is missing where they end before, in a row.
    private func table(_ count: Int, _ size: Int, _ cause: (Int) -> String) throws(ObjectError) -> Table {
        var bytes: [UInt8] = []
        while bytes.count < count * size {
            var failure: FileError?
            let wanted = min(count * size - bytes.count, 1 << 20)
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                do throws(FileError) {
                    filled = unsafe try source.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<wanted]))
                } catch {
                    failure = error
                    filled = 0
                }
            }
            if let failure { throw .unavailable(failure) }
            if piece.isEmpty { throw corrupt(cause(bytes.count / size)) }
            bytes += piece
        }
        return Table(bytes)
    }
}
