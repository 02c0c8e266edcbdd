import Glibc

/// Threads that wait for work, for who has some again and again: to start a thread takes longer than small work does.
///
/// They are started when there is first something to do, and end when their owner lets go of the crew, each after what it is at.
package final class Crew {
    private let count: Int
    private var hasStarted = false
    /// Held by the threads too, for as long as they live.
    let orders = Monitor(Orders())

    struct Orders {
        var body: (@Sendable () -> Void)?
        /// The number of times that there was work, and of threads that are wanted for the last.
        var number = 0
        var wanted = 0
        var isOver = false
    }

    /// A crew of `count` threads, or fewer where the system gives no more.
    package init(count: Int) { self.count = count }

    deinit { orders.change { $0.isOver = true } }

    /// Lets at most `wanted` threads run `body` once each, those that are free by then, and does not wait for them. What was begun before and no thread
    /// has come to is dropped.
    package func begin(_ wanted: Int, _ body: @escaping @Sendable () -> Void) {
        if !hasStarted { start() }
        orders.change { orders in
            orders.body = body
            orders.number += 1
            orders.wanted = min(wanted, count)
        }
    }

    private func start() {
        hasStarted = true
        for _ in 0..<count {
            guard Threads.start({ [orders] in Self.run(orders) }) else { return }
        }
    }

    private static func run(_ orders: Monitor<Orders>) {
        var last = 0
        while true {
            let body: (@Sendable () -> Void)?? = orders.wait(until: .never) { orders in
                if orders.isOver { return .some(nil) }
                guard orders.number != last, orders.wanted > 0 else { return nil }
                last = orders.number
                orders.wanted -= 1
                defer { if orders.wanted == 0 { orders.body = nil } }
                return orders.body
            }
            guard let body, let body else { return }
            body()
        }
    }
}
