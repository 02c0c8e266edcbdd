import StrataModel
import StrataObjects
import Testing

@testable import StrataTesting

/// The kit finds each bug by the law that is named for it, and nothing in the store without it.
@Suite struct ObjectMutantTests {
    private static func options(_ mutant: ObjectMutant) -> ObjectStoreCheckOptions {
        var options = ObjectStoreCheckOptions()
        options.includes = { $0.hasPrefix(mutant.check) }
        options.histories = 0
        options.largeObject = 200_500
        if !mutant.check.hasPrefix("concurrency: ") { options.concurrentHistories = 0 }
        return options
    }

    @Test(arguments: ObjectMutant.all) func isFound(_ mutant: ObjectMutant) {
        let report = checkObjectStore(Self.options(mutant), sharing: mutant.make)
        #expect(report.failures.contains { $0.check.hasPrefix(mutant.check) }, "\(report)")
        // What is found can be read.
        for failure in report.failures { #expect(!failure.finding.isEmpty && failure.finding.utf8.count < 600) }
    }

    /// Threads do not come in the same order twice, and the bug is found every time.
    @Test(arguments: ObjectMutant.all.filter { $0.check.hasPrefix("concurrency: ") })
    func isAlwaysFound(_ mutant: ObjectMutant) {
        for seed in 1...3 {
            var options = Self.options(mutant)
            options.seed = UInt64(seed)
            #expect(!checkObjectStore(options, sharing: mutant.make).isClean)
        }
    }

    /// A random history finds what one thread can find, and is made small.
    @Test(arguments: [ObjectMutant.oneDigitTooFew, .firstOfTwo, .sizeOfHeader, .repeatedWhenKeptTwice])
    func isFoundByAHistory(_ mutant: ObjectMutant) {
        var options = ObjectStoreCheckOptions()
        options.includes = { _ in false }
        options.concurrentHistories = 0
        let report = checkObjectStore(options, sharing: mutant.make)
        #expect(!report.isClean)
        for failure in report.failures {
            #expect(failure.check.hasPrefix("histories: as the model, seed "))
            #expect((1...6).contains(failure.history.count), "\(failure)")
        }
    }

    @Test(arguments: HashAlgorithm.allCases) func theSmallStoreIsGood(_ algorithm: HashAlgorithm) {
        var options = ObjectStoreCheckOptions()
        (options.largeObject, options.manyObjects, options.histories) = (300_000, 100, 10)
        let report = checkObjectStore(options, sharing: { ObjectMutant.small(SmallObjectWays(), algorithm) })
        #expect(report.failures.map(\.description) == [])
        #expect(report.checked.count > 150, "\(report)")
    }
}
