import StrataModel

/// References found by the hash of their names, in two arrays of words. It takes no more than it was allowed and says so when it is full.
struct RefCacheTable {
    /// 0, or the upper half of a name's hash above the place of its entry plus one. A power of two of them.
    private var slots: [UInt64] = []
    private var words: [UInt64] = []
    private var count = 0
    private let slotLimit: Int
    private let wordLimit: Int

    /// A table that takes up to `byteLimit` bytes.
    init(byteLimit: Int) {
        let limit = max(0, byteLimit) / 8
        // An entry takes some ten words; so there are more slots than entries.
        slotLimit = limit < 48 ? 0 : 1 << (Int.bitWidth - 1 - (limit / 6).leadingZeroBitCount)
        // The place of an entry has 32 bits.
        wordLimit = min(limit - slotLimit, Int(UInt32.max) - 1)
    }

    /// The memory that the table takes.
    var byteCount: Int { (slots.capacity + words.capacity) * 8 }

    /// Where the entry of `name` stands.
    @unsafe
    @inline(__always)
    func place(of name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        let tag = hash >> 32
        let mask = slots.count &- 1
        var at = Int(truncatingIfNeeded: tag) & mask
        while true {
            let slot = slots[at]
            if slot == 0 { return nil }
            if slot >> 32 == tag {
                let place = Int(slot & 0xffff_ffff) &- 1
                if unsafe RefCacheEntry.isOf(name, words, at: place) { return place }
            }
            at = (at &+ 1) & mask
        }
    }

    /// What the entry at `place` says.
    func value(at place: Int) -> RefValue? { RefCacheEntry.value(words, at: place) }

    /// Adds a name that is not there yet; false when there is no room.
    @unsafe
    mutating func insert(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ value: RefValue?) -> Bool {
        guard makeRoom(RefCacheEntry.count(nameCount: name.count, value)) else { return false }
        link(hash)
        unsafe RefCacheEntry.append(name, value, to: &words)
        return true
    }

    /// Adds the entry at `place` of another table, whose name is not there yet; false when there is no room.
    mutating func insert(from other: borrowing RefCacheTable, at place: Int, _ hash: UInt64) -> Bool {
        let length = RefCacheEntry.count(other.words, at: place)
        guard makeRoom(length) else { return false }
        link(hash)
        words += other.words[place..<place + length]
        return true
    }

    /// Forgets everything and keeps the memory.
    mutating func removeAll() {
        for index in slots.indices { slots[index] = 0 }
        words.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Makes room for one more entry of `length` words.
    private mutating func makeRoom(_ length: Int) -> Bool {
        if (count + 1) * 4 > slots.count * 3 {
            guard slots.count < slotLimit else { return false }
            growSlots()
        }
        let needed = words.count + length
        guard needed <= wordLimit else { return false }
        if needed > words.capacity {
            words.reserveCapacity(min(wordLimit, max(needed, 2 * words.capacity, 64)))
        }
        return true
    }

    private mutating func growSlots() {
        let old = slots
        slots = [UInt64](repeating: 0, count: min(slotLimit, max(8, old.count * 2)))
        for slot in old where slot != 0 { fill(slot) }
    }

    /// Makes a slot lead to the end of the entries.
    private mutating func link(_ hash: UInt64) {
        fill(hash & 0xffff_ffff_0000_0000 | UInt64(words.count + 1))
        count += 1
    }

    private mutating func fill(_ slot: UInt64) {
        let mask = slots.count - 1
        var at = Int(truncatingIfNeeded: slot >> 32) & mask
        while slots[at] != 0 { at = (at + 1) & mask }
        slots[at] = slot
    }
}
