import CoreMetrics
import StrataIO
import StrataModel
import StrataRefs

/// A snapshot whose reads and listings are counted.
struct ObservedRefSnapshot: RefSnapshot {
    let base: any RefSnapshot
    let metrics: RefMetrics

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        metrics.reads.increment()
        guard metrics.isSampled() else { return try counting { () throws(RefError) in try base.read(name) } }
        let start = monotonicNanoseconds()
        let value = try counting { () throws(RefError) in try base.read(name) }
        metrics.read.recordNanoseconds(monotonicNanoseconds() - start)
        return value
    }

    func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        metrics.reads.increment(by: names.count)
        return try counting { () throws(RefError) in try base.read(names) }
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        let start = monotonicNanoseconds()
        let cursor = try counting { () throws(RefError) in try base.cursor(over: scope) }
        return ObservedRefCursor(cursor, metrics, since: start)
    }

    var watches: [any RefReadWatch] { base.watches }

    /// Counts a failure of `body`.
    @inline(__always)
    private func counting<Value>(_ body: () throws(RefError) -> Value) throws(RefError) -> Value {
        do throws(RefError) {
            return try body()
        } catch {
            metrics.count(error.code)
            throw error
        }
    }
}

/// A walk whose references are counted, all at once when it is over.
struct ObservedRefCursor: RefCursor {
    private final class State {
        var base: any RefCursor
        let metrics: RefMetrics
        let start: Int64
        var rows = 0
        var isOver = false

        init(_ base: any RefCursor, _ metrics: RefMetrics, since start: Int64) {
            (self.base, self.metrics, self.start) = (base, metrics, start)
        }

        deinit { end() }

        func end() {
            if isOver { return }
            isOver = true
            metrics.rows.increment(by: rows)
            metrics.list.recordNanoseconds(monotonicNanoseconds() - start)
        }
    }

    private var state: State

    init(_ base: any RefCursor, _ metrics: RefMetrics, since start: Int64) {
        state = State(base, metrics, since: start)
    }

    mutating func next() throws(RefError) -> RefView? {
        let state = state
        do throws(RefError) {
            if let view = try state.base.next() {
                state.rows &+= 1
                return view
            }
        } catch {
            state.metrics.count(error.code)
            throw error
        }
        state.end()
        return nil
    }

    /// A listing of its own.
    mutating func seek(_ scope: RefScope) throws(RefError) {
        state.end()
        state = State(state.base, state.metrics, since: monotonicNanoseconds())
        try state.base.seek(scope)
    }
}
