import StrataModel
import StrataRefs
import Testing

@testable import StrataTesting

/// What the report says, and that it says why something was not checked.
@Suite struct ReportTests {
    private func options() -> RefStoreCheckOptions {
        var options = RefStoreCheckOptions()
        (options.histories, options.concurrentHistories, options.longListing) = (1, 1, 200)
        return options
    }

    @Test func lawsHaveDifferentNames() {
        let names = LawBook.whole.laws.map(\.name)
        #expect(names.count > 900)
        #expect(Set(names).count == names.count)
    }

    @Test func whatDoesNotApplyIsListedWithTheReason() {
        let memory = checkRefStore(options()) { MemoryRefStore() }
        #expect(memory.isClean)
        #expect(
            memory.skipped.contains {
                $0.check == "read-only stores: refuse an update" && $0.reason == "the store can be written"
            })
        let readOnly = checkRefStore(options()) { ReadOnlyRefStore(MemoryRefStore()) }
        #expect(readOnly.isClean)
        #expect(readOnly.skipped.contains { $0.reason.hasSuffix("see checkRefStore(_:sharing:)") })
        #expect(memory.checked.count > readOnly.checked.count)
    }

    @Test func namesThatTheStoreDoesNotKeepAreLeftOut() {
        var options = options()
        options.keeps = { $0.hasPrefix("refs/heads/") }
        let report = checkRefStore(options) { MemoryRefStore() }
        #expect(report.isClean)
        #expect(report.skipped.contains { $0.reason == "the store has no place for 'refs/tags/t'" })
    }

    @Test func aStoreThatCannotBeMadeIsAFailure() {
        let report = checkRefStore(options(), make: { throw RefError(.unavailable, "no disk") })
        #expect(report.failures.contains { $0.finding == "it fails: no disk" })
        #expect(report.description.contains("failed\n"))
    }
}
