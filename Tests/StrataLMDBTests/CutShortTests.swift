import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// A data file that somebody cuts short under its readers: an error, and not the end of the process.
@Suite struct CutShortTests {
    private func failure(_ body: () throws -> Void) -> LMDBFailure? {
        do {
            try body()
            return nil
        } catch {
            return (error as? RefError)?.cause as? LMDBFailure
        }
    }

    @Test func readersSayThatTheFileWasCut() throws {
        let sample = try SampleEnvironment()
        let store = LMDBRefStore(try sample.open())
        let snapshot = try store.snapshot()
        let name = try SampleEnvironment.name("refs/heads/topic-0/work")
        #expect(try snapshot.read(name) != nil)
        var cursor = try snapshot.cursor(over: .all)
        let view = try #require(try cursor.next())
        FileEditor(sample.data).resize(to: 2 * 4096)
        #expect(failure { _ = try snapshot.read(name) } == .cutShort)
        #expect(failure { while try cursor.next() != nil {} } == .cutShort)
        #expect(failure { _ = try snapshot.cursor(over: .all) } == .cutShort)
        #expect(failure { _ = try store.snapshot().read(name) } == .cutShort)
        #expect(failure { _ = try #require(store.reflogs).names() } == .cutShort)
        #expect(failure { try store.commit(RefTransaction([.update(name, to: SampleEnvironment.id(9))])) } == .cutShort)
        // What a view shows is lost, and reading it is no trap.
        #expect(unsafe Array(view.nameBuffer).count < 100)
        #expect(try !LMDBCheck.check(sample.path).isSound)
    }

    /// Each length that is no longer all, with the listing under way.
    @Test func aListingMeetsTheCutWhereverItIs() throws {
        let sample = try SampleEnvironment()
        let bytes = try #require(try readFile(sample.data))
        let whole = try Self.names(LMDBRefStore(try sample.open()))
        for size in stride(from: 2 * 4096, to: bytes.count, by: 3 * 4096) {
            try writeFile(sample.data, bytes)
            let store = LMDBRefStore(try sample.open())
            FileEditor(sample.data).resize(to: size)
            do throws(RefError) {
                #expect(try Self.names(store) == whole)
            } catch {
                #expect(error.cause as? LMDBFailure == .cutShort)
            }
        }
    }

    private static func names(_ store: LMDBRefStore) throws(RefError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var cursor = try store.snapshot().cursor(over: .all)
        while let view = try cursor.next() { unsafe names.append(Array(view.nameBuffer)) }
        return names
    }
}
