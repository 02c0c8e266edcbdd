/// A number, and what it stands for: one of many that are spread about evenly, as the leading bits of ids and the offsets of entries are.
struct SpreadKey {
    let number: UInt64
    let index: UInt32
}

extension [SpreadKey] {
    /// Sorts by the numbers, and those that are equal by `precedes`, or as they stand where it says of neither that it precedes.
    ///
    /// One pass puts them into buckets of about four by their leading bits, where comparing each with others would take twenty.
    @inline(__always)
    func sortedAsSpread(_ precedes: (SpreadKey, SpreadKey) -> Bool) -> [SpreadKey] {
        func isBefore(_ a: SpreadKey, _ b: SpreadKey) -> Bool {
            a.number != b.number ? a.number < b.number : precedes(a, b)
        }
        let used = Int.bitWidth - (self.max { $0.number < $1.number }?.number.leadingZeroBitCount ?? 64)
        let bits = Swift.min(used, Int.bitWidth - count.leadingZeroBitCount - 3)
        guard bits > 0 else { return self.sorted(by: isBefore) }
        let shift = UInt64(used - bits)
        // Counted two buckets further on, so that filling moves each start to where it belongs.
        var starts = [UInt32](repeating: 0, count: 1 << bits + 2)
        for key in self { starts[Int(key.number >> shift) + 2] += 1 }
        for bucket in 2..<starts.count { starts[bucket] += starts[bucket - 1] }
        var sorted = self
        for key in self {
            let bucket = Int(key.number >> shift) + 1
            sorted[Int(starts[bucket])] = key
            starts[bucket] += 1
        }
        sorted.sortBuckets(starts, by: isBefore)
        return sorted
    }
}
