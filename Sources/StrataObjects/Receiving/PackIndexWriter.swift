import StrataModel

/// Writes the index of a pack (`.idx`) and its reverse index (`.rev`), as gitformat-pack describes them.
struct PackIndexWriter {
    private let records: PackRecords
    private let checksum: ObjectID
    /// The entries in the order of their names, of which these are the leading bytes.
    private let order: [SpreadKey]

    /// - Parameter checksum: the pack's.
    init(_ records: PackRecords, checksum: ObjectID) {
        self.records = records
        self.checksum = checksum
        let keys = (0..<records.count).map { SpreadKey(number: records[$0].id.word0, index: UInt32($0)) }
        order = keys.sortedAsSpread { a, b in
            let (first, second) = (records[Int(a.index)].id, records[Int(b.index)].id)
            return first != second ? first < second : a.index < b.index
        }
    }

    private func record(_ position: Int) -> PackRecord { records[Int(order[position].index)] }

    /// An object that the pack has twice; nil when it has none.
    var duplicate: ObjectID? {
        for position in order.indices.dropFirst() where order[position].number == order[position - 1].number {
            let id = record(position).id
            if id == record(position - 1).id { return id }
        }
        return nil
    }

    /// - Parameters:
    ///   - version: 1 or 2; 1 gives way to 2 where an offset does not fit 31 bits.
    ///   - largeFrom: the offset from which on offsets go into the table of large ones though they would fit; nil for none.
    ///   - large: offsets that do too.
    func writeIndex(
        _ output: inout ChecksummedOutput, version: Int, largeFrom: Int?, large: Set<Int> = []
    ) throws(ObjectError) {
        let limit = min(largeFrom ?? 0x7fff_ffff, 0x7fff_ffff)
        let isVersion1 = version == 1 && (records.count == 0 || records[records.count - 1].offset <= limit)
        if !isVersion1 {
            try output.be32(0xff74_4f63)
            try output.be32(2)
        }
        var position = 0
        for byte in UInt8.min...UInt8.max {
            while position < order.count, order[position].number >> 56 <= byte { position += 1 }
            try output.be32(UInt32(position))
        }
        if isVersion1 {
            for position in order.indices {
                try output.be32(UInt32(record(position).offset))
                try output.id(record(position).id)
            }
        } else {
            // Each record is looked up once: they lie in another order, and do not fit the processor's cache.
            var (crcs, offsets): ([UInt32], [Int]) = ([], [])
            crcs.reserveCapacity(order.count)
            offsets.reserveCapacity(order.count)
            for key in order {
                let record = records[Int(key.index)]
                try output.id(record.id)
                crcs.append(record.crc)
                offsets.append(record.offset)
            }
            for crc in crcs { try output.be32(crc) }
            func isLarge(_ offset: Int) -> Bool { offset > limit || large.contains(offset) }
            var rows: UInt32 = 0
            for offset in offsets {
                if isLarge(offset) {
                    try output.be32(0x8000_0000 | rows)
                    rows += 1
                } else {
                    try output.be32(UInt32(offset))
                }
            }
            if rows > 0 { for offset in offsets where isLarge(offset) { try output.be64(UInt64(offset)) } }
        }
        try output.id(checksum)
        _ = try output.finish()
    }

    func writeReverseIndex(_ output: inout ChecksummedOutput) throws(ObjectError) {
        for word in ReverseIndex.head(checksum.algorithm) { try output.be32(word) }
        // Entries stand in the order of offsets already.
        var positions = [UInt32](repeating: 0, count: order.count)
        for (position, key) in order.enumerated() { positions[Int(key.index)] = UInt32(position) }
        for position in positions { try output.be32(position) }
        try output.id(checksum)
        _ = try output.finish()
    }
}
