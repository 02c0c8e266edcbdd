/// A part of a history that no order explains, made as small as can be found.
struct Contradiction: Sendable {
    /// What the slots held before, where that matters.
    private(set) var initial: [Int]?
    private(set) var operations: [HistoryOperation]
    private let slotCount: Int

    /// The contradiction in `operations`, sorted by their beginnings, after `values`; nil when there is none, or none that can be found.
    init?(in operations: [HistoryOperation], from values: [Int]) {
        self.operations = operations
        initial = values
        slotCount = values.count
        guard LinearizationSearch.answer(operations, from: values) == .impossible else { return nil }
        cutEnd()
        cutBeginning()
        dropLooks()
        dropChanges()
    }

    /// Cuts to the shortest beginning of the history that contradicts itself: a longer one does too.
    private mutating func cutEnd() {
        let ends = operations.map(\.end).sorted()
        let all = operations
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if isContradictory(Self.part(of: all, until: ends[middle])) { high = middle } else { low = middle + 1 }
        }
        operations = Self.part(of: all, until: ends[high])
    }

    /// Cuts away what came before the contradiction, if it is one whatever the references held then.
    private mutating func cutBeginning() {
        let starts = operations.map(\.start)
        let all = operations
        let values = initial
        initial = nil
        guard isContradictory(all) else {
            initial = values
            return
        }
        var (low, high) = (0, starts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if isContradictory(Self.part(of: all, from: starts[middle])) { low = middle } else { high = middle - 1 }
        }
        operations = Self.part(of: all, from: starts[low])
    }

    /// Drops what was looked at and is not needed.
    private mutating func dropLooks() {
        for index in operations.indices.reversed() where !operations[index].isChange {
            var fewer = operations
            fewer.remove(at: index)
            if isContradictory(fewer) { operations = fewer }
        }
    }

    /// Drops the changes that nothing left speaks of, where the rest contradicts itself whether they happened or not.
    private mutating func dropChanges() {
        for index in operations.indices.reversed() where operations[index].isCertain {
            guard let doubtful = operations[index].inDoubt else { continue }
            var fewer = operations
            fewer[index] = doubtful
            if isContradictory(fewer) { operations = fewer }
        }
        let spoken = Set(
            operations.filter { $0.isCertain || !$0.isChange }.flatMap(\.touches).compactMap(\.requires.mentioned))
        operations.removeAll { operation in
            !operation.isCertain && !operation.touches.contains { $0.writes.map(spoken.contains) ?? false }
        }
    }

    /// What had begun by `end`: what had not ended may have happened or not.
    private static func part(of operations: [HistoryOperation], until end: Int) -> [HistoryOperation] {
        operations.compactMap { operation in
            if operation.start > end { return nil }
            return operation.end <= end ? operation : operation.inDoubt
        }
    }

    /// What had not ended by `start`: what had begun may have happened before.
    private static func part(of operations: [HistoryOperation], from start: Int) -> [HistoryOperation] {
        operations.compactMap { operation in
            if operation.end < start && operation.isCertain { return nil }
            return operation.start >= start ? operation : operation.inDoubt
        }
    }

    private func isContradictory(_ operations: [HistoryOperation]) -> Bool {
        let starts = initial.map { [$0] } ?? possibleBeginnings(operations)
        return starts.allSatisfy { LinearizationSearch.answer(operations, from: $0, budget: 4000) == .impossible }
    }

    /// All that the slots may have held before: what is spoken of, nothing, or something else.
    private func possibleBeginnings(_ operations: [HistoryOperation]) -> [[Int]] {
        var beginnings: [[Int]] = [[]]
        for slot in 0..<slotCount {
            var values: Set<Int> = [0, -1]
            for operation in operations {
                for touch in operation.touches where touch.slot == slot {
                    if let value = touch.requires.mentioned { values.insert(value) }
                }
            }
            beginnings = beginnings.flatMap { beginning in values.sorted().map { beginning + [$0] } }
        }
        return beginnings
    }
}

extension HistoryOperation {
    /// The same, but it may not have happened; nil for what only looks.
    fileprivate var inDoubt: HistoryOperation? {
        guard isChange else { return nil }
        var copy = self
        copy.isCertain = false
        return copy
    }
}
