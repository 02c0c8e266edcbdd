import StrataHash
import StrataModel

/// The first pass over a pack: where its entries stand, the names of the objects that are whole, and what the deltas are against.
struct PackScan {
    let records: PackRecords
    /// The deltas that name their base by its id.
    let references: [ReferenceDelta]
    /// How many deltas there are.
    let deltas: Int
    /// Blobs that were hashed in pieces and have not been looked at otherwise.
    let large: [Int]
    let checksum: ObjectID
    /// The order of the entries in the index by which they were read, if it was by one.
    var order: ReverseIndex?
    /// The number of entries that the pack came with.
    let entryCount: Int

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
        let records = PackRecords()
        var part = Part()
        try Inflater.with { (failure) -> ObjectError in
            ObjectError(.unavailable, file: input.name, failure.cause)
        } _: { inflater throws(ObjectError) in
            defer { inflater.trim() }
            let reader = EntryReader(
                input: input, algorithm: algorithm, limits: limits, inflater: inflater, tell: checks?.tell)
            for index in 0..<count {
                let record = try part.read(index, reader, checks) { records.index(at: $0, below: index) }
                records.append(record)
                progress?.at(index + 1, of: count)
            }
        }
        let checksum = try input.checksum()
        try input.need(algorithm.byteCount)
        guard unsafe ObjectID(input.window, at: 0, algorithm) == checksum else {
            throw ObjectError(
                .corrupt, file: input.name, offset: UInt64(input.offset), "pack is corrupted (SHA1 mismatch)")
        }
        try input.use(algorithm.byteCount)
        try input.finish()
        self.init(records, [part], checksum)
    }

    /// Puts parts together, each of entries behind those of the one before.
    init(_ records: PackRecords, _ parts: [Part], _ checksum: ObjectID) {
        self.records = records
        self.checksum = checksum
        entryCount = records.count
        references = parts.flatMap(\.references)
        deltas = parts.reduce(0) { $0 + $1.deltas }
        large = parts.flatMap(\.large)
        records.link()
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
}

/// What is found in entries that stand one behind the other, beside their records.
extension PackScan {
    struct Part {
        var references: [ReferenceDelta] = []
        var deltas = 0
        var large: [Int] = []
    }
}

extension PackScan.Part {
    /// Reads one entry, the one of number `index`. `entry` gives the number of the one that starts at an offset, if one does before it.
    mutating func read(
        _ index: Int, _ reader: EntryReader, _ checks: ReceivedChecks?, entry: (Int) -> Int?
    ) throws(ObjectError) -> PackRecord {
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
            if let place = entry(base) { record.base = UInt32(place) }
        case .referenceDelta(let base):
            record.type = 7
            deltas += 1
            _ = try reader.whole(header.size, of: offset)
            references.append(PackScan.ReferenceDelta(base: base, record: UInt32(index)))
        }
        record.crc = input.takeCRC()
        return record
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
