/// Makes a failing list of operations shorter, while the same still differs.
struct FailureShrinker {
    let run: DifferentialRun
    let end: ContinuousClock.Instant
    private(set) var best: DifferentialRun.Failure

    init(_ run: DifferentialRun, _ failure: DifferentialRun.Failure, until end: ContinuousClock.Instant) {
        self.run = run
        self.end = end
        best = failure
    }

    private var isOver: Bool { ContinuousClock.now >= end }

    /// Takes `operations` as the best list, if it fails alike.
    private mutating func accept(_ operations: [Operation]) -> Bool {
        guard let shorter = try? run.replay(operations, until: best.difference.kind) else { return false }
        best = shorter
        return true
    }

    /// Leaves out ever shorter runs of operations, then pieces of standard input.
    mutating func shrink() {
        // Often the last operation does it alone, or after what was put on disk.
        if let last = best.operations.last, !accept([last]) {
            let odd = best.operations.dropLast().filter { if case .command = $0 { false } else { true } }
            if !accept(odd + [last]) {
                // Commands that only read leave nothing behind.
                _ = accept(best.operations.dropLast().filter(\.changesSomething) + [last])
            }
        }
        var size = max(1, best.operations.count / 2)
        while !isOver {
            let removed = leaveOut(runsOf: size)
            if size == 1 && !removed { break }
            size = max(1, size / 2)
        }
        for index in best.operations.indices.reversed() { leaveOutInput(at: index) }
    }

    private mutating func leaveOut(runsOf size: Int) -> Bool {
        var removed = false
        var start = best.operations.count - size
        while start > -size && !isOver {
            let range = max(0, start)..<min(max(0, start + size), best.operations.count)
            start -= size
            guard !range.isEmpty else { continue }
            var shorter = best.operations
            shorter.removeSubrange(range)
            if accept(shorter) { removed = true }
        }
        return removed
    }

    private mutating func leaveOutInput(at index: Int) {
        guard best.operations.indices.contains(index), case .command(let command) = best.operations[index] else {
            return
        }
        for piece in command.input.indices.reversed() where !isOver {
            var operations = best.operations
            guard index < operations.count, case .command(var shorter) = operations[index],
                shorter.input.indices.contains(piece)
            else { return }
            shorter.input.remove(at: piece)
            operations[index] = .command(shorter)
            _ = accept(operations)
        }
    }
}
