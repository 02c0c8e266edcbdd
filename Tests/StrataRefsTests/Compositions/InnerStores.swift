import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport

/// The kinds of stores that compositions are made of in the tests.
enum InnerStores: CaseIterable {
    case memory, loose, files

    /// Makes stores, each in a directory of its own that goes with the maker.
    final class Maker {
        let kind: InnerStores
        let directory: TemporaryDirectory
        private var count = 0

        init(_ kind: InnerStores) throws {
            self.kind = kind
            directory = try TemporaryDirectory()
        }

        func make() throws -> any RefStore {
            count += 1
            let path = directory.appending("\(count)")
            try TestSupport.git(["init", "-q", "--bare", "\(count)"], in: directory.path)
            let locks = LockSpace(directory: path.appending("strata"))
            let loose = LooseRefStore(directory: path, hashAlgorithm: .sha1, locks: locks)
            switch kind {
            case .memory: return MemoryRefStore()
            case .loose: return try emptied(loose)
            case .files:
                let packed = PackedRefStore(path.appending("packed-refs"), hashAlgorithm: .sha1, locks: locks)
                return try emptied(FilesRefStore(loose: loose, packed: packed))
            }
        }

        /// Without the `HEAD` that git makes.
        private func emptied(_ store: any RefStore) throws -> any RefStore {
            var edit = RefEdit(.head, .delete)
            edit.followsSymbolic = false
            try store.commit(RefTransaction([edit]))
            return store
        }
    }
}

/// What a ``SpyStore`` was asked, in order, by all stores that share it.
final class SpyLog: Sendable {
    private let events = Mutex<[String]>([])
    func note(_ event: String) { events.withLock { $0.append(event) } }
    /// What was noted since it was last asked.
    func take() -> [String] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// A store that notes what it is asked, and fails where it is told to.
final class SpyStore: RefStore {
    let base: any RefStore
    let name: String
    let log: SpyLog
    let failing: String?

    init(_ name: String, _ base: any RefStore, _ log: SpyLog, failing: String? = nil) {
        (self.name, self.base, self.log, self.failing) = (name, base, log, failing)
    }

    var capabilities: RefStoreCapabilities { base.capabilities }
    var hashAlgorithm: HashAlgorithm { base.hashAlgorithm }
    var commitDomain: CommitDomainID { base.commitDomain }
    var reflogs: (any ReflogStore)? { base.reflogs }
    func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try base.stamp(covering: scope) }

    func snapshot() throws(RefError) -> any RefSnapshot { Snapshot(store: self, base: try base.snapshot()) }

    func makeHold() throws(RefError) -> any HeldRefs { Hold(self, try base.makeHold()) }

    func note(_ event: String) throws(RefError) {
        log.note("\(name) \(event)")
        if event == failing { throw RefError(.unavailable, "\(name) fails to \(event)") }
    }

    private struct Snapshot: RefSnapshot {
        let store: SpyStore
        let base: any RefSnapshot
        func read(_ name: RefName) throws(RefError) -> RefValue? {
            try store.note("read")
            return try base.read(name)
        }
        func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
            try store.note("list")
            return try base.cursor(over: scope)
        }
    }

    private final class Hold: HeldRefs {
        private let store: SpyStore
        private let base: any HeldRefs
        init(_ store: SpyStore, _ base: any HeldRefs) { (self.store, self.base) = (store, base) }
        func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?] {
            try store.note("hold")
            return try base.hold(names, until: deadline)
        }
        func read(_ name: RefName) throws(RefError) -> RefValue? { try base.read(name) }
        func cursor(over scope: RefScope) throws(RefError) -> any RefCursor { try base.cursor(over: scope) }
        func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
            try store.note("stage")
            try base.stage(edits, durability: durability)
        }
        func commit() throws(RefError) {
            try store.note("commit")
            try base.commit()
        }
        func abort() { base.abort() }
    }
}
