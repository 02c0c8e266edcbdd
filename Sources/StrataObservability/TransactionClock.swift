import CoreMetrics
import StrataIO
import StrataRefs
import Synchronization

/// Times transactions between the states that observers see. One observer stands before the caller's and one behind, so that their time, the
/// hook's say, is not taken for the store's.
final class TransactionClock: Sendable {
    private let metrics: RefMetrics
    private let mark = Mutex<Int64?>(nil)

    init(_ metrics: RefMetrics) { self.metrics = metrics }

    /// Stands before all other observers.
    var first: any RefTransactionObserver { First(clock: self) }
    /// Stands behind them.
    var last: any RefTransactionObserver { Last(clock: self) }

    private func begin() { mark.withLock { $0 = monotonicNanoseconds() } }

    /// The time since ``begin()``; nil where that was not.
    private func end() -> Int64? {
        mark.withLock { mark in
            defer { mark = nil }
            return mark.map { monotonicNanoseconds() - $0 }
        }
    }

    private struct First: RefTransactionObserver {
        let clock: TransactionClock

        func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
            switch phase {
            case .preparing: break
            case .prepared: if let time = clock.end() { clock.metrics.hold.recordNanoseconds(time) }
            case .committed: if let time = clock.end() { clock.metrics.commit.recordNanoseconds(time) }
            case .aborted: _ = clock.end()
            }
        }
    }

    private struct Last: RefTransactionObserver {
        let clock: TransactionClock

        func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
            if phase == .preparing || phase == .prepared { clock.begin() }
        }
    }
}
