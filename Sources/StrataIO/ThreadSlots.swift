import Glibc
public import Synchronization

/// Objects that lie ready for whoever needs one. Each thread looks in a slot of its own first, so that threads do not meet.
///
/// Sendable because the slots are atomic, their address is constant, they live as long as this value, and an object belongs to a slot, or to the one
/// thread that took it out.
@safe
public struct ThreadSlots<Object: AnyObject>: ~Copyable, @unchecked Sendable {
    /// A word to a cache line: a reference that is owned, or zero.
    @usableFromInline
    struct Slot: ~Copyable {
        @usableFromInline let word = Atomic<UInt>(0)
        let rest: [7 of UInt64] = .init(repeating: 0)

        @inlinable
        func take() -> Unmanaged<Object>? {
            guard word.load(ordering: .relaxed) != 0 else { return nil }
            let bits = word.exchange(0, ordering: .acquiring)
            return unsafe UnsafeRawPointer(bitPattern: bits).map { unsafe Unmanaged<Object>.fromOpaque($0) }
        }
    }

    /// So many slots there are: as many as six bits write.
    public static var count: Int { 64 }
    /// So many slots are looked at before it is said that there is nothing, or no room.
    @inlinable static var tries: Int { 4 }

    @usableFromInline let slots: UnsafeMutablePointer<Slot>

    public init() {
        let bytes = Self.count * MemoryLayout<Slot>.stride
        unsafe slots = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: Slot.self, capacity: Self.count)
        for place in 0..<Self.count { unsafe (slots + place).initialize(to: Slot()) }
    }

    deinit {
        removeAll()
        for place in 0..<Self.count { unsafe (slots + place).deinitialize(count: 1) }
        unsafe slots.deallocate()
    }

    /// An object out of the slots, which the caller owns from now on, and gives back or releases; nil when there is none near by.
    @unsafe @inlinable
    public func take() -> Unmanaged<Object>? {
        let first = Self.ownSlot
        for step in 0..<Self.tries {
            if let taken = unsafe slots[(first + step) % Self.count].take() { return unsafe taken }
        }
        return nil
    }

    /// Puts an object that the caller owns into a slot that is free.
    ///
    /// - Returns: the slot; nil when there is none near by, and the object still is the caller's.
    @unsafe @inlinable
    public func give(_ object: Unmanaged<Object>) -> Int? {
        let bits = unsafe UInt(bitPattern: object.toOpaque())
        let first = Self.ownSlot
        for step in 0..<Self.tries {
            let place = (first + step) % Self.count
            let stored = unsafe slots[place].word.compareExchange(
                expected: 0, desired: bits, ordering: .sequentiallyConsistent)
            if stored.exchanged { return place }
        }
        return nil
    }

    /// Lets go of what is in a slot. Sequentially consistent, as ``give(_:)`` is: who says before that something is not to be given any more, and who
    /// looks after giving it whether that was said, do not both miss the other.
    public func remove(at place: Int) {
        precondition(place >= 0 && place < Self.count)
        let bits = unsafe slots[place].word.exchange(0, ordering: .sequentiallyConsistent)
        if let pointer = unsafe UnsafeRawPointer(bitPattern: bits) {
            unsafe Unmanaged<Object>.fromOpaque(pointer).release()
        }
    }

    /// Lets go of all that is in the slots.
    public func removeAll() { for place in 0..<Self.count { remove(at: place) } }

    /// Threads are told apart by where the system keeps them, some pages from each other.
    @inlinable public static var ownSlot: Int { Int((threadNumber &* 0x9e37_79b9_7f4a_7c15) >> 58) }

    /// A number that no other thread has at this time.
    @usableFromInline static var threadNumber: UInt64 { UInt64(pthread_self()) }
}
