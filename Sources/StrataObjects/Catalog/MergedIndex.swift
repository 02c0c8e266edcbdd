import StrataModel

/// The ids of many index sources in one table in memory, so that a lookup costs one search and not one a source.
///
/// Ids lie in buckets by their leading bits, about four to a bucket, in their order: a lookup touches one bucket, a walk in the order of ids passes
/// them all. 12 bytes an object and 4 a bucket. Every copy of an object is kept, those of earlier sources first.
final class MergedIndex: Sendable, SortedObjectIDs {
    let tables: [IndexTable]
    /// The number of entries.
    let count: Int
    private let shift: UInt64
    /// Where each bucket starts in the entries; one more marks the end.
    private let starts: [UInt32]
    private let entries: [Entry]

    struct Entry: Sendable {
        /// The 32 bits of the id that follow those of the bucket.
        var bits: UInt32
        var table: UInt32
        var position: UInt32
    }

    /// Sorts the ids of `tables`, of which the earlier win; nil when there are more than 32 bits can number, or a file
    /// changes meanwhile.
    ///
    /// - Parameter whenCounted: is called between the two looks at the files; for tests.
    init?(_ tables: [IndexTable], whenCounted: () -> Void = {}) {
        let total = tables.reduce(0) { $0 + $1.count }
        guard total < Int(UInt32.max), tables.count < Int(UInt32.max) else { return nil }
        let bits = max(4, Int.bitWidth - total.leadingZeroBitCount - 2)
        let shift = UInt64(64 - bits)
        var starts = [UInt32](repeating: 0, count: 1 << bits + 2)
        // Counted one bucket further on, so that filling moves each start to where it belongs.
        for table in tables {
            for position in 0..<table.count { starts[Int(table.word(at: position) >> shift) + 2] += 1 }
        }
        for bucket in 2..<starts.count { starts[bucket] += starts[bucket - 1] }
        let counted = starts
        whenCounted()
        var entries = [Entry](repeating: Entry(bits: 0, table: 0, position: 0), count: total)
        for (number, table) in tables.enumerated() {
            for position in 0..<table.count {
                let word = table.word(at: position)
                let bucket = Int(word >> shift) + 1
                let place = Int(starts[bucket])
                // As below.
                guard place < total else { return nil }
                starts[bucket] += 1
                let bits = UInt32(truncatingIfNeeded: (word << (64 - shift)) >> 32)
                entries[place] = Entry(bits: bits, table: UInt32(number), position: UInt32(position))
            }
        }
        // Each bucket has as many as were counted, unless somebody has written into a file, or cut it off: what was there reads as zeros then.
        for bucket in 0..<starts.count - 1 where starts[bucket] != counted[bucket + 1] { return nil }
        self.tables = tables
        count = total
        self.shift = shift
        self.starts = starts
        // By ids, and copies of one object by their tables.
        entries.sortBuckets(starts) { a, b in
            if a.bits != b.bits { return a.bits < b.bits }
            let first = tables[Int(a.table)].id(at: Int(a.position))
            let second = tables[Int(b.table)].id(at: Int(b.position))
            return first == second ? a.table < b.table : first < second
        }
        self.entries = entries
    }

    func id(at place: Int) -> ObjectID {
        let entry = entries[place]
        return tables[Int(entry.table)].id(at: Int(entry.position))
    }

    /// The number of the table that the entry at a place comes from, and the position there.
    func source(at place: Int) -> (table: Int, position: Int) {
        (Int(entries[place].table), Int(entries[place].position))
    }

    /// For each table, the positions of the objects of which an earlier table has a copy. One pass over all entries; most often there are hardly any.
    func repeated() -> [Set<Int>] {
        var repeated = [Set<Int>](repeating: [], count: tables.count)
        for bucket in 0..<starts.count - 2 {
            var place = Int(starts[bucket]) + 1
            let end = Int(starts[bucket + 1])
            while place < end {
                if entries[place].bits == entries[place - 1].bits, id(at: place) == id(at: place - 1) {
                    repeated[Int(entries[place].table)].insert(Int(entries[place].position))
                }
                place += 1
            }
        }
        return repeated
    }

    /// The places of all entries that share the leading bits that are kept here with `id`: its copies, and hardly ever another.
    @inline(__always)
    func candidates(_ id: ObjectID) -> Range<Int> {
        let bucket = Int(id.word0 >> shift)
        let bits = UInt32(truncatingIfNeeded: (id.word0 << (64 - shift)) >> 32)
        let end = Int(starts[bucket + 1])
        var first = Int(starts[bucket])
        if end - first > 16 {
            var high = end
            while first < high {
                let middle = (first + high) / 2
                if entries[middle].bits < bits { first = middle + 1 } else { high = middle }
            }
        } else {
            while first < end, entries[first].bits < bits { first += 1 }
        }
        var last = first
        while last < end, entries[last].bits == bits { last += 1 }
        return first..<last
    }

    /// The first place whose id is not below `id`; ``count`` when there is none.
    func lowerBound(_ id: ObjectID) -> Int {
        let bucket = Int(id.word0 >> shift)
        let bits = UInt32(truncatingIfNeeded: (id.word0 << (64 - shift)) >> 32)
        var low = Int(starts[bucket])
        var high = Int(starts[bucket + 1])
        while low < high {
            let middle = (low + high) / 2
            let entry = entries[middle]
            if entry.bits < bits || (entry.bits == bits && self.id(at: middle) < id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    // MARK: - Checking

    /// To be called after a look for the ids that start with `prefix`: whether none of the files that it went by was cut off meanwhile.
    func checkWhole(for prefix: ObjectIDPrefix) throws(ObjectError) {
        try checkWhole(Int(prefix.lowest.word0 >> shift), Int(prefix.highest.word0 >> shift))
    }

    /// To be called after a look at the neighbours of `id`: the same.
    func checkWhole(around id: ObjectID) throws(ObjectError) {
        let bucket = Int(id.word0 >> shift)
        try checkWhole(bucket, bucket)
    }

    /// Looks at the files of all entries in some buckets, and in those on either side that have any.
    private func checkWhole(_ first: Int, _ last: Int) throws(ObjectError) {
        var (low, high) = (first, last)
        while low > 0, starts[low] == starts[first] { low -= 1 }
        while high < starts.count - 3, starts[high + 1] == starts[last + 1] { high += 1 }
        let places = Int(starts[low])..<Int(starts[high + 1])
        if places.count < tables.count {
            for place in places { try tables[Int(entries[place].table)].checkWhole() }
        } else {
            for table in tables { try table.checkWhole() }
        }
    }
}
