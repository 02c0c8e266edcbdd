import Glibc
import StrataModel
import Synchronization

/// The kinds of entries of one pack that were found at the end of chains of deltas, so that no chain is followed twice. Bounded: what falls on
/// the same place replaces what was there.
///
/// Sendable because the words are atomic, the pointer is constant, and the memory lives as long as the memo. The memory is what the system gives as
/// zeros when it is first touched, which is what an atomic word of zero is: a process that asks for one object pays for one page.
@safe
final class KindMemo: @unchecked Sendable {
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int
    private let shift: Int

    /// A memo for a pack of `count` objects: 8 bytes for each, and at most 8 MiB.
    init(count: Int) {
        let bits = max(4, min(20, Int.bitWidth - max(count - 1, 1).leadingZeroBitCount))
        self.count = 1 << bits
        shift = 64 - bits
        guard let memory = unsafe calloc(self.count, MemoryLayout<Atomic<UInt64>>.stride) else {
            fatalError("no memory for \(self.count) words")
        }
        unsafe words = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    deinit { unsafe free(words) }

    private func place(_ offset: Int) -> Int {
        Int((UInt64(truncatingIfNeeded: offset) &* 0x9e37_79b9_7f4a_7c15) >> UInt64(shift))
    }

    /// The kind of the entry at `offset`, if it is known.
    func kind(at offset: Int) -> ObjectKind? {
        let word = unsafe words[place(offset)].load(ordering: .relaxed)
        guard word >> 3 == UInt64(truncatingIfNeeded: offset) else { return nil }
        return ObjectKind(rawValue: UInt8(word & 7))
    }

    func keep(_ kind: ObjectKind, at offset: Int) {
        let word = UInt64(truncatingIfNeeded: offset) << 3 | UInt64(kind.rawValue)
        unsafe words[place(offset)].store(word, ordering: .relaxed)
    }
}
