import Glibc
import Synchronization

/// Inflaters that nobody uses. Each thread looks in a slot of its own first, so that threads do not meet.
///
/// Sendable because the slots are atomic, their address is constant, they live as long as the process, and an inflater belongs to a slot, or to the one
/// thread that took it out.
@safe
struct IdleInflaters: @unchecked Sendable {
    /// A word to a cache line: a reference that is owned, or zero.
    private struct Slot: ~Copyable {
        let word = Atomic<UInt>(0)
        let rest: [7 of UInt64] = .init(repeating: 0)
    }

    /// The numbers that six bits write.
    static let count = 64
    /// So many slots are looked at before an inflater is made, or let go.
    private static let tries = 4

    private let slots: UnsafeMutablePointer<Slot>

    init() {
        unsafe slots = .allocate(capacity: Self.count)
        for place in 0..<Self.count { unsafe (slots + place).initialize(to: Slot()) }
    }

    func take() -> Inflater? {
        let first = Self.ownSlot
        for step in 0..<Self.tries {
            let place = (first + step) % Self.count
            guard unsafe slots[place].word.load(ordering: .relaxed) != 0,
                let taken = unsafe UnsafeRawPointer(bitPattern: slots[place].word.exchange(0, ordering: .acquiring))
            else { continue }
            return unsafe Unmanaged<Inflater>.fromOpaque(taken).takeRetainedValue()
        }
        return nil
    }

    func give(_ inflater: Inflater) {
        let given = unsafe Unmanaged.passRetained(inflater)
        let bits = unsafe UInt(bitPattern: given.toOpaque())
        let first = Self.ownSlot
        for step in 0..<Self.tries {
            let place = (first + step) % Self.count
            if unsafe slots[place].word.compareExchange(expected: 0, desired: bits, ordering: .releasing).exchanged {
                return
            }
        }
        unsafe given.release()
    }

    /// Threads are told apart by where the system keeps them, some pages from each other.
    static var ownSlot: Int {
        Int((UInt64(pthread_self()) &* 0x9e37_79b9_7f4a_7c15) >> 58)
    }
}
