import Glibc
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage

/// Folds the transactions that wait for the gate of an environment into one commit.
///
/// Whoever comes through the gate takes all that wait, decides them in their order, each upon what those before it have done, and commits
/// once. The others find theirs done. A thread begins and ends its write transaction itself, as LMDB needs it.
///
/// Those whose transactions are in one commit come back together when it is done, while those that came meanwhile wait. Were these taken at once,
/// each commit would be of one half. So whoever is first waits for as many as there were, for about a quarter of the time that the commit took.
final class LMDBGroups: Sendable {
    private let queue = Mutex(Queue())

    private struct Queue {
        var jobs: [LMDBGroupJob] = []
        /// How many callers they are of.
        var callers = 0
        /// How many callers there were last time.
        var crowd = 1
        /// How many nanoseconds to wait for them.
        var patience: Int64 = 0
    }

    func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext, to store: LMDBRefStore
    ) -> [Result<RefTransactionResult, RefError>] {
        let jobs = transactions.map { LMDBGroupJob($0, context, store) }
        if context.observers.isEmpty {
            var areOpen = true
            for job in jobs where !job.check() { areOpen = false }
            let open = areOpen ? jobs : jobs.filter(\.isOpen)
            if !open.isEmpty { run(open, context, store) }
            return jobs.map { $0.finish() }
        }
        // Observers of one caller's transaction are told of its end before they hear of the next.
        return jobs.map { job in
            if job.check() { run([job], context, store) }
            return job.finish()
        }
    }

    private func run(_ jobs: [LMDBGroupJob], _ context: RefTransactionContext, _ store: LMDBRefStore) {
        let environment = store.environment
        queue.withLock { queue in
            if queue.jobs.isEmpty { queue.jobs = jobs } else { queue.jobs += jobs }
            queue.callers += 1
        }
        do throws(RefError) {
            if environment.isReadOnly { throw LMDBFailure.readOnly.error(at: environment.directory.string) }
            let isInside = try environment.gate.enter(until: store.deadline(context.deadline)) {
                jobs.allSatisfy(\.isDone)
            }
            guard isInside else { return }
        } catch {
            let left = takeBack(jobs)
            for job in left { job.refuse(error) }
            // What somebody has taken already is decided by now, or soon.
            environment.gate.wait(until: { jobs.allSatisfy(\.isDone) })
            return
        }
        defer { environment.gate.leave() }
        awaitCrowd()
        let (taken, callers) = queue.withLock { queue in
            defer { (queue.jobs, queue.callers) = ([], 0) }
            return (queue.jobs, queue.callers)
        }
        if !taken.isEmpty { commit(taken, of: callers, environment, store, context.deadline) }
    }

    /// Gives way to those that have just been told that theirs are done, and may come with more.
    private func awaitCrowd() {
        let (crowd, patience) = queue.withLock { ($0.crowd, $0.patience) }
        guard crowd > 1, patience >= Self.leastPatience else { return }
        let end = monotonicNanoseconds() + patience
        while queue.withLock({ $0.callers }) < crowd, monotonicNanoseconds() < end { sched_yield() }
    }

    /// Notes how many callers there are, of whom `callers` are about to be told, and how long that has taken them since `start`.
    private func noteCrowd(_ callers: Int, since start: Int64) {
        let crowd = queue.withLock { queue in
            queue.crowd = callers + queue.callers
            return queue.crowd
        }
        // Nobody is waited for where there is one.
        if crowd == 1 { return }
        let patience = min((monotonicNanoseconds() - start) / 4, Self.mostPatience)
        queue.withLock { $0.patience = patience }
    }

    /// In less time nobody comes back.
    private static let leastPatience: Int64 = 5000
    private static let mostPatience: Int64 = 1_000_000

    /// Those of `jobs` that nobody has taken.
    private func takeBack(_ jobs: [LMDBGroupJob]) -> [LMDBGroupJob] {
        queue.withLock { queue in
            let left = queue.jobs.filter { one in jobs.contains { $0 === one } }
            queue.jobs.removeAll { one in jobs.contains { $0 === one } }
            if !left.isEmpty { queue.callers -= 1 }
            return left
        }
    }

    private func commit(
        _ jobs: [LMDBGroupJob], of callers: Int, _ environment: LMDBEnvironment, _ store: LMDBRefStore,
        _ deadline: Deadline?
    ) {
        do throws(RefError) {
            try commitOnce(jobs, of: callers, environment, store, deadline)
        } catch {
            queue.withLock { $0.crowd = 1 }
            // What may be there must not be done again.
            if case .uncertain = error.cause as? LMDBFailure {
                for job in jobs { job.fail(error) }
                return
            }
            // What one of them has broken must not be the others' failure.
            guard jobs.count > 1 else { return jobs[0].fail(error) }
            for job in jobs {
                do throws(RefError) {
                    try commitOnce([job], of: 1, environment, store, deadline)
                } catch {
                    job.fail(error)
                }
            }
        }
    }

    private func commitOnce(
        _ jobs: [LMDBGroupJob], of callers: Int, _ environment: LMDBEnvironment, _ store: LMDBRefStore,
        _ deadline: Deadline?
    ) throws(RefError) {
        var durability = Durability.none
        for job in jobs { durability = max(durability, job.durability) }
        let start = monotonicNanoseconds()
        var decided = 0
        do throws(RefError) {
            try environment.write(durability, until: store.deadline(deadline)) { writer throws(RefError) in
                decided = 0
                for job in jobs where try job.decide(in: writer) { decided += 1 }
                // All of them were rejected: there is nothing to write, nor to sync.
                if decided == 0 { throw Self.nothing }
            }
        } catch {
            if error.code != Self.nothing.code || decided > 0 { throw error }
        }
        noteCrowd(callers, since: start)
        // Only now: until it is told, a transaction may be decided again, after a failure of the write transaction.
        for job in jobs { job.succeed() }
    }

    private static let nothing = RefError(.refused, "")
}

