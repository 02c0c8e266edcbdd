import StrataRefs

/// What a cursor walks along: everything that does not change from one reference to the next.
@safe
final class PackedRefWalk: Sendable {
    /// A run of records that the scope excludes.
    @safe
    struct Jump: Sendable {
        nonisolated(unsafe) let start: UnsafePointer<UInt8>
        nonisolated(unsafe) var end: UnsafePointer<UInt8>
    }

    // Sendable: set by the initialiser and never changed; the snapshot keeps the bytes.
    let snapshot: PackedRefSnapshot
    nonisolated(unsafe) let start: UnsafePointer<UInt8>
    nonisolated(unsafe) let end: UnsafePointer<UInt8>
    let hexCount: Int
    let prefix: [UInt8]
    /// The prefix's first eight bytes as they lie in memory, and which of them there are.
    let prefixWord: UInt64
    let prefixMask: UInt64
    /// In the order of the file, apart from each other.
    let jumps: [Jump]

    init(_ snapshot: PackedRefSnapshot, _ scope: RefScope) {
        let records = snapshot.records
        self.snapshot = snapshot
        hexCount = records.hexCount
        prefix = scope.prefix
        var (word, mask): (UInt64, UInt64) = (0, 0)
        for (i, byte) in scope.prefix.prefix(8).enumerated() {
            word |= UInt64(byte) << UInt64(8 * i)
            mask |= 0xff << UInt64(8 * i)
        }
        (prefixWord, prefixMask) = (word.littleEndian, mask.littleEndian)
        unsafe end = records.end
        unsafe start = records.place(of: scope.start)
        var jumps: [Jump] = []
        if records.byteCount > 0 {
            for name in scope.excluded {
                let jump = unsafe Jump(start: records.place(of: name), end: records.place(of: name, .afterPrefix))
                if unsafe jump.start < jump.end { jumps.append(jump) }
            }
        }
        self.jumps = Self.joined(jumps)
    }

    /// `jumps` in order, those that touch made one.
    private static func joined(_ jumps: [Jump]) -> [Jump] {
        guard jumps.count > 1 else { return jumps }
        var result: [Jump] = []
        for jump in jumps.sorted(by: { unsafe $0.start < $1.start }) {
            if let last = result.last, unsafe jump.start <= last.end {
                if unsafe last.end < jump.end { unsafe result[result.count - 1].end = jump.end }
            } else {
                result.append(jump)
            }
        }
        return result
    }

    /// Where to go on from `place`, and how far without asking again.
    @unsafe
    func stretch(from place: UnsafePointer<UInt8>) -> (from: UnsafePointer<UInt8>, to: UnsafePointer<UInt8>) {
        var (low, high) = (0, jumps.count)
        while low < high {
            let middle = (low + high) / 2
            if unsafe jumps[middle].end <= place { low = middle + 1 } else { high = middle }
        }
        guard low < jumps.count else { return unsafe (place, end) }
        if unsafe place < jumps[low].start { return unsafe (place, jumps[low].start) }
        let after = unsafe jumps[low].end
        return unsafe (after, low + 1 < jumps.count ? jumps[low + 1].start : end)
    }
}
