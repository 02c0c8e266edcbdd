import StrataHash
import StrataModel

/// The first pass over a pack: where its entries stand, the names of the objects that are whole, and what the deltas are against.
struct PackScan {
    let records = PackRecords()
    /// The deltas that name their base by its id.
    private(set) var references: [ReferenceDelta] = []
    /// How many deltas there are.
    private(set) var deltas = 0
    /// Blobs that were hashed in pieces and have not been looked at otherwise.
    private(set) var large: [Int] = []
    private(set) var checksum = ObjectID.zero(.sha1)
    /// The number of entries that the pack came with.
    private(set) var entryCount = 0

    struct ReferenceDelta {
        let base: ObjectID
        let record: UInt32
    }

    /// Reads the pack to its end.
    init(
        _ input: PackInput, _ algorithm: HashAlgorithm, _ limits: ReceivingLimits, checks: ReceivedChecks?,
        progress: ProgressReport?
    ) throws(ObjectError) {
        let count = try Self.header(input)
        try Inflater.with { (failure) -> ObjectError in
            ObjectError(.unavailable, file: input.name, failure.cause)
        } _: { inflater throws(ObjectError) in
            defer { inflater.trim() }
            let reader = EntryReader(
                input: input, algorithm: algorithm, limits: limits, inflater: inflater, tell: checks?.tell)
            for index in 0..<count {
                try read(index, reader, checks)
                progress?.at(index + 1, of: count)
            }
        }
        entryCount = count
        checksum = try input.checksum()
        try input.need(algorithm.byteCount)
        guard unsafe ObjectID(input.window, at: 0, algorithm) == checksum else {
            throw ObjectError(
                .corrupt, file: input.name, offset: UInt64(input.offset), "pack is corrupted (SHA1 mismatch)")
        }
        try input.use(algorithm.byteCount)
        try input.finish()
    }

    /// The number of objects that the pack says it has.
    static func header(_ input: PackInput) throws(ObjectError) -> Int {
        try input.need(12)
        func be32(_ place: Int) -> UInt32 {
            UInt32(bigEndian: unsafe input.window.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        }
        guard be32(0) == 0x5041_434b else {
            throw ObjectError(.corrupt, file: input.name, offset: 0, "pack signature mismatch")
        }
        guard be32(4) == 2 || be32(4) == 3 else {
            throw ObjectError(.corrupt, file: input.name, offset: 4, "pack version \(be32(4)) unsupported")
        }
        let count = be32(8)
        guard count < PackRecord.none else {
            throw ObjectError(.tooLarge, file: input.name, offset: 8, "pack has too many objects")
        }
        try input.use(12)
        return Int(count)
    }

    private mutating func read(_ index: Int, _ reader: EntryReader, _ checks: ReceivedChecks?) throws(ObjectError) {
        let input = reader.input
        let offset = input.offset
        _ = input.takeCRC()
        let header = try reader.header()
        var record = PackRecord(
            id: .zero(reader.algorithm), type: 0, kind: 0, headerLength: UInt8(header.length), offset: offset)
        switch header.body {
        case .object(let kind):
            record.type = kind.rawValue
            record.kind = kind.rawValue
            record.id = try object(kind, header.size, at: offset, reader, index, checks)
        case .offsetDelta(let base):
            record.type = 6
            deltas += 1
            _ = try reader.whole(header.size, of: offset)
            if let place = records.index(at: base, below: index) {
                record.base = UInt32(place)
                record.nextSibling = records[place].firstChild
                records[place].firstChild = UInt32(index)
            }
        case .referenceDelta(let base):
            record.type = 7
            deltas += 1
            _ = try reader.whole(header.size, of: offset)
            references.append(ReferenceDelta(base: base, record: UInt32(index)))
        }
        record.crc = input.takeCRC()
        records.append(record)
    }

    /// The name of an object that is stored whole.
    private mutating func object(
        _ kind: ObjectKind, _ size: Int, at offset: Int, _ reader: EntryReader, _ index: Int, _ checks: ReceivedChecks?
    ) throws(ObjectError) -> ObjectID {
        var hasher = ObjectHasher(kind, size: UInt64(size), algorithm: reader.algorithm)
        if kind == .blob, size > reader.limits.bigFileThreshold {
            large.append(index)
            try reader.pieces(size, of: offset) { piece throws(ObjectError) in hasher.update(piece) }
            return try hasher.finish()
        }
        return try reader.whole(size, of: offset).withSpan { bytes throws(ObjectError) in
            hasher.update(bytes)
            let id = try hasher.finish()
            if let checks { try checks.check(id, kind, bytes) }
            return id
        }
    }
}
