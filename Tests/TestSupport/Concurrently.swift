import Glibc
import Synchronization

/// Runs `body` on `count` threads of their own and waits for all: for code that blocks, which tasks must not. The first
/// error is thrown.
public func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let work = Work(body)
    var threads: [pthread_t] = []
    for _ in 0..<count {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(work).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().runNext()
                return nil
            }, context)
        if failure == 0 {
            threads.append(thread)
        } else {
            unsafe Unmanaged<Work>.fromOpaque(context).release()
        }
    }
    for thread in threads { pthread_join(thread, nil) }
    if let error = work.failure.withLock({ $0 }) { throw error }
    precondition(threads.count == count, "cannot start a thread")
}

private final class Work: Sendable {
    let body: @Sendable (Int) throws -> Void
    let next = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)

    init(_ body: @escaping @Sendable (Int) throws -> Void) { self.body = body }

    func runNext() {
        let index = next.add(1, ordering: .relaxed).oldValue
        do {
            try body(index)
        } catch {
            failure.withLock { if $0 == nil { $0 = error } }
        }
    }
}
