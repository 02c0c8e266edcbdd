/// The history of one reference: a chain of compare-and-swaps without gap or fork.
struct ReferenceChain {
    let name: String
    let initial: SoakValue
    let final: SoakValue
    let changes: [ChangeAtTime]
    let readings: [(value: SoakValue, start: UInt64, end: UInt64, reader: String)]

    func violations() -> [String] {
        let happened = self.happened()
        var result: [String] = []
        var producer: [SoakValue: ChangeAtTime] = [:]
        var consumer: [SoakValue: ChangeAtTime] = [:]
        for change in happened where change.new != 0 { producer[change.new] = change }
        for change in happened where change.old != 0 {
            if let first = consumer[change.old] {
                result.append(
                    "\(name): value \(change.old) was replaced twice, by writers \(first.writer) and \(change.writer)")
            }
            consumer[change.old] = change
            if let before = producer[change.old] {
                if change.end < before.start {
                    result.append("\(name): value \(change.old) was replaced before it was written")
                }
            } else if change.old != initial {
                result.append(
                    "\(name): writer \(change.writer) replaced \(change.old), which nobody acknowledged to have written"
                )
            }
        }
        let mayBeConsumed = Set(changes.filter { !$0.acknowledged }.map(\.old))
        for value in Array(producer.keys) + (initial == 0 ? [] : [initial])
        where value != final && consumer[value] == nil && !mayBeConsumed.contains(value) {
            result.append("\(name): value \(value) of writer \(producer[value]?.writer ?? -1) was lost")
        }
        if final != 0 && final != initial && producer[final] == nil {
            result.append("\(name): ends at \(final), which nobody wrote")
        }
        if final != 0, let change = consumer[final] {
            result.append("\(name): ends at \(final), which writer \(change.writer) had replaced")
        }
        let lives = self.lives(producer, consumer, mayBeConsumed)
        result += overlaps(lives) + wrongReadings(producer, consumer, lives)
        if let first = result.first { result[0] = first + around(first) }
        return result
    }

    /// What was done to the values that the message names, and seen in the time around.
    private func around(_ message: String) -> String {
        let numbers = Set(message.split(separator: " ").compactMap { SoakValue($0) })
        let close = changes.filter {
            numbers.contains($0.old) && $0.old != 0 || numbers.contains($0.new) && $0.new != 0
        }
        guard let from = close.map(\.start).min(), let to = close.map(\.end).max() else { return "" }
        let done = changes.filter { $0.end > from && $0.start < to + 20_000_000 }.map { ($0.start, "\($0)") }
        let seen = readings.filter { $0.end > from && $0.start < to + 20_000_000 }.map {
            ($0.start, "\($0.start / 1000)..\($0.end / 1000) us: \($0.value) seen by \($0.reader)")
        }
        return "\n" + (done + seen).sorted { $0.0 < $1.0 }.prefix(60).map { "    " + $0.1 }.joined(separator: "\n")
    }

    /// All acknowledged changes, and those unanswered ones whose value was seen or built upon.
    private func happened() -> [ChangeAtTime] {
        var result = changes.filter(\.acknowledged)
        var open = changes.filter { !$0.acknowledged && $0.new != 0 }
        var seen = Set(result.map(\.old)).union(readings.map(\.value)).union([final])
        while true {
            let more = open.filter { seen.contains($0.new) }
            if more.isEmpty { return result }
            open.removeAll { seen.contains($0.new) }
            result += more
            seen.formUnion(more.map(\.old))
        }
    }

    /// From when to when the reference is sure to have existed, for each time it was created.
    private func lives(
        _ producer: [SoakValue: ChangeAtTime], _ consumer: [SoakValue: ChangeAtTime], _ mayEnd: Set<SoakValue>
    ) -> [(from: UInt64, to: UInt64)] {
        var result: [(from: UInt64, to: UInt64)] = []
        let births = producer.values.filter { $0.old == 0 }.map { ($0.new, $0.acknowledged ? $0.end : nil) }
        for (first, born) in births + (initial == 0 ? [] : [(initial, UInt64(0))]) {
            var value = first
            var from = born
            var to = UInt64.max
            var steps = 0
            while let next = consumer[value], steps < changes.count {
                // An unanswered birth is sure when something was built upon it.
                from = from ?? next.end
                if next.new == 0 {
                    to = next.start
                    break
                }
                value = next.new
                steps += 1
            }
            if to == .max && mayEnd.contains(value) && value != final {
                // An unanswered deletion ended it, not before it was sent off.
                to = changes.filter { !$0.acknowledged && $0.old == value }.map(\.start).min() ?? to
            }
            if let from, from < to { result.append((from, to)) }
        }
        return result.sorted { $0.from < $1.from }
    }

    private func overlaps(_ lives: [(from: UInt64, to: UInt64)]) -> [String] {
        zip(lives, lives.dropFirst()).compactMap { first, second in
            first.to > second.from ? "\(name): was created while it existed" : nil
        }
    }

    private func wrongReadings(
        _ producer: [SoakValue: ChangeAtTime], _ consumer: [SoakValue: ChangeAtTime],
        _ lives: [(from: UInt64, to: UInt64)]
    ) -> [String] {
        var result: [String] = []
        for reading in readings {
            if reading.value == 0 {
                if lives.contains(where: { $0.from < reading.start && reading.end < $0.to }) {
                    result.append("\(name): \(reading.reader) read it as absent while it existed")
                }
                continue
            }
            if let written = producer[reading.value], written.start > reading.end {
                result.append("\(name): \(reading.reader) read \(reading.value) before it was written")
            }
            if let replaced = consumer[reading.value], replaced.acknowledged, replaced.end < reading.start {
                result.append(
                    "\(name): \(reading.reader) read \(reading.value) after writer \(replaced.writer) replaced it")
            }
        }
        return result
    }
}
