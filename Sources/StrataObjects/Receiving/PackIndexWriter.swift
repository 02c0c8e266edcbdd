import StrataModel

/// Writes the index of a pack (`.idx`) and its reverse index (`.rev`), as gitformat-pack describes them.
struct PackIndexWriter {
    private let records: PackRecords
    private let checksum: ObjectID
    /// The entries in the order of their names.
    private let order: [UInt32]

    /// - Parameter checksum: the pack's.
    init(_ records: PackRecords, checksum: ObjectID) {
        self.records = records
        self.checksum = checksum
        struct Key {
            let word: UInt64
            let index: UInt32
        }
        var keys = (0..<records.count).map { Key(word: records[$0].id.word0, index: UInt32($0)) }
        keys.sort { a, b in
            if a.word != b.word { return a.word < b.word }
            let (first, second) = (records[Int(a.index)].id, records[Int(b.index)].id)
            return first != second ? first < second : a.index < b.index
        }
        order = keys.map(\.index)
    }

    private func record(_ position: Int) -> PackRecord { records[Int(order[position])] }

    /// An object that the pack has twice; nil when it has none.
    var duplicate: ObjectID? {
        for position in order.indices.dropFirst() where record(position).id == record(position - 1).id {
            return record(position).id
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
            while position < order.count, record(position).id.byte(at: 0) <= byte { position += 1 }
            try output.be32(UInt32(position))
        }
        if isVersion1 {
            for position in order.indices {
                try output.be32(UInt32(record(position).offset))
                try output.id(record(position).id)
            }
        } else {
            for position in order.indices { try output.id(record(position).id) }
            for position in order.indices { try output.be32(record(position).crc) }
            func isLarge(_ offset: Int) -> Bool { offset > limit || large.contains(offset) }
            var rows: UInt32 = 0
            for position in order.indices {
                let offset = record(position).offset
                if isLarge(offset) {
                    try output.be32(0x8000_0000 | rows)
                    rows += 1
                } else {
                    try output.be32(UInt32(offset))
                }
            }
            if rows > 0 {
                for position in order.indices where isLarge(record(position).offset) {
                    try output.be64(UInt64(record(position).offset))
                }
            }
        }
        try output.id(checksum)
        _ = try output.finish()
    }

    func writeReverseIndex(_ output: inout ChecksummedOutput) throws(ObjectError) {
        try output.be32(0x5249_4458)
        try output.be32(1)
        try output.be32(checksum.algorithm == .sha1 ? 1 : 2)
        // Entries stand in the order of offsets already.
        var positions = [UInt32](repeating: 0, count: order.count)
        for (position, index) in order.enumerated() { positions[Int(index)] = UInt32(position) }
        for position in positions { try output.be32(position) }
        try output.id(checksum)
        _ = try output.finish()
    }
}
