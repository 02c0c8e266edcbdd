import Glibc

/// Runs `body` with the numbers from 0 to `count` - 1, each on a thread of its own, and waits for all.
///
/// For work that blocks: tasks would share as many threads as there are cores.
public func withThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for number in 0..<count {
        let start = ThreadStart { body(number) }
        var thread = pthread_t()
        let passed = unsafe Unmanaged.passRetained(start).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, passed)
        if failure == 0 { threads.append(thread) } else { unsafe Unmanaged<ThreadStart>.fromOpaque(passed).release() }
    }
    for thread in threads { pthread_join(thread, nil) }
}

private final class ThreadStart: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// The monotonic clock, in nanoseconds.
public func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
