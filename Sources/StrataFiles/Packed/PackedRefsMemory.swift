/// Bytes on the heap, filled once: a small `packed-refs` file, or the sorted records of one that was not sorted.
@safe
final class PackedRefsMemory: Sendable {
    // Sendable: written only before the initialiser returns.
    nonisolated(unsafe) let base: UnsafePointer<UInt8>
    let count: Int

    /// `count` bytes, which `fill` has to write in full.
    init<E: Error>(count: Int, fill: (UnsafeMutableBufferPointer<UInt8>) throws(E) -> Void) throws(E) {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
        unsafe memory.initialize(repeating: 0, count: max(count, 1))
        do throws(E) {
            try unsafe fill(UnsafeMutableBufferPointer(start: memory, count: count))
        } catch {
            unsafe memory.deallocate()
            throw error
        }
        unsafe base = UnsafePointer(memory)
        self.count = count
    }

    deinit { unsafe base.deallocate() }
}
