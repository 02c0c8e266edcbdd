/// A step of a history that can be made smaller.
protocol ShrinkableStep {
    /// The same step with one thing less in it, in each way.
    var simpler: [Self] { get }
}

/// Makes a failing history small: steps go, then what is in a step, as long as it still fails.
struct HistoryShrinking<Step: ShrinkableStep> {
    /// How often the history may be run.
    private var runsLeft = 400
    private let fails: ([Step]) -> String?
    private(set) var history: [Step]
    private(set) var finding: String

    /// - Parameter fails: runs a history; nil = it does not fail, else how.
    init(_ history: [Step], _ finding: String, fails: @escaping ([Step]) -> String?) {
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

    private mutating func accept(_ candidate: [Step]) -> Bool {
        guard runsLeft > 0 else { return false }
        runsLeft -= 1
        guard let finding = fails(candidate) else { return false }
        history = candidate
        self.finding = finding
        return true
    }
}