/// One transaction that waits for its commit.
///
/// Sendable because it is used by the thread that submitted it until it is handed over, by the one that took it, and after ``isDone`` by the
/// first again.
final class LMDBGroupJob: @unchecked Sendable {
    private enum Outcome {
        case waiting
        case done(RefError?)
    }

    private let store: LMDBRefStore
    private var run: RefTransactionRun
    /// What was rejected or failed before there was anything to commit.
    private var failure: RefError?
    private var isFresh = true
    private let outcome = Mutex(Outcome.waiting)

    init(_ transaction: RefTransaction, _ context: RefTransactionContext, _ store: LMDBRefStore) {
        self.store = store
        run = RefTransactionRun(transaction, on: store, context)
    }

    var durability: Durability { run.context.durability ?? store.durability }

    /// What needs no lock. - Returns: whether there is anything left to decide.
    func check() -> Bool {
        do throws(RefError) { try run.check() } catch { failure = error }
        return isOpen
    }

    /// Whether it was not rejected yet.
    var isOpen: Bool { failure == nil }

    /// Decides the transaction and carries it out in `writer`.
    ///
    /// - Returns: whether it is to be committed. Throws what is no verdict on it but a failure of the write transaction.
    func decide(in writer: LMDBWriter) throws(RefError) -> Bool {
        if !isFresh {
            // Again, after the write transaction it was part of has failed.
            run = RefTransactionRun(run.transaction, on: store, run.context)
            failure = nil
            guard check() else { return false }
        }
        isFresh = false
        let hold = LMDBGroupHold(LMDBRefWriter(writer, store), isObserved: !run.context.observers.isEmpty)
        do throws(RefError) {
            try run.prepare(under: hold)
            return true
        } catch {
            if let broken = hold.failure { throw broken }
            failure = error
            return false
        }
    }

    /// Decides the transaction by what keeps its names from being held.
    func refuse(_ error: RefError) {
        let hold = LMDBHold(store, LMDBSession(store.environment, refusing: error))
        do throws(RefError) { try run.prepare(under: hold) } catch { failure = error }
        succeed()
    }

    func succeed() { outcome.withLock { $0 = .done(nil) } }

    func fail(_ error: RefError) { outcome.withLock { $0 = .done(error) } }

    var isDone: Bool { outcome.withLock { if case .done = $0 { true } else { false } } }

    /// The verdict, told to observers too. Called when it is done.
    func finish() -> Result<RefTransactionResult, RefError> {
        if let failure { return .failure(failure) }
        if case .done(let error?) = outcome.withLock({ $0 }) {
            run.abort()
            return .failure(error)
        }
        do throws(RefError) { return .success(try run.commit()) } catch { return .failure(error) }
    }
}
