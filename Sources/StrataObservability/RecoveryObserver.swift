public import CoreMetrics
public import Logging
public import StrataFiles
import SystemPackage

/// Logs and counts the transactions of dead processes that this one finishes.
///
///     let intents = RefIntents(commonDirectory: directory, observe: RecoveryObserver(label: "refs", logger: logger).note)
public struct RecoveryObserver: Sendable {
    private let log: RefLog
    private let recoveries: Counter
    private let moved: Counter

    /// - Parameters:
    ///   - label: the dimension `store` of the metrics, and `store` in log lines.
    ///   - logger: gets a `notice` for each such transaction, a `warning` where references had moved on; nil = nobody does.
    ///   - factory: makes the metrics.
    public init(label: String, logger: Logger? = nil, factory: any MetricsFactory = MetricsSystem.factory) {
        log = RefLog(logger: logger, label: label)
        let dimensions = [("store", label)]
        recoveries = Counter(label: "strata.refs.recoveries", dimensions: dimensions, factory: factory)
        moved = Counter(label: "strata.refs.recoveries.moved", dimensions: dimensions, factory: factory)
    }

    /// Notes what became of one transaction. Names at most eight references.
    @Sendable
    public func note(_ outcome: RefIntentOutcome) {
        recoveries.increment()
        if !outcome.movedOn.isEmpty { moved.increment(by: outcome.movedOn.count) }
        let isPartial = !outcome.movedOn.isEmpty
        var metadata = RefLog.told(isPartial ? outcome.movedOn : outcome.changed)
        metadata["store"] = "\(log.label)"
        metadata["intent"] = "\(outcome.path.string)"
        metadata["owner"] = "\(outcome.ownerID)"
        log.logger?.log(
            level: isPartial ? .warning : .notice,
            isPartial
                ? "references of a dead process's transaction had moved on"
                : "the transaction of a dead process was finished",
            metadata: metadata)
    }
}
