import StrataRefs
import TestSupport
import Testing

@testable import StrataTesting

/// The kit finds each bug, and nothing in the store without it.
@Suite struct MutantTests {
    /// Each of the families that are to find it does.
    @Test(arguments: Mutant.all) func isFound(_ mutant: Mutant) throws {
        var options = RefStoreCheckOptions()
        options.includes = { law in mutant.families.contains { law.hasPrefix($0) } }
        options.histories = 0
        if !mutant.families.contains(where: { $0.hasPrefix("concurrency:") }) { options.concurrentHistories = 0 }
        let report = checkRefStore(options, sharing: mutant.make)
        for family in mutant.families {
            #expect(report.failures.contains { $0.check.hasPrefix(family) }, "nothing in \(family)")
        }
        // What is found can be read.
        for failure in report.failures { #expect(!failure.finding.isEmpty && failure.history.count < 30) }
    }

    /// Threads do not come in the same order twice, and the bug is found every time.
    @Test(
        .disabled(if: isSanitized, "threads meet too seldom when each access takes ten times as long"),
        arguments: Mutant.all.filter { $0.families == ["concurrency:"] })
    func isAlwaysFound(_ mutant: Mutant) throws {
        for seed in 1...5 {
            var options = RefStoreCheckOptions()
            options.seed = UInt64(seed)
            #expect(!checkConcurrentHistories(options, make: mutant.make).failures.isEmpty)
        }
    }

    @Test(arguments: [false, true]) func theSmallStoreIsGood(packs: Bool) {
        let report = checkRefStore(sharing: { Mutant.small(packs: packs) })
        #expect(report.failures.map(\.description) == [])
        #expect(report.checked.count > 900)
    }

    @Test func theSmallStoreIsGoodWithLessPromised() {
        var ways = SmallWays()
        ways.readersSee = .wholeListings
        let found = checkConcurrentHistories(RefStoreCheckOptions()) { Mutant.small(ways) }
        #expect(found.failures.map(\.description) == [])
        #expect(found.checked.contains(ConcurrencyCheck.listings))
    }
}
