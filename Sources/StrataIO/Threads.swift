import Glibc
import Synchronization

/// Threads for work that blocks or computes, which tasks of a concurrency runtime must not do.
package enum Threads {
    /// Runs `body` with each number below `count` at once: 0 on the calling thread, the others on threads of their own, and waits for all.
    ///
    /// Where the system gives no more threads, those that there are run what is left one after the other: a body must not wait for another to begin.
    package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        guard count > 1 else { return body(0) }
        let work = Work(count: count, body)
        var threads: [pthread_t] = []
        for _ in 1..<count {
            guard let thread = create({ work.run() }) else { break }
            threads.append(thread)
        }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Runs `body` on a thread of its own, for which nobody waits; false where the system gives no more threads.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let thread = create(body) else { return false }
        pthread_detach(thread)
        return true
    }

    private static func create(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        final class Body: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        if failure == 0 { return thread }
        unsafe Unmanaged<Body>.fromOpaque(context).release()
        return nil
    }

    /// The number of processors.
    package static let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    private final class Work: Sendable {
        private let count: Int
        private let body: @Sendable (Int) -> Void
        private let next = Atomic<Int>(0)

        init(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.count = count
            self.body = body
        }

        func run() {
            while case let index = next.add(1, ordering: .relaxed).oldValue, index < count { body(index) }
        }
    }
}
