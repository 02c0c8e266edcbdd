import Glibc
import StrataIO
import Synchronization

/// Threads of their own for work that blocks.
enum WorkThreads {
    /// Runs `body` with the numbers from 0 to `count` - 1, each on a thread of its own; all begin together.
    ///
    /// - Returns: whether all had ended by `deadline`. Those that had not are left to themselves: there is no way to stop a thread that waits.
    static func run(_ count: Int, until deadline: Deadline, _ body: @escaping @Sendable (Int) -> Void) -> Bool {
        let work = Work(count, body)
        for _ in 0..<count where !Threads.start({ work.run() }) {
            // Without a thread there is one less beside the others.
            work.leave()
        }
        var pause: useconds_t = 20
        while work.left.load(ordering: .acquiring) > 0 {
            if deadline.hasPassed { return false }
            usleep(pause)
            pause = min(pause * 2, 500)
        }
        return true
    }

    private final class Work: Sendable {
        private let body: @Sendable (Int) -> Void
        private let next = Atomic<Int>(0)
        private let awaited: Atomic<Int>
        let left: Atomic<Int>

        init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.body = body
            awaited = Atomic(count)
            left = Atomic(count)
        }

        func run() {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            awaited.wrappingSubtract(1, ordering: .acquiringAndReleasing)
            while awaited.load(ordering: .acquiring) > 0 { sched_yield() }
            body(number)
            left.wrappingSubtract(1, ordering: .releasing)
        }

        func leave() {
            awaited.wrappingSubtract(1, ordering: .acquiringAndReleasing)
            left.wrappingSubtract(1, ordering: .releasing)
        }
    }
}
