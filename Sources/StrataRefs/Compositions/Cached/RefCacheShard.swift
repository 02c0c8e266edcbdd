import Synchronization

/// A part of a cache with a lock of its own: the references that were asked for lately, in two tables.
///
/// New entries go into the young table. When that is full it becomes the old one, and what was in the old one is forgotten; whatever is asked
/// for again meanwhile moves up.
final class RefCacheShard: Sendable {
    private struct State {
        var young: RefCacheTable
        var old: RefCacheTable
        var isFrozen = false
    }

    private let state: Mutex<State>

    /// A shard that takes up to `byteLimit` bytes.
    init(byteLimit: Int) {
        state = Mutex(
            State(young: RefCacheTable(byteLimit: byteLimit / 2), old: RefCacheTable(byteLimit: byteLimit / 2)))
    }

    /// What is known of `name`: nil = nothing, `.some(nil)` = that it does not exist.
    @unsafe
    func find(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> RefValue?? {
        state.withLock { state -> RefValue?? in
            if let place = unsafe state.young.place(of: name, hash) { return .some(state.young.value(at: place)) }
            guard let place = unsafe state.old.place(of: name, hash) else { return nil }
            let value = state.old.value(at: place)
            // There was no room: then it stays where it is until it is asked for after the next turn.
            if !state.isFrozen { _ = state.young.insert(from: state.old, at: place, hash) }
            return .some(value)
        }
    }

    /// Notes what `name` holds, if it is not known yet.
    @unsafe
    func insert(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ value: RefValue?) {
        state.withLock { state in
            guard !state.isFrozen, unsafe state.young.place(of: name, hash) == nil else { return }
            if unsafe state.young.insert(name, hash, value) { return }
            swap(&state.young, &state.old)
            state.young.removeAll()
            // One that is too long for an empty table is not kept.
            _ = unsafe state.young.insert(name, hash, value)
        }
    }

    /// Takes nothing more in; `emptied` forgets what is there too.
    func freeze(emptied: Bool) {
        state.withLock { state in
            state.isFrozen = true
            guard emptied else { return }
            state.young = RefCacheTable(byteLimit: 0)
            state.old = RefCacheTable(byteLimit: 0)
        }
    }

    /// The memory that the shard takes.
    var byteCount: Int { state.withLock { $0.young.byteCount + $0.old.byteCount } }
}
