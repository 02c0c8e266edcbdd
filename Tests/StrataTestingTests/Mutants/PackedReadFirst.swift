import StrataModel
import StrataRefs
import StrataTesting

extension Mutant {
    /// The back tier is read before the front one: a reference that is packed in between is in neither.
    static let packedReadFirst = Mutant("the back tier is read first", foundBy: "concurrency:") {
        let store = BackFirstRefStore()
        return SharedReferences([store], upkeep: { store.inner.pack() })
    }

    private final class BackFirstRefStore: RefStore {
        let inner = SmallRefStore()

        var capabilities: RefStoreCapabilities {
            inner.capabilities.subtracting([.snapshotIsolation, .atomicForReaders, .stamps])
        }
        var hashAlgorithm: HashAlgorithm { inner.hashAlgorithm }
        var commitDomain: CommitDomainID { inner.commitDomain }
        var reflogs: (any ReflogStore)? { inner.reflogs }
        func snapshot() throws(RefError) -> any RefSnapshot { Snapshot(inner: inner) }
        func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { nil }
        func makeHold() throws(RefError) -> any HeldRefs { try inner.makeHold() }
    }

    private struct Snapshot: RefSnapshot {
        let inner: SmallRefStore

        private func both() -> SmallSnapshot {
            let packed = inner.now.packed
            inner.wait()
            var state = inner.now
            state.packed = packed
            return SmallSnapshot(store: inner, fixed: state)
        }

        func read(_ name: RefName) throws(RefError) -> RefValue? { try both().read(name) }

        func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try both().cursor(over: scope) }
    }
}
