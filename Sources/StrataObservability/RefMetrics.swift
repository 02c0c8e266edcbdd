import CoreMetrics
import StrataRefs
import Synchronization

/// The metrics of one observed store, as ``ObservedRefStore`` lists them.
final class RefMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case committed, refused, failed

        /// What a transaction that ended with `error` has come to.
        init(_ error: RefError) {
            if error.hasTakenEffect {
                self = .committed
            } else {
                self = error.code == .rejected || error.code == .refused ? .refused : .failed
            }
        }
    }

    let snapshot: Timer
    let read: Timer
    let list: Timer
    let hold: Timer
    let commit: Timer
    let reads: Counter
    let rows: Counter
    private let outcomes: [Outcome: Counter]
    private let rejections: [RefRejection.Reason: Counter]
    private let factory: any MetricsFactory
    private let label: String
    private let sampling: UInt64
    private let asked = Atomic<UInt64>(0)

    init(label: String, factory: any MetricsFactory, sampling: Int) {
        let dimensions = [("store", label)]
        func timer(_ name: String) -> Timer {
            Timer(label: "strata.refs.\(name)", dimensions: dimensions, factory: factory)
        }
        func counter(_ name: String, _ more: (String, String)...) -> Counter {
            Counter(label: "strata.refs.\(name)", dimensions: dimensions + more, factory: factory)
        }
        (snapshot, read, list) = (timer("snapshot"), timer("read"), timer("list"))
        (hold, commit) = (timer("hold"), timer("commit"))
        (reads, rows) = (counter("reads"), counter("rows"))
        outcomes = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { ($0, counter("transactions", ("outcome", $0.rawValue))) })
        rejections = Dictionary(
            uniqueKeysWithValues: RefRejection.Reason.allCases.map { ($0, counter("rejections", ("reason", "\($0)"))) })
        self.factory = factory
        self.label = label
        self.sampling = UInt64(max(0, sampling))
    }

    /// Whether this read is to be timed.
    func isSampled() -> Bool {
        sampling != 0 && asked.wrappingAdd(1, ordering: .relaxed).oldValue % sampling == 0
    }

    func count(_ outcome: Outcome) { outcomes[outcome]?.increment() }

    func count(_ reason: RefRejection.Reason) { rejections[reason]?.increment() }

    /// Failures are few, and more codes may come.
    func count(_ code: RefError.Code) {
        Counter(
            label: "strata.refs.failures", dimensions: [("store", label), ("code", code.description)], factory: factory
        ).increment()
    }
}
