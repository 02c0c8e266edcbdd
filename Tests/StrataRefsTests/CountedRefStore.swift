import StrataModel
import StrataRefs
import Synchronization

/// A memory store that counts what it is asked, and can be less than it is.
final class CountedRefStore: RefStore {
    struct Asked: Equatable {
        var stamps = 0
        var snapshots = 0
        var reads = 0
        var listings = 0
    }

    let inner = MemoryRefStore()
    private let state = Mutex((asked: Asked(), isYoung: false, isFailing: false))
    private let withoutStamps: Bool
    private let isLive: Bool

    /// - Parameters:
    ///   - withoutStamps: it gives none.
    ///   - isLive: its snapshots show what is there now.
    init(withoutStamps: Bool = false, isLive: Bool = false) {
        self.withoutStamps = withoutStamps
        self.isLive = isLive
    }

    /// What it was asked since this was looked at last.
    var asked: Asked {
        state.withLock { state in
            defer { state.asked = Asked() }
            return state.asked
        }
    }

    /// Whether its stamp is nil for now.
    var isYoung: Bool {
        get { state.withLock { $0.isYoung } }
        set { state.withLock { $0.isYoung = newValue } }
    }

    /// Whether reads fail.
    var isFailing: Bool {
        get { state.withLock { $0.isFailing } }
        set { state.withLock { $0.isFailing = newValue } }
    }

    private func count(_ add: (inout Asked) -> Void) { state.withLock { add(&$0.asked) } }

    var capabilities: RefStoreCapabilities {
        var all = inner.capabilities
        if withoutStamps { all.remove(.stamps) }
        if isLive { all.remove(.snapshotIsolation) }
        return all
    }
    var hashAlgorithm: HashAlgorithm { inner.hashAlgorithm }
    var commitDomain: CommitDomainID { inner.commitDomain }
    var reflogs: (any ReflogStore)? { inner.reflogs }
    func makeHold() throws(RefError) -> any HeldRefs { try inner.makeHold() }

    func snapshot() throws(RefError) -> any RefSnapshot {
        count { $0.snapshots += 1 }
        return Snapshot(store: self, fixed: isLive ? nil : try inner.snapshot())
    }

    func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        count { $0.stamps += 1 }
        return isYoung ? nil : try inner.stamp(covering: scope)
    }

    private struct Snapshot: RefSnapshot {
        let store: CountedRefStore
        let fixed: (any RefSnapshot)?

        private func current() throws(RefError) -> any RefSnapshot {
            if let fixed { return fixed }
            return try store.inner.snapshot()
        }

        func read(_ name: RefName) throws(RefError) -> RefValue? {
            store.count { $0.reads += 1 }
            if store.isFailing { throw RefError(.unavailable, "failing") }
            return try current().read(name)
        }

        func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
            store.count { $0.listings += 1 }
            return try current().cursor(over: scope)
        }
    }
}
