import StrataModel
import StrataRefs
import Testing

@testable import StrataTesting

/// Random histories: that they repeat, and that a failing one is made small.
@Suite struct HistoryTests {
    private let trial: Trial

    init() throws { trial = try Trial(SharedReferences([MemoryRefStore()]), RefStoreCheckOptions()) }

    private func history(seed: UInt64) -> [HistoryStep] {
        var generator = HistoryGenerator(trial, seed: seed)
        return generator.history(60)
    }

    private func text(_ history: [HistoryStep]) -> [String] { history.map { $0.text(trial.letters) } }

    @Test func theSameSeedMakesTheSameHistory() {
        #expect(text(history(seed: 3)) == text(history(seed: 3)))
        #expect(text(history(seed: 3)) != text(history(seed: 4)))
    }

    /// Fails as long as two references are deleted: nothing else is left.
    @Test func aFailingHistoryIsMadeSmall() {
        func deletions(_ history: [HistoryStep]) -> Int {
            text(history).joined(separator: "\n").split(separator: "delete refs/").count - 1
        }
        let long = history(seed: 1)
        #expect(deletions(long) > 4)
        var shrinking = HistoryShrinking(long, "") { deletions($0) >= 2 ? "two deletions" : nil }
        shrinking.run()
        #expect(deletions(shrinking.history) == 2)
        #expect(shrinking.history.count <= 2)
        #expect(
            text(shrinking.history).allSatisfy { !$0.contains("=") && !$0.contains("(") }, "\(text(shrinking.history))")
        #expect(shrinking.finding == "two deletions")
    }

    /// A history that a store passes says so; one that meets a difference says where.
    @Test func aDifferenceIsFound() throws {
        let plain = history(seed: 2)
        #expect(
            try HistoryRun.firstDifference(plain) { try Trial(SharedReferences([MemoryRefStore()]), trial.options) }
                == nil)
        let used = MemoryRefStore()
        try used.commit(RefTransaction([.create(ref("refs/heads/a"), at: trial.a)]))
        let found = try HistoryRun.firstDifference([.keepSnapshot]) {
            try Trial(SharedReferences([used]), trial.options)
        }
        #expect(found?.finding == "the references are {refs/heads/a: a} instead of {}")
    }
}
