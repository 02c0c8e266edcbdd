import StrataModel
import StrataRefs

/// Makes a failing history small: steps go, then edits, then what an edit says beyond the plainest, as long as it still fails.
struct HistoryShrinking {
    /// How often the history may be run.
    private var runsLeft = 400
    private let fails: ([HistoryStep]) -> String?
    private(set) var history: [HistoryStep]
    private(set) var finding: String

    /// - Parameter fails: runs a history; nil = it does not fail, else how.
    init(_ history: [HistoryStep], _ finding: String, fails: @escaping ([HistoryStep]) -> String?) {
        self.history = history
        self.finding = finding
        self.fails = fails
    }

    mutating func run() {
        var size = history.count / 2
        while size > 0 {
            dropSteps(size)
            size /= 2
        }
        var isSmaller = true
        while isSmaller && runsLeft > 0 {
            isSmaller = dropSteps(1)
            for index in history.indices.reversed() {
                while simplify(index) { isSmaller = true }
            }
        }
    }

    /// Drops runs of `count` steps, from the end on, where the rest still fails.
    @discardableResult
    private mutating func dropSteps(_ count: Int) -> Bool {
        var hasDropped = false
        var end = history.count
        while end > 0 {
            let start = max(0, end - count)
            var rest = history
            rest.removeSubrange(start..<end)
            if accept(rest) { hasDropped = true }
            end = start
        }
        return hasDropped
    }

    /// Makes one step simpler, if some simpler one still fails.
    private mutating func simplify(_ index: Int) -> Bool {
        for step in history[index].simpler {
            var candidate = history
            candidate[index] = step
            if accept(candidate) { return true }
        }
        return false
    }

    private mutating func accept(_ candidate: [HistoryStep]) -> Bool {
        guard runsLeft > 0 else { return false }
        runsLeft -= 1
        guard let finding = fails(candidate) else { return false }
        history = candidate
        self.finding = finding
        return true
    }
}

extension HistoryStep {
    /// The same step with one thing less in it, in each way.
    fileprivate var simpler: [HistoryStep] {
        switch self {
        case .transact(let transaction, let policy, let refusing, let throughWriter):
            var all = transaction.simpler.map {
                HistoryStep.transact($0, policy, refusing: refusing, throughWriter: throughWriter)
            }
            if refusing != nil {
                all.append(.transact(transaction, policy, refusing: nil, throughWriter: throughWriter))
            }
            if policy != .never {
                all.append(.transact(transaction, .never, refusing: refusing, throughWriter: throughWriter))
            }
            if throughWriter { all.append(.transact(transaction, policy, refusing: refusing, throughWriter: false)) }
            return all
        case .submit(let transactions, let policy):
            var all: [HistoryStep] = []
            if transactions.count == 1 {
                all.append(.transact(transactions[0], policy, refusing: nil, throughWriter: false))
            }
            for index in transactions.indices {
                var fewer = transactions
                fewer.remove(at: index)
                if !fewer.isEmpty { all.append(.submit(fewer, policy)) }
                for simpler in transactions[index].simpler {
                    var other = transactions
                    other[index] = simpler
                    all.append(.submit(other, policy))
                }
            }
            return all
        case .abandon(let transaction): return transaction.simpler.map { .abandon($0) }
        case .walk(let walks):
            return walks.indices.dropFirst(walks.count > 1 ? 0 : 1).map { index in
                var fewer = walks
                fewer.remove(at: index)
                return .walk(fewer)
            }
        case .expire(let name, let every, true): return [.expire(name, every: every, rewrite: false)]
        case .expire, .makeLog, .dropLog, .upkeep, .keepSnapshot, .checkSnapshots: return []
        }
    }
}

extension RefTransaction {
    fileprivate var simpler: [RefTransaction] {
        var all: [RefTransaction] = []
        for index in edits.indices {
            var fewer = self
            fewer.edits.remove(at: index)
            if !fewer.edits.isEmpty { all.append(fewer) }
            for simpler in edits[index].simpler {
                var other = self
                other.edits[index] = simpler
                all.append(other)
            }
        }
        if mode == .batched { all.append(RefTransaction(edits, mode: .atomic)) }
        return all
    }
}

extension RefEdit {
    fileprivate var simpler: [RefEdit] {
        func changed(_ change: (inout RefEdit) -> Void) -> RefEdit {
            var edit = self
            change(&edit)
            return edit
        }
        var all: [RefEdit] = []
        if expected != .any { all.append(changed { $0.expected = .any }) }
        if logging != .standard { all.append(changed { $0.logging = .standard }) }
        if !followsSymbolic { all.append(changed { $0.followsSymbolic = true }) }
        if !message.isEmpty { all.append(changed { $0.message = [] }) }
        return all
    }
}
