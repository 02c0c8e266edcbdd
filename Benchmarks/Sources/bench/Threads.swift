import Glibc
import Synchronization
import SystemPackage

/// Runs `body` on threads of their own, and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let failures = Mutex<[any Error]>([])
    var threads: [pthread_t] = []
    for number in 0..<count {
        let start = Start {
            do { try body(number) } catch { failures.withLock { $0.append(error) } }
        }
        var thread = pthread_t()
        let passed = unsafe Unmanaged.passRetained(start).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, passed)
        guard failure == 0 else { throw Errno(rawValue: failure) }
        threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
    if let first = failures.withLock({ $0.first }) { throw first }
}
