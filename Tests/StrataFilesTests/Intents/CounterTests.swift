import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Transactions of several steps where their counter is not to be had as usual, and where the last sync fails.
@Suite struct CounterTests {
    private static let names: [RefName] = [.known("refs/heads/a"), .known("refs/heads/b"), .known("refs/tags/t")]

    private let directory: TemporaryDirectory
    private var common: FilePath { directory.path }
    private var counter: FilePath { common.appending("strata/sequence") }

    init() throws {
        directory = try TemporaryDirectory()
        try Disk.makeDirectories(directory.appending("refs"))
    }

    /// As another process has it.
    private func store() -> FilesRefStore {
        let intents = RefIntents(commonDirectory: common)
        return FilesRefStore(
            loose: LooseRefStore(directory: common, hashAlgorithm: .sha1, locks: intents.locks, intents: intents),
            packed: PackedRefStore(common.appending("packed-refs"), hashAlgorithm: .sha1, locks: intents.locks))
    }

    private func id(_ number: UInt64) -> ObjectID { ObjectID(algorithm: .sha1, words: (number, 0, 0, 0)) }

    private func set(_ number: UInt64, in store: FilesRefStore, _ context: RefTransactionContext = .init()) throws {
        try store.commit(RefTransaction(Self.names.map { .update($0, to: id(number)) }), context)
    }

    private func values(_ store: FilesRefStore) throws -> Set<ObjectID?> {
        Set(try store.snapshot().read(Self.names).map { $0?.objectID })
    }

    /// The first opening, which is to write, is refused.
    private var isReadOnly: DiskFaults.Plan {
        .init(under: counter, operations: [.open], at: 1, .fail(.permissionDenied))
    }

    @Test func aCounterThatMayNotBeWrittenIsMadeAnew() throws {
        let (reader, writer) = (store(), store())
        try set(1, in: store())
        #expect(try values(reader) == [id(1)])
        let before = try FileStat.stat(counter)?.inode
        let start = ContinuousClock.now
        try DiskFaults.with(isReadOnly) { _ in try set(2, in: writer) }
        // Readers had the time to see that there is another.
        #expect(ContinuousClock.now - start >= .milliseconds(SharedSequence.validity))
        #expect(try FileStat.stat(counter)?.inode != before)
        #expect(try values(reader) == [id(2)] && values(store()) == [id(2)])
        #expect(try ContinuousClock().measure { try set(3, in: writer) } < .milliseconds(80 * slack))
        #expect(try values(reader) == [id(3)])
    }

    @Test func whereItCannotBeMadeAnewNothingChanges() throws {
        try set(1, in: store())
        let refused = DiskFaults.Plan(under: counter, operations: [.rename], at: 1, .fail(.permissionDenied))
        let error = try #require(throws: RefError.self) {
            try DiskFaults.with(isReadOnly) { _ in try DiskFaults.with(refused) { _ in try set(2, in: store()) } }
        }
        #expect(error.code == .unavailable && error.message.contains(counter.string))
        #expect((error.cause as? FileError)?.operation == .rename)
        #expect(try values(store()) == [id(1)])
        try set(2, in: store())
        #expect(try values(store()) == [id(2)])
    }

    /// Where nothing can be mapped, readers see transactions whole as well.
    @Test func withoutMappingTransactionsAreWhole() throws {
        let plan = DiskFaults.Plan(
            under: counter, operations: [.map], at: 1, .fail(.operationNotSupportedByDevice), persistent: true)
        try DiskFaults.with(plan) { session in
            try set(1, in: store())
            let (reader, writer) = (store(), store())
            try concurrently(2) { number in
                for round in 1...40 {
                    if number == 0 {
                        try set(UInt64(round), in: writer)
                    } else {
                        let seen = try values(reader)
                        #expect(seen.count == 1, "\(seen)")
                    }
                }
            }
            #expect(try values(reader) == [id(40)])
            #expect(session.count > 2)
        }
    }

    /// The intent has gone, and readers see the transaction: it stays, though it may not survive a loss of power.
    @Test func whatReadersSeeIsNotTakenBack() throws {
        let writer = store()
        try set(1, in: writer)
        let observer = Phases()
        var context = RefTransactionContext(observers: [observer])
        context.durability = .full
        let intents = common.appending("strata/intents")
        // The first sync of the directory is the intent's own.
        let plan = DiskFaults.Plan(under: intents, operations: [.syncDirectory], at: 2, .fail(.ioError))
        let error = try #require(throws: RefError.self) {
            try DiskFaults.with(plan) { _ in try set(2, in: writer, context) }
        }
        #expect(error.hasTakenEffect && error.code == .unavailable, "\(error)")
        #expect(error.message.contains("may not survive a power failure"))
        #expect((error.cause as? FileError)?.operation == .syncDirectory && error.path == intents.string)
        #expect(try values(store()) == [id(2)])
        #expect(observer.all == [.preparing, .prepared, .committed])
        // All is let go, and nothing stands for the next to do.
        #expect(try RefIntents.names(in: intents) == [])
        try set(3, in: store())
        #expect(try values(writer) == [id(3)])
    }

    /// The same at the sync of the intent itself: nothing was seen, nothing changes.
    @Test func whatNobodyHasSeenIsTakenBack() throws {
        let writer = store()
        try set(1, in: writer)
        var context = RefTransactionContext()
        context.durability = .full
        let plan = DiskFaults.Plan(
            under: common.appending("strata/intents"), operations: [.syncDirectory], at: 1, .fail(.ioError))
        let error = try #require(throws: RefError.self) {
            try DiskFaults.with(plan) { _ in try set(2, in: writer, context) }
        }
        #expect(!error.hasTakenEffect)
        #expect(try values(store()) == [id(1)])
    }
}

private final class Phases: RefTransactionObserver {
    private let phases = Mutex<[RefTransactionPhase]>([])
    var all: [RefTransactionPhase] { phases.withLock { $0 } }

    func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
        phases.withLock { $0.append(phase) }
    }
}
