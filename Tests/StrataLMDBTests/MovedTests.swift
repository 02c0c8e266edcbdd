import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// An environment that is no longer where it was opened takes no writes: they would be lost.
@Suite struct MovedTests {
    private func commit(_ number: Int, to store: LMDBRefStore) -> LMDBFailure? {
        do throws(RefError) {
            try store.commit(RefTransaction([.update(.head, to: SampleEnvironment.id(number))]))
            return nil
        } catch {
            return error.cause as? LMDBFailure
        }
    }

    /// One that we move ourselves, while nobody can write: whoever wrote just before sees it at once.
    @Test func ofOurMovesItTellsAtOnce() throws {
        let directory = try TemporaryDirectory()
        let (path, aside) = (directory.appending("here"), directory.appending("aside"))
        let environment = try LMDBEnvironment.open(path, OpeningTests.options(creates: true))
        let store = LMDBRefStore(environment)
        for round in 1...50 {
            #expect(commit(round, to: store) == nil)
            try environment.freezing(until: .after(milliseconds: 1000)) { () throws(RefError) in
                unsafe #expect(rename(path.string, aside.string) == 0)
            }
            #expect(commit(0, to: store) == .moved)
            #expect(!environment.isInPlace)
            try Disk.rename(aside, to: path)
        }
        #expect(try store.snapshot().objectID(of: .head) == SampleEnvironment.id(50))
    }

    /// One that others move.
    @Test func ofOthersItTellsSoon() throws {
        let directory = try TemporaryDirectory()
        let (path, aside) = (directory.appending("here"), directory.appending("aside"))
        let store = LMDBRefStore(try LMDBEnvironment.open(path, OpeningTests.options(creates: true)))
        #expect(commit(1, to: store) == nil)
        try Disk.rename(path, to: aside)
        usleep(1000)
        #expect(commit(2, to: store) == .moved)
        // Nor one in its place.
        _ = try LMDBEnvironment.open(path, OpeningTests.options(creates: true))
        #expect(commit(3, to: store) == .moved)
        try Disk.removeTree(path)
        try Disk.rename(aside, to: path)
        #expect(commit(4, to: store) == nil)
    }
}
