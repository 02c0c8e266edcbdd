public import StrataModel
import Synchronization

/// References in memory: for tests, scratch work, and as the model that other stores are checked against.
///
/// Snapshots are isolated and transactions atomic for every reader. A commit copies an array of pointers to all references. Nothing
/// survives the process.
public final class MemoryRefStore: RefStore {
    public let hashAlgorithm: HashAlgorithm
    public let commitDomain = CommitDomainID()
    public let capabilities: RefStoreCapabilities = [
        .writes, .symbolicRefs, .reflogs, .atomicForReaders, .snapshotIsolation, .perWorktreeRefs, .stamps,
        .wholeListings,
    ]

    /// Everything that changes, behind one lock that is held only to look or to swap.
    struct State: Sendable {
        /// Sorted by name; each a run of one reference, so that views need no copy.
        var refs: [RefRun] = []
        var logs: [RefName: [ReflogEntry]] = [:]
        var generation: UInt64 = 0
        var holds = MemoryHeldNames()
    }

    let state = Mutex(State())

    public init(hashAlgorithm: HashAlgorithm = .sha1) { self.hashAlgorithm = hashAlgorithm }

    public func snapshot() throws(RefError) -> any RefSnapshot { MemoryRefSnapshot(state.withLock { $0.refs }) }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        RefStamp(words: [state.withLock { $0.generation }])
    }

    public func makeHold() throws(RefError) -> any HeldRefs { MemoryHold(self) }

    public var reflogs: (any ReflogStore)? { MemoryReflogs(store: self) }
}

/// The references of a memory store at one moment.
struct MemoryRefSnapshot: RefSnapshot {
    private let refs: [RefRun]

    init(_ refs: [RefRun]) { self.refs = refs }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        let index = refs.lowerBound(name.bytes.span)
        guard index < refs.count, refs[index].name == name.bytes else { return nil }
        return refs[index][0].value
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { MemoryRefCursor(refs, over: scope) }
}

private struct MemoryRefCursor: RefCursor {
    private let refs: [RefRun]
    private var index: Int
    private var scope: ScopeBox

    init(_ refs: [RefRun], over scope: RefScope) {
        self.refs = refs
        self.scope = ScopeBox(scope)
        index = refs.lowerBound(scope.start.span)
    }

    mutating func next() throws(RefError) -> RefView? {
        while index < refs.count {
            let view = refs[index][0]
            switch scope.scope.judge(view.name) {
            case .inside:
                index += 1
                return view
            case .skip(let past): index = refs.lowerBound(past.span)
            case .end: index = refs.count
            }
        }
        return nil
    }

    mutating func seek(_ scope: RefScope) throws(RefError) { self = MemoryRefCursor(refs, over: scope) }
}

extension [RefRun] {
    /// The index of the first reference whose name is not before `name`.
    func lowerBound(_ name: Span<UInt8>) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let view = self[middle][0]
            if RefNameOrder.compare(view.name, name) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension RefRun {
    /// The name of the run's first reference.
    var name: [UInt8] { unsafe Array(self[0].nameBuffer) }
}
