import StrataModel
import StrataRefs
import SystemPackage
import Testing

@testable import StrataLMDB

/// The facts of an environment, beside what the whole check counts.
@Suite struct StatusTests {
    @Test func countsWhatTheCheckCounts() throws {
        let sample = try SampleEnvironment()
        let environment = try sample.open()
        let (status, report) = (try environment.status(), try LMDBCheck.check(sample.path))
        #expect(status.references == report.references && status.reflogs == report.reflogs)
        #expect(status.references > 200 && status.reflogs > 100)
        #expect(status.worktrees == 1 && status.intents == 0 && status.format == 1)
        #expect(status.usedPages == report.usedPages && status.pageSize == report.pageSize)
        #expect(status.pages - status.usedPages == report.freePages)
        #expect(status.sequence == (try environment.sequence()) && status.storeID.utf8.count == 32)
        #expect(status.readers == LMDBStatus.Readers())
    }

    @Test func saysWhatReadersCost() throws {
        let sample = try SampleEnvironment(branches: 50)
        let store = LMDBRefStore(try sample.open())
        let name = try RefName("refs/heads/changing")
        var snapshots = [try store.snapshot(), try store.snapshot()]
        for number in 1...30 { try store.commit(RefTransaction([.update(name, to: SampleEnvironment.id(number))])) }
        snapshots.append(try store.snapshot())
        let readers = try store.environment.status().readers
        #expect(readers.count == 3 && readers.processes == 1 && readers.behind == 30)
        #expect(readers.keptPages > 30)
        #expect(try snapshots.map { try $0.read(name) == nil } == [true, true, false])
        snapshots.removeAll()
        #expect(try store.environment.status().readers == LMDBStatus.Readers())
    }
}
