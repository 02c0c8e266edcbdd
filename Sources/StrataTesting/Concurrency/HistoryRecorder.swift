import StrataModel
import StrataRefs
import Synchronization

/// Writes down what the threads of a history do, by one clock that all share.
final class HistoryRecorder: Sendable {
    /// What a snapshot showed.
    struct Look: Sendable {
        struct Seen: Sendable {
            /// What was seen of which slot; of a listing, of all of them.
            var values: [(slot: Int, value: Int)]
            let kind: Glance.Kind
            let end: Int
        }

        let thread: Int
        /// When the snapshot was taken.
        let start: Int
        let end: Int
        var seen: [Seen] = []
    }

    struct Records: Sendable {
        var operations: [HistoryOperation] = []
        var looks: [Look] = []
        /// The values of edits that were refused, and the calls.
        var refused: [Int: String] = [:]
        /// The values that were written, or may have been, by slot.
        var written: [Int: [(value: Int, isCertain: Bool)]] = [:]
        /// The references whose reflog was expired.
        var expired: Set<RefName> = []
        /// What was wrong at once.
        var failures: [StoreFailure] = []
        /// The calls that have not returned, by thread.
        var running: [Int: String] = [:]
    }

    private let clock = Atomic<Int>(0)
    private let records = Mutex(Records())
    /// The longest that a call may take.
    private let patience: Duration

    init(patience: Duration) { self.patience = patience }

    var all: Records { records.withLock { $0 } }

    func change(_ body: (inout Records) -> Void) { records.withLock { body(&$0) } }

    func fail(_ check: String, _ finding: String, _ lines: [String] = []) {
        records.withLock { $0.failures.append(StoreFailure(check, finding, history: lines)) }
    }

    /// Makes a call.
    ///
    /// - Returns: its answer and the moments between which it ran.
    func call<Answer>(_ thread: Int, _ text: String, _ body: () -> Answer) -> (answer: Answer, start: Int, end: Int) {
        let begin = ContinuousClock.now
        records.withLock { $0.running[thread] = text }
        let start = clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        let answer = body()
        let end = clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        let time = begin.duration(to: .now)
        records.withLock { $0.running[thread] = nil }
        if time > patience {
            fail(
                ConcurrencyCheck.returns, "a call took \(time), with a deadline long before",
                ["\(start) to \(end), thread \(thread): \(text)"])
        }
        return (answer, start, end)
    }
}

/// The names of the checks that are made of concurrent histories.
enum ConcurrencyCheck {
    static let references = "concurrency: each reference"
    static let transactions = "concurrency: transactions"
    static let readers = "concurrency: transactions before readers"
    static let listings = "concurrency: transactions in one reading"
    static let snapshots = "concurrency: snapshots"
    static let conflicts = "concurrency: names that exclude each other"
    static let refused = "concurrency: refused edits"
    static let reflogs = "concurrency: reflogs"
    static let reads = "concurrency: reads"
    static let upkeep = "concurrency: upkeep"
    static let returns = "concurrency: calls return"
}
