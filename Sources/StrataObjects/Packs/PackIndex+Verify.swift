import StrataModel

/// What an index has that is written down again, or compared, and not looked up.
extension PackIndex {
    /// The offsets that stand in the table of large ones though they would fit the other.
    func needlesslyLarge() throws(ObjectError) -> Set<Int> {
        var found: Set<Int> = []
        for position in 0..<(largeCount > 0 ? count : 0) where file.be32(offsets + 4 * position) & 0x8000_0000 != 0 {
            let offset = try offset(at: position)
            if offset <= 0x7fff_ffff { found.insert(offset) }
        }
        return found
    }

    /// Whether each name is above the one before, and the fan-out table says of each first byte where the names end that have it.
    var namesAreSorted: Bool {
        for position in 0..<max(count - 1, 0) {
            let (first, second) = (word(at: position), word(at: position + 1))
            guard first < second || (first == second && id(at: position) < id(at: position + 1)) else { return false }
        }
        var low = 0
        for byte in 0..<256 {
            let high = Int(file.be32(fanout + 4 * byte))
            guard low <= high, high <= count else { return false }
            if low < high, word(at: low) >> 56 != byte || word(at: high - 1) >> 56 != byte { return false }
            low = high
        }
        return low == count
    }

    /// Whether the table of large offsets has those that stand there in the order of the names, and no others.
    var largeOffsetsAreInTurn: Bool {
        if isVersion1 { return !(0..<count).contains { file.be32(offsets + $0 * stride) > 0x7fff_ffff } }
        var rows = 0
        for position in 0..<count {
            let offset = file.be32(offsets + 4 * position)
            if offset & 0x8000_0000 == 0 { continue }
            guard Int(offset & 0x7fff_ffff) == rows else { return false }
            rows += 1
        }
        return rows == largeCount
    }

    /// The checksum over the entry of the object at `position`; nil in version 1, which has none.
    func crc(at position: Int) -> UInt32? {
        isVersion1 ? nil : file.be32(names + count * stride + 4 * position)
    }
}
