import StrataHash
import StrataIO
import StrataModel
import Synchronization

/// The second pass: applies each delta to its base, once that is known, and names the result. Trees of deltas are shared between threads.
///
/// Sendable because the records are written as ``PackRecords`` says, and the rest is constant or atomic.
final class DeltaResolution: Sendable {
    let records: PackRecords
    let references: ReferenceDeltas
    let pack: MappedBytes
    /// Where the entries end.
    let end: Int
    let algorithm: HashAlgorithm
    let limits: ReceivingLimits
    let checks: ReceivedChecks?
    /// What messages call the pack.
    let name: String
    private let total: Int
    private let progress: ProgressReport?

    private let done = Atomic<Int>(0)
    private let worked = Atomic<UInt64>(0)
    private let nextRoot = Atomic<Int>(0)
    /// The threads that wait, less what has been offered to them.
    private let wanted = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private let state = Monitor(State())

    private struct State {
        var offers: [DeltaFrame] = []
        var working = 0
        var failure: ObjectError?
    }

    init(
        _ scan: PackScan, in pack: MappedBytes, end: Int, algorithm: HashAlgorithm, limits: ReceivingLimits,
        checks: ReceivedChecks?, progress: ProgressReport?
    ) {
        records = scan.records
        references = ReferenceDeltas(scan.references)
        total = scan.deltas
        self.pack = pack
        name = pack.path.text
        self.end = end
        self.algorithm = algorithm
        self.limits = limits
        self.checks = checks
        self.progress = progress
    }

    /// The number of deltas that have been resolved.
    var resolved: Int { done.load(ordering: .relaxed) }
    /// The number of deltas that have not.
    var unresolved: Int { total - resolved }

    /// Resolves all that hang on objects that are whole.
    func run(threads: Int) throws(ObjectError) {
        if total == 0 { return }
        progress?.at(0, of: total)
        let threads = max(1, min(threads, records.count))
        state.withLock { $0.working = threads }
        Threads.run(threads) { _ in self.work() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        try pack.checkWhole()
    }

    /// Resolves all that hang on the object of one entry, whose contents are `bytes`.
    func run(from index: Int, _ bytes: [UInt8]) throws(ObjectError) {
        guard let frame = frame(of: index, bytes: bytes) else { return }
        try withWorker { worker throws(ObjectError) in
            worker.given = (index, bytes)
            try worker.resolve(from: frame)
        }
        try pack.checkWhole()
    }

    private func withWorker(_ body: (DeltaWorker) throws(ObjectError) -> Void) throws(ObjectError) {
        try Inflater.with { (failure) -> ObjectError in
            ObjectError(.unavailable, file: name, failure.cause)
        } _: { inflater throws(ObjectError) in
            defer { inflater.trim() }
            try body(DeltaWorker(self, inflater))
        }
    }

    private func work() {
        do throws(ObjectError) {
            try withWorker { worker throws(ObjectError) in
                while let frame = next() { try worker.resolve(from: frame) }
            }
        } catch {
            stopped.store(true, ordering: .relaxed)
            state.change { $0.failure = $0.failure ?? error }
        }
    }

    /// What to do next: an object with deltas against it, or part of another thread's work. Nil at the end.
    private func next() -> DeltaFrame? {
        while case let index = nextRoot.add(1, ordering: .relaxed).oldValue, index < records.count {
            if hasFailed { return nil }
            if !records[index].isDelta, let frame = frame(of: index, bytes: nil) { return frame }
        }
        wanted.add(1, ordering: .relaxed)
        state.change { $0.working -= 1 }
        let given = state.wait(until: .never) { state -> DeltaFrame?? in
            if state.failure != nil { return .some(nil) }
            if let offer = state.offers.popLast() {
                state.working += 1
                return offer
            }
            return state.working == 0 ? .some(nil) : nil
        }
        if let frame = given ?? nil { return frame }
        wanted.subtract(1, ordering: .relaxed)
        return nil
    }

    // MARK: - For the workers

    /// Whether a thread has failed: then all stop.
    @inline(__always) var hasFailed: Bool { stopped.load(ordering: .relaxed) }
    /// Whether a thread has nothing to do.
    @inline(__always) var isWanted: Bool { wanted.load(ordering: .relaxed) > 0 }

    /// Gives a part of one's work away.
    func offer(_ frame: DeltaFrame) {
        wanted.subtract(1, ordering: .relaxed)
        state.change { $0.offers.append(frame) }
    }

    /// The deltas against an object whose name is known; nil when there are none.
    @inline(__always)
    func frame(of index: Int, bytes: [UInt8]?) -> DeltaFrame? {
        let references = references.range(of: records[index].id)
        guard records[index].firstChild != PackRecord.none || !references.isEmpty else { return nil }
        return DeltaFrame(record: index, bytes: bytes, next: records[index].firstChild, references: references)
    }

    /// Counts bytes that deltas gave.
    func spend(_ size: Int, at offset: Int) throws(ObjectError) {
        guard worked.add(UInt64(size), ordering: .relaxed).newValue <= limits.work else {
            throw ObjectError(
                .tooLarge, file: name, offset: UInt64(offset), "the deltas of the pack give more than is allowed")
        }
    }

    func count() {
        let resolved = done.add(1, ordering: .relaxed).newValue
        progress?.at(resolved, of: total)
    }
}

/// An object, and the deltas against it that are yet to be resolved.
struct DeltaFrame: Sendable {
    /// The object's entry.
    let record: Int
    /// Its contents; nil when they are to be read or computed again.
    var bytes: [UInt8]?
    /// The next of the deltas that name it by its offset, and the one to stop before.
    var next: UInt32
    var stop = PackRecord.none
    /// Those that name it by its id.
    var references: Range<Int>

    init(record: Int, bytes: [UInt8]?, next: UInt32, references: Range<Int>) {
        self.record = record
        self.bytes = bytes
        self.next = next
        self.references = references
    }

    var isEmpty: Bool { next == stop && references.isEmpty }

    /// Takes the next delta's entry off.
    mutating func pop(_ work: DeltaResolution) -> Int? {
        if next != stop {
            let index = Int(next)
            next = work.records[index].nextSibling
            return index
        }
        while let place = references.popFirst() {
            if let index = work.references.take(place) { return index }
        }
        return nil
    }

    /// Takes half of the deltas off, or nil when there are fewer than two.
    mutating func split(_ records: PackRecords) -> DeltaFrame? {
        var half = self
        if references.count > 1 {
            let middle = references.lowerBound + references.count / 2
            half.next = half.stop
            half.references = middle..<references.upperBound
            references = references.lowerBound..<middle
            return half
        }
        // One pointer goes at half the other's speed.
        var (middle, end, steps) = (next, next, 0)
        while end != stop {
            end = records[Int(end)].nextSibling
            steps += 1
            if steps % 2 == 0 { middle = records[Int(middle)].nextSibling }
        }
        guard steps > 1 else { return nil }
        half.next = middle
        half.references = 0..<0
        stop = middle
        return half
    }
}
