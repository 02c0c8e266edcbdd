import StrataModel
import StrataObjects
import TestSupport
import Testing

@testable import StrataTesting

/// What the report on a store of objects says, and that histories repeat.
@Suite struct ObjectReportTests {
    private func options() -> ObjectStoreCheckOptions {
        var options = ObjectStoreCheckOptions()
        (options.histories, options.concurrentHistories, options.largeObject) = (1, 1, 200_500)
        return options
    }

    @Test func lawsHaveDifferentNames() {
        let names = ObjectLawBook.whole.laws.map(\.name)
        #expect(names.count > 180)
        #expect(Set(names).count == names.count)
    }

    /// The ids that the laws expect are those of git.
    @Test(arguments: HashAlgorithm.allCases) func knownIDsAreGits(_ algorithm: HashAlgorithm) throws {
        let place = try ObjectPlace()
        let path = try place.repository(algorithm).path
        for (name, contents, sha1, sha256) in ObjectLawBook.known {
            let id = try git(
                ["hash-object", "--literally", "-t", contents.kind.name, "--stdin"], in: path, stdin: contents.bytes)
            #expect(id == (algorithm == .sha1 ? sha1 : sha256), "\(name)")
        }
    }

    @Test func whatDoesNotApplyIsListedWithTheReason() {
        let memory = checkObjectStore(options()) { MemoryObjectStore(.sha1) }
        #expect(memory.isClean, "\(memory)")
        for reason in ["the store can be written", "nothing can be damaged", "there is no upkeep", "the store pins"] {
            #expect(memory.skipped.contains { $0.reason == reason }, "\(reason)")
        }
        let readOnly = checkObjectStore(options()) { ReadOnlyObjectStore(MemoryObjectStore(.sha1)) }
        #expect(readOnly.isClean, "\(readOnly)")
        #expect(readOnly.skipped.contains { $0.reason.hasSuffix("see checkObjectStore(_:sharing:)") })
        #expect(readOnly.skipped.contains { $0.reason == "the store declares no writes" })
        #expect(memory.checked.count > readOnly.checked.count)
    }

    @Test func aStoreThatCannotBeMadeIsAFailure() {
        let report = checkObjectStore(options(), make: { throw ObjectError(.unavailable, "no disk") })
        #expect(report.failures.contains { $0.finding == "it fails: no disk" })
    }

    @Test func theSameSeedMakesTheSameHistory() throws {
        let trial = try ObjectTrial(SharedObjects([MemoryObjectStore(.sha1)]), options())
        let pool = try ObjectHistoryPool(.sha1)
        func history(_ seed: UInt64) -> [String] {
            var generator = ObjectHistoryGenerator(trial, pool, seed: seed)
            return generator.history(60).map(\.text)
        }
        #expect(history(3) == history(3))
        #expect(history(3) != history(4))
    }

    /// A history on a store in which something is that should not be says so.
    @Test func aDifferenceIsFound() throws {
        let pool = try ObjectHistoryPool(.sha1)
        let used = MemoryObjectStore(.sha1)
        let text = pool.contents[2]
        _ = try used.write(text.kind, text.bytes.span, durability: nil)
        let found = try ObjectHistoryRun.firstDifference([.pin], pool) {
            try ObjectTrial(SharedObjects([used]), options())
        }
        #expect(found?.step == 0)
        #expect(found?.finding.hasPrefix("the header of object 2 afterwards") == true)
    }
}
