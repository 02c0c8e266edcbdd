/// Numbers of pages, of which a transaction comes to a few dozen: an open table, half full at most. For one thread at a time.
final class LMDBPageNumbers {
    /// 0 = nothing is here: no tree has the first page.
    private var slots = none
    private var count = 0
    private static let none = [UInt64](repeating: 0, count: 64)
    /// Makes it impossible for a file to say which numbers fall on one slot.
    private static let factor = UInt64.random(in: .min ... .max) | 1

    /// Where `number` is, or the slot that it would take.
    private func slot(of number: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (number &* Self.factor) >> 32) & (slots.count - 1)
        while slots[slot] != 0, slots[slot] != number { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    /// `number` must not be 0, here and below.
    func contains(_ number: UInt64) -> Bool { slots[slot(of: number)] != 0 }

    func removeAll() {
        count = 0
        // A transaction that came to many is not what the next is like.
        if slots.count > Self.none.count {
            slots = Self.none
        } else {
            for slot in slots.indices { slots[slot] = 0 }
        }
    }

    func insert(_ number: UInt64) {
        let slot = slot(of: number)
        if slots[slot] != 0 { return }
        slots[slot] = number
        count += 1
        if count * 2 <= slots.count { return }
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for number in old where number != 0 { slots[self.slot(of: number)] = number }
    }
}
