import StrataModel
import StrataRefs

/// What a small store held at one moment.
struct SmallSnapshot: RefSnapshot {
    let store: SmallRefStore
    /// nil = what it holds when it is asked.
    let fixed: SmallState?
    var isUnderHold = false

    private var state: SmallState { fixed ?? store.now }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        if fixed == nil, !isUnderHold { store.ways.beforeRead?(store) }
        return try store.ways.read(state, name)
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        SmallCursor(snapshot: self, run: try run(scope))
    }

    fileprivate func run(_ scope: RefScope) throws(RefError) -> RefRun {
        let state = state
        let all = state.all
        let lists = isUnderHold ? store.ways.listsHeld ?? store.ways.lists : store.ways.lists
        var builder = RefRunBuilder()
        for name in lists(state, scope) {
            guard let value = all[name] else { continue }
            builder.append(name: name.bytes, value: state.damaged.contains(name) ? .broken(.content) : value)
        }
        return builder.finished()
    }
}

private struct SmallCursor: RefCursor {
    let snapshot: SmallSnapshot
    var run: RefRun
    var index = 0

    mutating func next() throws(RefError) -> RefView? {
        guard index < run.count else { return nil }
        defer { index += 1 }
        return run[index]
    }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        self = SmallCursor(snapshot: snapshot, run: try snapshot.run(scope))
    }
}
