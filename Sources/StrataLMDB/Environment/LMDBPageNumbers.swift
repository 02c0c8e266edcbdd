/// Numbers of pages, of which a transaction comes to a few dozen: an open table, half full at most. For one thread at a time.
///
/// In memory of its own: an array in an object is asked for its one owner and for its bounds each time, several times a page.
@safe
final class LMDBPageNumbers {
    /// `slotCount` of them; 0 = nothing is here: no tree has the first page.
    private var slots: UnsafeMutablePointer<UInt64>
    /// A power of two.
    private var slotCount: Int
    private var count = 0
    private static let leastSlots = 64
    /// Makes it impossible for a file to say which numbers fall on one slot.
    private let factor = UInt64.random(in: .min ... .max) | 1

    init() {
        slotCount = Self.leastSlots
        unsafe slots = Self.empty(slotCount)
    }

    deinit { unsafe slots.deallocate() }

    private static func empty(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        unsafe slots.initialize(repeating: 0, count: count)
        return unsafe slots
    }

    /// Where `number` is, or the slot that it would take.
    private func slot(of number: UInt64) -> UnsafeMutablePointer<UInt64> {
        let (slots, last) = unsafe (slots, slotCount - 1)
        var slot = Int(truncatingIfNeeded: (number &* factor) >> 32) & last
        while unsafe slots[slot] != 0, unsafe slots[slot] != number { slot = (slot + 1) & last }
        return unsafe slots + slot
    }

    /// `number` must not be 0, here and below.
    func contains(_ number: UInt64) -> Bool { unsafe slot(of: number).pointee != 0 }

    func removeAll() {
        if count == 0 { return }
        count = 0
        if slotCount == Self.leastSlots { return unsafe slots.update(repeating: 0, count: slotCount) }
        // A transaction that came to many is not what the next is like.
        unsafe slots.deallocate()
        slotCount = Self.leastSlots
        unsafe slots = Self.empty(slotCount)
    }

    func insert(_ number: UInt64) {
        let slot = unsafe slot(of: number)
        if unsafe slot.pointee != 0 { return }
        unsafe slot.pointee = number
        count += 1
        if count * 2 <= slotCount { return }
        let (old, oldCount) = unsafe (slots, slotCount)
        slotCount *= 2
        unsafe slots = Self.empty(slotCount)
        for index in 0..<oldCount where unsafe old[index] != 0 { unsafe self.slot(of: old[index]).pointee = old[index] }
        unsafe old.deallocate()
    }
}
