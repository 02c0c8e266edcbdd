import StrataModel
import StrataRefs

extension HistoryStep: ShrinkableStep {
    var simpler: [HistoryStep] {
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
