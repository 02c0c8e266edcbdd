import StrataRefs

extension ConcurrentHistory {
    /// The last look, when all was over.
    private var lastLook: HistoryOperation {
        let touches = script.slots.map {
            HistoryOperation.Touch(slot: $0, requires: .value(final[$0]), writes: nil)
        }
        let text = touches.map { touch in
            "\(HistoryValues.names[touch.slot]) is \(HistoryValues.text(final[touch.slot]))"
        }
        return HistoryOperation(
            thread: 0, start: Int.max - 1, end: Int.max, touches: touches,
            text: "in the end " + text.joined(separator: ", "))
    }

    /// What transactions did and met, and the state in the end.
    var changes: [HistoryOperation] { records.operations + [lastLook] }

    /// What readers saw of one reference each.
    var singleLooks: [HistoryOperation] {
        let isIsolated = capabilities.contains(.snapshotIsolation)
        return records.looks.flatMap { look in
            look.seen.flatMap { seen in
                seen.values.map { self.look([$0], look, until: isIsolated ? look.end : seen.end, seen.kind) }
            }
        }
    }

    /// The check of what readers see of transactions; nil where the store says nothing of it.
    var readersCheck: String? {
        if capabilities.contains(.atomicForReaders) { return ConcurrencyCheck.readers }
        return capabilities.contains(.wholeListings) ? ConcurrencyCheck.listings : nil
    }

    /// What readers saw of several references together, where transactions are whole for them: in a snapshot, or in one reading only, of which each
    /// reference may then be of a moment of its own.
    var wholeLooks: [HistoryOperation] {
        guard readersCheck != nil else { return [] }
        let isIsolated = capabilities.contains(.snapshotIsolation)
        let isAtomic = capabilities.contains(.atomicForReaders)
        return records.looks.flatMap { look -> [HistoryOperation] in
            if isIsolated && isAtomic {
                let all = Dictionary(look.seen.flatMap(\.values).map { ($0.slot, $0.value) }) { first, _ in first }
                let values = all.sorted { $0.key < $1.key }.map { (slot: $0.key, value: $0.value) }
                return values.isEmpty ? [] : [self.look(values, look, until: look.end, .single)]
            }
            return look.seen.flatMap { seen -> [HistoryOperation] in
                let end = isIsolated ? look.end : seen.end
                if readsWhole(seen.kind) {
                    var whole = self.look(seen.values, look, until: end, seen.kind)
                    whole.isAtOneMoment = isAtomic
                    return [whole]
                }
                return isAtomic ? seen.values.map { self.look([$0], look, until: end, seen.kind) } : []
            }
        }
    }

    /// Whether one reading of this kind shows transactions whole.
    private func readsWhole(_ kind: Glance.Kind) -> Bool {
        switch kind {
        case .single: false
        case .together: capabilities.contains(.wholeListings)
        case .listing: true
        }
    }

    private func look(
        _ values: [(slot: Int, value: Int)], _ look: HistoryRecorder.Look, until end: Int, _ kind: Glance.Kind
    ) -> HistoryOperation {
        let seen = values.map { "\(HistoryValues.names[$0.slot]) is \(HistoryValues.text($0.value))" }
        return HistoryOperation(
            thread: look.thread, start: look.start, end: end,
            touches: values.map { .init(slot: $0.slot, requires: .value($0.value), writes: nil) },
            text: (kind == .listing ? "lists that " : "reads that ") + seen.joined(separator: ", "))
    }
}
