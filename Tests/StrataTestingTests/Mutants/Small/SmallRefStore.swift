import Glibc
import StrataIO
import StrataModel
import StrataRefs
import Synchronization

/// A small store of two tiers in memory, good in itself, of which any one way can be replaced by a bad one.
///
/// A commit of several references writes them to the back tier at once, as large transactions go to `packed-refs`; others go to the front.
final class SmallRefStore: RefStore {
    let ways: SmallWays
    private let state = Mutex(SmallState())
    let hashAlgorithm = HashAlgorithm.sha1
    let commitDomain = CommitDomainID()

    init(_ ways: SmallWays = SmallWays()) { self.ways = ways }

    var capabilities: RefStoreCapabilities {
        let all: RefStoreCapabilities = [.writes, .symbolicRefs, .reflogs, .perWorktreeRefs, .stamps]
        return all.union(ways.readersSee)
    }

    var now: SmallState { change { $0 } }

    func change<Result: Sendable>(_ body: (inout SmallState) -> Result) -> Result {
        state.withLock { state in
            let thread = pthread_self()
            state.isShared = state.isShared || state.thread ?? thread != thread
            state.thread = thread
            return body(&state)
        }
    }

    /// Waits long enough for others to come between, if there are any.
    func wait() { if now.isShared { usleep(1500) } }

    /// Waits until others have done something that shows in the state, if there are any; not for ever.
    func wait(for isDone: (SmallState) -> Bool) {
        let deadline = Deadline.after(milliseconds: 20)
        while now.isShared, !isDone(now), !deadline.hasPassed { usleep(100) }
    }

    func snapshot() throws(RefError) -> any RefSnapshot {
        SmallSnapshot(store: self, fixed: ways.snapshotsMove ? nil : now)
    }

    func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { RefStamp(words: [ways.stamp(now)]) }

    func makeHold() throws(RefError) -> any HeldRefs { SmallHold(self) }

    var reflogs: (any ReflogStore)? { SmallReflogs(store: self) }

    /// Moves everything from the front tier to the back one, as pack-refs does: what changes meanwhile stays.
    func pack() {
        // At once: what is deleted in between must not come back.
        let loose = change { state in
            state.packed.merge(state.loose.filter { $0.value.objectID != nil }) { $1 }
            return state.loose
        }
        wait()
        change { ways.prune(&$0, loose) }
    }
}

/// All that a small store holds.
struct SmallState: Sendable {
    var loose: [RefName: RefValue] = [:]
    var packed: [RefName: RefValue] = [:]
    var logs: [RefName: [ReflogEntry]] = [:]
    /// The names that were deleted and not made again.
    var deleted: Set<RefName> = []
    var changes: UInt64 = 0
    /// The changes of several references at once.
    var largeChanges: UInt64 = 0
    var deletions: UInt64 = 0
    var held: Set<RefName> = []
    /// What cannot be read.
    var damaged: Set<RefName> = []
    /// Who came last, and whether that was always the same.
    var thread: pthread_t?
    var isShared = false

    /// Both tiers, the front before the back.
    var all: [RefName: RefValue] { packed.merging(loose) { $1 } }

    mutating func apply(_ edits: [ResolvedRefEdit], _ ways: SmallWays) {
        let isLarge = edits.count { if case .write(.object) = $0.action { true } else { false } } > 1
        for edit in edits {
            ways.log(&self, edit)
            switch edit.action {
            case .keep: break
            case .delete:
                ways.remove(&self, edit.name)
                deleted.insert(edit.name)
                deletions += 1
            case .write(let value):
                deleted.remove(edit.name)
                if isLarge, value.objectID != nil {
                    packed[edit.name] = value
                    loose[edit.name] = nil
                } else {
                    loose[edit.name] = value
                }
            }
        }
        changes += 1
        if edits.count > 1 { largeChanges += 1 }
    }
}

/// How a small store does what it does: well, unless one of these is replaced.
struct SmallWays: Sendable {
    /// What the store promises to readers.
    var readersSee: RefStoreCapabilities = [.atomicForReaders, .snapshotIsolation]
    var read: @Sendable (SmallState, RefName) throws(RefError) -> RefValue? = {
        state, name throws(RefError) in
        if state.damaged.contains(name) {
            throw RefError(.unavailable, "reference '\(name)' cannot be read", reference: name)
        }
        return state.all[name]
    }
    /// The names of a scope that are listed.
    var lists: @Sendable (SmallState, RefScope) -> [RefName] = { state, scope in
        state.all.keys.filter { scope.contains($0.bytes.span) }.sorted()
    }
    /// The same under a hold, where directory/file conflicts are looked for.
    var listsHeld: (@Sendable (SmallState, RefScope) -> [RefName])?
    var remove: @Sendable (inout SmallState, RefName) -> Void = { state, name in
        state.loose[name] = nil
        state.packed[name] = nil
    }
    var log: @Sendable (inout SmallState, ResolvedRefEdit) -> Void = { state, edit in
        if let line = edit.reflog, edit.createsReflog || state.logs[edit.name] != nil {
            state.logs[edit.name, default: []].append(line)
        }
        if case .delete = edit.action { state.logs[edit.name] = nil }
    }
    /// Takes what was packed out of the front tier.
    var prune: @Sendable (inout SmallState, _ packed: [RefName: RefValue]) -> Void = { state, packed in
        for (name, value) in packed where value.objectID != nil && !state.held.contains(name) {
            // Only what still is as it was packed; what the back tier has got since is newer.
            if state.loose[name] == value, state.packed[name] == value { state.loose[name] = nil }
        }
    }
    var stamp: @Sendable (SmallState) -> UInt64 = { $0.changes }
    /// Whether a name is locked by those who hold it.
    var locks: @Sendable (RefName) -> Bool = { _ in true }
    var commit: @Sendable (SmallHold, [ResolvedRefEdit]) -> Void = { hold, edits in
        hold.store.change { $0.apply(edits, hold.store.ways) }
        hold.letGo()
    }
    /// What else happens while a reflog is expired.
    var expire: @Sendable (SmallRefStore) -> Void = { _ in }
    var snapshotsMove = false
    /// What happens before a snapshot that moves reads.
    var beforeRead: (@Sendable (SmallRefStore) -> Void)?
    /// Whether a hold compares with what was there before it had its locks.
    var comparesEarly = false
}
