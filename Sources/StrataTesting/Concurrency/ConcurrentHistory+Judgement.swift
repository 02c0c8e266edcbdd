import StrataRefs

extension ConcurrentHistory {
    /// All that is wrong with the history, and the checks that could not be brought to an end.
    func judge() -> (failures: [StoreFailure], undecided: [String]) {
        var failures = records.failures
        if let failure = refusedValue() { failures.append(failure) }
        if let failure = movedSnapshot() { failures.append(failure) }
        if let failure = conflict() { failures.append(failure) }
        var undecided: [String] = []
        // What was refused and seen all the same contradicts everything.
        if failures.isEmpty { judgeOrder(&failures, &undecided) }
        failures += reflogFailures()
        return (failures, undecided)
    }

    // MARK: One order

    private func judgeOrder(_ failures: inout [StoreFailure], _ undecided: inout [String]) {
        let together = changes + wholeLooks
        let answer = answer(together, script.slots)
        // Where it has all looks, an order of all together is one of each reference.
        if capabilities.contains(.atomicForReaders) && answer == .possible { return }
        for slot in script.slots {
            switch self.answer(changes + singleLooks, [slot]) {
            case .possible: break
            case .undecided: undecided.append(ConcurrencyCheck.references)
            case .impossible:
                failures.append(contradiction(ConcurrencyCheck.references, changes + singleLooks, [slot]))
            }
        }
        guard failures.isEmpty, answer != .possible else { return }
        var name = ConcurrencyCheck.transactions
        if let readersCheck, self.answer(changes, script.slots) == .possible { name = readersCheck }
        if answer == .undecided { return undecided.append(name) }
        for (index, first) in script.slots.enumerated() {
            for second in script.slots[(index + 1)...] where self.answer(together, [first, second]) == .impossible {
                return failures.append(contradiction(name, together, [first, second]))
            }
        }
        failures.append(contradiction(name, together, script.slots))
    }

    private func part(_ operations: [HistoryOperation], _ slots: [Int]) -> [HistoryOperation] {
        operations.compactMap { $0.projected(to: slots) }.sorted { $0.start < $1.start }
    }

    private func answer(_ operations: [HistoryOperation], _ slots: [Int]) -> LinearizationSearch.Answer {
        LinearizationSearch.answer(part(operations, slots), from: slots.map { initial[$0] })
    }

    private func contradiction(
        _ check: String, _ operations: [HistoryOperation], _ slots: [Int]
    ) -> StoreFailure {
        let names = slots.map { "'\(HistoryValues.names[$0])'" }.joined(separator: " and ")
        let found = Contradiction(in: part(operations, slots), from: slots.map { initial[$0] })
        var lines = found?.operations.map(\.line) ?? []
        if let before = found?.initial {
            let values = zip(slots, before).map { "\(HistoryValues.names[$0]) is \(HistoryValues.text($1))" }
            lines.insert("in the beginning \(values.joined(separator: ", "))", at: 0)
        }
        return StoreFailure(check, "no order explains what happened to \(names)", history: lines)
    }

    // MARK: What is wrong in itself

    /// A value that was seen though its edit was refused.
    private func refusedValue() -> StoreFailure? {
        let seen =
            records.operations.flatMap { operation in
                operation.touches.map { ($0.requires, operation.line) }
            }
            + (singleLooks + [changes.last].compactMap { $0 }).flatMap { look in
                look.touches.map { ($0.requires, look.line) }
            }
        for case (.value(let value), let line) in seen {
            guard let refusal = records.refused[value] else { continue }
            return StoreFailure(
                ConcurrencyCheck.refused, "#\(value) is there though its edit was refused", history: [refusal, line])
        }
        return nil
    }

    /// A snapshot that shows two values of one reference.
    private func movedSnapshot() -> StoreFailure? {
        guard capabilities.contains(.snapshotIsolation) else { return nil }
        for look in records.looks {
            var values: [Int: Int] = [:]
            for (slot, value) in look.seen.flatMap(\.values) {
                let before = values.updateValue(value, forKey: slot)
                guard let before, before != value else { continue }
                let lines = look.seen.map { seen in
                    let words = seen.values.filter { $0.slot == slot }.map { HistoryValues.text($0.value) }
                    return
                        "until \(seen.end), \(seen.kind == .listing ? "listed" : "read"): \(words.joined(separator: ", "))"
                }
                return StoreFailure(
                    ConcurrencyCheck.snapshots,
                    "'\(HistoryValues.names[slot])' changes in a snapshot, taken \(look.start) to \(look.end)",
                    history: lines)
            }
        }
        return nil
    }

    /// Two references that are there at once and exclude each other.
    private func conflict() -> StoreFailure? {
        let looks = capabilities.contains(.snapshotIsolation) ? records.looks.flatMap(\.seen).map(\.values) : []
        let last = script.slots.map { (slot: $0, value: final[$0]) }
        for values in looks + [last] {
            for (slot, value) in values where value != 0 {
                guard let other = HistoryValues.excluded(by: slot), slot < other,
                    let second = values.first(where: { $0.slot == other }), second.value != 0
                else { continue }
                let writers = records.operations.filter { operation in
                    operation.touches.contains { $0.writes == value || $0.writes == second.value }
                }
                return StoreFailure(
                    ConcurrencyCheck.conflicts,
                    "'\(HistoryValues.names[slot])' and '\(HistoryValues.names[other])' are there at once",
                    history: writers.map(\.line))
            }
        }
        return nil
    }
}
