import CLMDB
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// What the whole check says of an environment whose pages are as LMDB wrote them.
@Suite struct CheckTests {
    @Test func nothingIsFoundInWhatTheStoreHasWritten() throws {
        let sample = try SampleEnvironment()
        let report = try LMDBCheck.check(sample.path)
        #expect(report.findings.isEmpty)
        #expect(report.lostPages == 0)
        #expect(report.freePages > 10)
        #expect(report.usedPages + report.freePages == UInt64(report.fileSize) / UInt64(report.pageSize))
        let environment = try sample.open()
        var (references, logs, lines) = (0, 0, 0)
        for worktree in [nil, SampleEnvironment.worktree] {
            let store = LMDBRefStore(environment, worktree: worktree)
            var cursor = try store.snapshot().cursor(over: .all)
            while try cursor.next() != nil { references += 1 }
            for name in try #require(store.reflogs).names() {
                logs += 1
                try #require(store.reflogs).read(name, newestFirst: false) { _ throws(RefError) in
                    lines += 1
                    return true
                }
            }
        }
        #expect((report.references, report.reflogs, report.reflogLines) == (references, logs, lines))
    }

    @Test func anEmptyEnvironmentIsSound() throws {
        let directory = try TemporaryDirectory()
        do { _ = try LMDBEnvironment.open(directory.path, OpeningTests.options(.sha256, creates: true)) }
        let report = try LMDBCheck.check(directory.path)
        #expect(report.findings.isEmpty)
        #expect(report.references == 0)
    }

    @Test func whatIsNotThereCannotBeChecked() throws {
        let directory = try TemporaryDirectory()
        for path in [directory.path, directory.appending("none")] {
            let error = #expect(throws: RefError.self) { try LMDBCheck.check(path) }
            #expect(error?.cause as? LMDBFailure == .absent)
        }
    }

    /// Whatever commits meanwhile, what is found is of one state.
    @Test func itRunsWhileOthersWrite() throws {
        let sample = try SampleEnvironment()
        let store = LMDBRefStore(try sample.open())
        let names = try (0..<40).map { try SampleEnvironment.name("refs/heads/busy-\($0)") }
        try concurrently(2) { index in
            if index == 0 {
                for round in 0..<400 {
                    let edits = names.map { name -> RefEdit in
                        round % 3 == 2
                            ? .delete(name) : .update(name, to: SampleEnvironment.id(round), message: "round \(round)")
                    }
                    try store.commit(RefTransaction(edits), SampleEnvironment.context)
                }
            } else {
                for _ in 0..<30 {
                    let report = try LMDBCheck.check(sample.path)
                    #expect(report.findings.isEmpty)
                }
            }
        }
    }

    /// Without another process or thread that has it open, it is opened by the check where somebody writes.
    @Test func aStateIsHeldStill() throws {
        let sample = try SampleEnvironment()
        let environment = try sample.open()
        let store = LMDBRefStore(environment)
        let name = try SampleEnvironment.name("refs/heads/new")
        var count = 0
        let run = try LMDBCheck.still(sample.data) { run in
            unsafe run.visit = { _, _, _ in
                count += 1
                if count == 3 { _ = try? store.commit(RefTransaction([.update(name, to: SampleEnvironment.id(1))])) }
            }
        }
        #expect(run == nil)
        #expect(try store.snapshot().read(name) != nil)
    }
}
