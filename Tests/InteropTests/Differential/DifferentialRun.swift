import SystemPackage
import TestSupport

/// Random operations on one pair of repositories, until something differs.
struct DifferentialRun: Sendable {
    let template: TemplateRepository
    /// What the second program's copy is made from, if it is something else.
    var second: TemplateRepository?
    let peers: [Peer]
    var comparison = Comparison.files
    /// How long a failing list may be made shorter.
    var shrinking: Duration = .seconds(20)

    struct Failure: Sendable {
        let operations: [Operation]
        let difference: Difference
    }

    /// Runs `count` operations of the generator. After a difference both copies are made equal again, and it goes on.
    ///
    /// - Returns: the differences of different kinds, at most `limit`, each with a list made as short as time allows.
    func random(_ seed: UInt64, count: Int, limit: Int = 3) throws -> [Failure] {
        let scratch = try scratchDirectory()
        let pair = try RepositoryPair(template, second, peers, in: scratch.path, comparison)
        var generator = OperationGenerator(seed: seed, template)
        var failures: [Failure] = []
        var done: [Operation] = []
        func note(_ difference: Difference?) throws {
            guard let difference, failures.count < limit else { return }
            let failure = shrink(Failure(operations: done, difference: difference))
            if failures.allSatisfy({ $0.difference.kind != failure.difference.kind }) { failures.append(failure) }
            try pair.level()
        }
        while done.count < count && failures.count < limit {
            let state = pair.state
            let operation = generator.next(state)
            guard !isLeftOut(operation, state) else { continue }
            done.append(operation)
            try note(try pair.run(operation))
        }
        if !comparesFiles { try note(try pair.compareListings()) }
        return failures
    }

    private var comparesFiles: Bool { if case .files = comparison { true } else { false } }

    /// Whether the two may differ by it.
    private func isLeftOut(_ operation: Operation, _ state: ReferenceState) -> Bool {
        if KnownDefect.first(met: operation, state) != nil { return true }
        // What is put into files behind both programs' backs means the same only where both use the same files.
        guard case .command(let command) = operation else { return !comparesFiles }
        guard case .database = comparison else { return false }
        return KnownDefect.ofStorage.contains { $0.matches(command, state) }
    }

    /// Runs the list from the start until something of this kind differs; other differences are levelled.
    func replay(_ operations: [Operation], until kind: String) throws -> Failure? {
        let scratch = try scratchDirectory()
        let pair = try RepositoryPair(template, second, peers, in: scratch.path, comparison)
        for (index, operation) in operations.enumerated() {
            guard !isLeftOut(operation, pair.state) else { continue }
            guard let difference = try pair.run(operation) else { continue }
            if difference.kind == kind {
                return Failure(operations: Array(operations[...index]), difference: difference)
            }
            try pair.level()
        }
        if !comparesFiles, let difference = try pair.compareListings(), difference.kind == kind {
            return Failure(operations: operations, difference: difference)
        }
        return nil
    }

    private func shrink(_ failure: Failure) -> Failure {
        var shrinker = FailureShrinker(self, failure, until: ContinuousClock.now + shrinking)
        shrinker.shrink()
        return shrinker.best
    }
}

extension DifferentialRun.Failure: CustomStringConvertible {
    var description: String {
        """
        \(difference.what) differs after:
        \(operations.map { "  \($0)" }.joined(separator: "\n"))
        --- git
        \(difference.mine)
        --- the other
        \(difference.others)
        """
    }
}
