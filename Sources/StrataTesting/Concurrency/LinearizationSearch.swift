/// Looks for an order of operations in which each could have taken effect at one moment between its beginning and its end, one after the
/// other (Wing and Gong 1993, with Lowe's memory of what was tried).
///
/// What only looks is put into the order as soon as it can be, which never spoils anything; so the search branches only over changes that ran at
/// the same time. A look that sees each reference at a moment of its own sees them one by one, as soon as it can, and those anew that a change
/// would part from others that it has not seen yet. It is bounded: past `budget` states the answer is that it is not known.
struct LinearizationSearch {
    enum Answer: Sendable, Equatable { case possible, impossible, undecided }

    private struct State: Hashable {
        /// Bit i: operation i is in the order.
        var done: [UInt64]
        var values: [Int]
        /// By operations that look at moments of their own and are not done: the bits of the slots that they have seen.
        var seen: [Int: UInt64] = [:]

        func isDone(_ index: Int) -> Bool { done[index >> 6] & (1 << UInt64(index & 63)) != 0 }
        mutating func finish(_ index: Int) { done[index >> 6] |= 1 << UInt64(index & 63) }

        /// Makes a change. Who has seen some of what it writes, and not all that he looks at, sees it after the change.
        mutating func make(_ change: HistoryOperation, among operations: [HistoryOperation]) {
            var written: UInt64 = 0
            for touch in change.touches {
                guard let value = touch.writes else { continue }
                values[touch.slot] = value
                written |= 1 << UInt64(touch.slot)
            }
            for (index, slots) in seen {
                let together = written & operations[index].slots
                if slots & together == together { continue }
                let left = slots & ~together
                seen[index] = left == 0 ? nil : left
            }
        }
    }

    /// By their beginnings.
    private let operations: [HistoryOperation]
    private let isChange: [Bool]
    private var failed: Set<State> = []
    private var budget: Int

    private init(_ operations: [HistoryOperation], budget: Int) {
        self.operations = operations
        isChange = operations.map(\.isChange)
        self.budget = budget
    }

    /// Whether there is an order of `operations`, which are sorted by their beginnings, that starts with `values` in the slots.
    static func answer(
        _ operations: [HistoryOperation], from values: [Int], budget: Int = 20_000
    ) -> Answer {
        var search = LinearizationSearch(operations, budget: budget)
        let words = (operations.count + 63) / 64
        return search.run(State(done: Array(repeating: 0, count: words), values: values), from: 0)
    }

    private mutating func run(_ state: State, from first: Int) -> Answer {
        var state = state
        var first = first
        var open: [Int] = []
        repeat {
            guard let next = candidates(in: state, &first) else { return .possible }
            open = next
        } while look(&state, open)
        if failed.contains(state) { return .impossible }
        budget -= 1
        if budget < 0 { return .undecided }
        var isUndecided = false
        for index in open where isChange[index] && admits(state, index) {
            var next = state
            next.finish(index)
            next.make(operations[index], among: operations)
            switch run(next, from: first) {
            case .possible: return .possible
            case .undecided: isUndecided = true
            case .impossible: break
            }
        }
        if isUndecided { return .undecided }
        failed.insert(state)
        return .impossible
    }

    /// The operations that can be next: those that began before any that is left had ended. nil when only doubtful ones are left.
    private func candidates(in state: State, _ first: inout Int) -> [Int]? {
        while first < operations.count, state.isDone(first) { first += 1 }
        var limit = Int.max
        var isAnyCertain = false
        var open: [Int] = []
        var index = first
        while index < operations.count, operations[index].start < limit {
            if !state.isDone(index) {
                open.append(index)
                limit = min(limit, operations[index].limit)
                if operations[index].isCertain { isAnyCertain = true }
            }
            index += 1
        }
        // All of the rest was looked at where no limit was met.
        if !isAnyCertain { return nil }
        return open.filter { operations[$0].start < limit }
    }

    /// Puts what only looks, and sees what is there, into the order.
    private func look(_ state: inout State, _ open: [Int]) -> Bool {
        var found = false
        for index in open where !isChange[index] {
            if operations[index].isAtOneMoment {
                guard admits(state, index) else { continue }
            } else {
                var slots = state.seen[index] ?? 0
                for touch in operations[index].touches where touch.requires.admits(state.values[touch.slot]) {
                    slots |= 1 << UInt64(touch.slot)
                }
                let isDone = slots == operations[index].slots
                state.seen[index] = isDone || slots == 0 ? nil : slots
                guard isDone else { continue }
            }
            state.finish(index)
            found = true
        }
        return found
    }

    private func admits(_ state: State, _ index: Int) -> Bool {
        operations[index].touches.allSatisfy { $0.requires.admits(state.values[$0.slot]) }
    }
}
