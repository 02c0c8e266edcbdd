public import CoreMetrics
public import Logging
import StrataIO
public import StrataModel
public import StrataRefs

/// Any store, with metrics and log lines of what is done through it.
///
/// Everything passes to the store beneath as it is: its snapshots, stamps, capabilities and commit domain, so that an observed store may stand
/// anywhere in a composition, and a transaction that spans it and others still commits as one. What is done to the store beneath beside
/// this one is not seen.
///
/// **Metrics.** Each has the dimension `store`, the label that the store was given.
///
/// | label | kind | what |
/// | --- | --- | --- |
/// | `strata.refs.snapshot` | timer | taking a snapshot |
/// | `strata.refs.read` | timer | reading a name; one read of many, see ``ObservedRefStore/init(_:label:logger:factory:readSampling:)`` |
/// | `strata.refs.list` | timer | a listing, from its beginning until it ended or was let go, the caller's time between included |
/// | `strata.refs.hold` | timer | locking and deciding a transaction |
/// | `strata.refs.commit` | timer | publishing it |
/// | `strata.refs.reads` | counter | names read |
/// | `strata.refs.rows` | counter | references that listings yielded, added when a listing ends |
/// | `strata.refs.transactions` | counter | dimension `outcome`: `committed`, `refused` (a rejection, or an observer's no), `failed`; a part of a joint commit that stays committed though another fails counts as committed |
/// | `strata.refs.rejections` | counter | rejected edits, those of batches too; dimension `reason`, as `RefRejection.Reason` has them |
/// | `strata.refs.failures` | counter | errors; dimension `code`, as `RefError.Code` has them: `locked` are the time-outs |
/// | `strata.refs.recoveries` | counter | transactions of dead processes that were finished |
/// | `strata.refs.recoveries.moved` | counter | references of those that had moved on |
///
/// **Cost.** A read costs a count more (0.05 µs), and the time of one read in 64 is taken. A listing costs one more call a reference (0.04 µs), a snapshot
/// 0.2 µs, a transaction 1.3. Safe to share between threads as far as the store beneath is.
public final class ObservedRefStore: RefStore {
    public let base: any RefStore
    let metrics: RefMetrics
    let log: RefLog

    /// - Parameters:
    ///   - label: the dimension `store` of all metrics, and `store` in log lines.
    ///   - logger: is told of transactions that were not committed; nil = nobody is.
    ///   - factory: makes the metrics.
    ///   - readSampling: the time of one read in so many is taken; 0 = of none.
    public init(
        _ base: any RefStore, label: String, logger: Logger? = nil,
        factory: any MetricsFactory = MetricsSystem.factory, readSampling: Int = 64
    ) {
        self.base = base
        metrics = RefMetrics(label: label, factory: factory, sampling: readSampling)
        log = RefLog(logger: logger, label: label)
    }

    public var capabilities: RefStoreCapabilities { base.capabilities }
    public var hashAlgorithm: HashAlgorithm { base.hashAlgorithm }
    public var commitDomain: CommitDomainID { base.commitDomain }
    public var reflogs: (any ReflogStore)? { base.reflogs }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        let start = monotonicNanoseconds()
        let snapshot: any RefSnapshot
        do throws(RefError) {
            snapshot = try base.snapshot()
        } catch {
            metrics.count(error.code)
            throw error
        }
        metrics.snapshot.recordNanoseconds(monotonicNanoseconds() - start)
        return ObservedRefSnapshot(base: snapshot, metrics: metrics)
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try base.stamp(covering: scope) }

    public func makeHold() throws(RefError) -> any HeldRefs { ObservedHold(try base.makeHold(), self) }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs {
        ObservedHold(try base.makeHold(sharing: shares), self)
    }

    /// The store beneath decides and commits, folding what it can; each transaction is timed between its states.
    public func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext
    ) -> [Result<RefTransactionResult, RefError>] {
        let clock = TransactionClock(metrics)
        var context = context
        context.observers = [clock.first] + context.observers + [clock.last]
        let results = base.submit(transactions, context)
        for (transaction, result) in zip(transactions, results) { account(for: transaction, result) }
        return results
    }

    private func account(for transaction: RefTransaction, _ result: Result<RefTransactionResult, RefError>) {
        switch result {
        case .success(let verdicts):
            metrics.count(.committed)
            let rejections = verdicts.rejections.compactMap { $0 }
            for rejection in rejections { metrics.count(rejection.reason) }
            log.rejected(rejections)
        case .failure(let error): failed(error, transaction.edits.map(\.name))
        }
    }

    func failed(_ error: RefError, _ names: [RefName]? = nil) {
        metrics.count(RefMetrics.Outcome(error))
        if let reason = error.rejection?.reason { metrics.count(reason) } else { metrics.count(error.code) }
        log.failed(error, names)
    }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        var own = explain(question, as: "observed", around: base)
        own.notes = ["counted as '\(log.label)'"]
        return own
    }
}
