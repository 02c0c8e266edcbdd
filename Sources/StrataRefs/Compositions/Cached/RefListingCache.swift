import StrataModel
import Synchronization

/// Whole listings of scopes, as they were walked to their ends.
///
/// A listing is kept when it is asked for a second time: one that is walked once would only be copied.
final class RefListingCache: Sendable {
    private struct State {
        var runs: [RefScope: RefRun] = [:]
        /// The scopes of `runs`, the one kept first at the front.
        var order: [RefScope] = []
        var byteCount = 0
        /// The scopes that were asked for lately.
        var asked: Set<RefScope> = []
        var isFrozen = false
    }

    /// How many scopes are remembered to have been asked for.
    private static let memory = 256

    private let state = Mutex(State())
    private let byteLimit: Int

    /// A cache that takes up to `byteLimit` bytes.
    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// The most that one listing may take.
    var listingLimit: Int { byteLimit / 2 }

    /// A run that holds all references of `scope`, and perhaps others.
    func run(covering scope: RefScope) -> RefRun? {
        state.withLock { state -> RefRun? in
            if state.runs.isEmpty { return nil }
            if let run = state.runs[scope] { return run }
            // Whole directories around it.
            var end = scope.prefix.count
            while true {
                if let run = state.runs[RefScope(prefix: Array(scope.prefix[..<end]))] { return run }
                guard end > 0 else { return nil }
                end = scope.prefix[..<(end - 1)].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            }
        }
    }

    /// Whether a walk over `scope` should be recorded: it was asked for before.
    func wants(_ scope: RefScope) -> Bool {
        state.withLock { state in
            if state.isFrozen { return false }
            if state.asked.contains(scope) { return true }
            if state.asked.count >= Self.memory { state.asked.removeAll(keepingCapacity: true) }
            state.asked.insert(scope)
            return false
        }
    }

    /// Keeps the listing of `scope`; those kept first go where there is no room.
    func keep(_ run: RefRun, for scope: RefScope) {
        let size = run.byteCount
        guard size <= listingLimit else { return }
        state.withLock { state in
            guard !state.isFrozen, state.runs[scope] == nil else { return }
            while state.byteCount + size > byteLimit, !state.order.isEmpty {
                let oldest = state.order.removeFirst()
                state.byteCount -= state.runs.removeValue(forKey: oldest)?.byteCount ?? 0
            }
            state.runs[scope] = run
            state.order.append(scope)
            state.byteCount += size
        }
    }

    /// Takes nothing more in; `emptied` forgets what is there too.
    func freeze(emptied: Bool) {
        state.withLock { state in
            if emptied { state = State() }
            state.isFrozen = true
            state.asked = []
        }
    }

    /// The memory that the listings take.
    var byteCount: Int { state.withLock { $0.byteCount } }
}
