import StrataModel

/// The objects of a pack in the order of their offsets: which object starts at an offset, and where the next starts.
///
/// Computed from the index; `.rev` files say the same and are not needed to read.
struct ReverseIndex: Sendable {
    /// Offsets in their order, each with the position of its object in the index.
    private let offsets: [Int]
    private let positions: [UInt32]

    /// Sorts the offsets of `index`: 12 bytes of memory for each object, and 33 more meanwhile.
    init(_ index: PackIndex) throws(ObjectError) {
        var keys: [SpreadKey] = []
        keys.reserveCapacity(index.count)
        for position in 0..<index.count {
            let offset = UInt64(try index.offset(at: position))
            keys.append(SpreadKey(number: offset, index: UInt32(truncatingIfNeeded: position)))
        }
        keys = keys.sortedAsSpread { _, _ in false }
        offsets = keys.map { Int($0.number) }
        positions = keys.map(\.index)
    }

    /// What a `.rev` file begins with: "RIDX", its version, and a number for the algorithm. Then come the positions, the pack's checksum and its own.
    static func head(_ algorithm: HashAlgorithm) -> [UInt32] { [0x5249_4458, 1, algorithm == .sha1 ? 1 : 2] }

    var count: Int { offsets.count }

    /// The place in the order of offsets of what starts at `offset`; nil when nothing does.
    func rank(of offset: Int) -> Int? {
        var low = 0
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < offsets.count && offsets[low] == offset ? low : nil
    }

    /// The offset of the object at a place in the order of offsets.
    func offset(_ rank: Int) -> Int { offsets[rank] }

    /// Its position in the index.
    func position(_ rank: Int) -> Int { Int(positions[rank]) }
}
