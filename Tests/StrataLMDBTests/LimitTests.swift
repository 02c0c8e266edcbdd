import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// The limits that a database can meet, of its address space and of its lock table: each an error of its own, of which nothing is left when the limit is.
@Suite struct LimitTests {
    private static func options(creates: Bool = false, readers: Int = 4096) -> LMDBOptions {
        var options = OpeningTests.options(creates: creates)
        options.reservation = 1 << 20
        options.readers = readers
        return options
    }

    private func failure(_ body: () throws -> Void) -> LMDBFailure? {
        do {
            try body()
            return nil
        } catch {
            let error = error as? RefError
            #expect(error?.code == .unavailable && error?.path != nil, "\(String(describing: error))")
            return error?.cause as? LMDBFailure
        }
    }

    /// A line of 300 KB.
    private static func write(_ store: any RefStore, _ number: Int) throws {
        let name = try SampleEnvironment.name("refs/heads/\(number)")
        let message = String(repeating: "a line that is long ", count: 15_000)
        try store.commit(
            RefTransaction([.create(name, at: SampleEnvironment.id(number), message: message)]),
            SampleEnvironment.context)
    }

    private static func references(_ store: any RefStore) throws -> Int {
        var count = 0
        var cursor = try store.snapshot().cursor(over: .all)
        while try cursor.next() != nil { count += 1 }
        return count
    }

    private static func place() throws -> (TemporaryDirectory, LMDBRefStore) {
        let directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, options(creates: true))
        return (directory, LMDBRefStore(environment, lockTimeout: 200))
    }

    // MARK: Address space

    @Test func theAddressSpaceGrows() throws {
        let (directory, store) = try Self.place()
        for number in 0..<10 { try Self.write(store, number) }
        #expect(try Self.references(store) == 10)
        #expect(store.environment.handle.reservation >= 3 << 20)
        #expect(try LMDBCheck.check(directory.path).findings.isEmpty)
    }

    /// More than the space is doubled to at once.
    @Test func aTransactionOfAnySizeGoesIn() throws {
        let (directory, store) = try Self.place()
        let message = String(repeating: "a line that is long ", count: 15_000)
        let edits = try (0..<30).map {
            RefEdit.create(
                try SampleEnvironment.name("refs/heads/\($0)"), at: SampleEnvironment.id($0), message: message)
        }
        try store.commit(RefTransaction(edits), SampleEnvironment.context)
        #expect(try Self.references(store) == 30)
        #expect(try LMDBCheck.check(directory.path).findings.isEmpty)
    }

    @Test func aSnapshotKeepsItFromGrowing() throws {
        let (directory, store) = try Self.place()
        try Self.write(store, 0)
        var snapshot: (any RefSnapshot)? = try store.snapshot()
        var number = 1
        var failure: LMDBFailure?
        while failure == nil, number < 10 {
            failure = self.failure { try Self.write(store, number) }
            number += 1
        }
        #expect(failure == .mapFull(1 << 20) && number < 10)
        // The one that failed has left nothing, and readers go on, also new ones.
        #expect(try Self.references(store) == number - 1)
        #expect(try snapshot?.read(SampleEnvironment.name("refs/heads/0")) != nil)
        #expect(try snapshot?.read(SampleEnvironment.name("refs/heads/1")) == nil)
        #expect(try LMDBCheck.check(directory.path).findings.isEmpty)
        snapshot = nil
        try Self.write(store, number - 1)
        #expect(try Self.references(store) == number)
    }

    /// What only a cache keeps is let go; what somebody holds is waited for, also through a cache.
    @Test func aCachedSnapshotDoesNotKeepItFromGrowing() throws {
        let (directory, store) = try Self.place()
        let cached = CachedRefStore(around: store)
        for number in 0..<10 {
            try Self.write(cached, number)
            #expect(try cached.snapshot().read(SampleEnvironment.name("refs/heads/\(number)")) != nil)
            #expect(try Self.references(cached) == number + 1)
        }
        #expect(store.environment.handle.reservation >= 3 << 20)
        var held: (any RefSnapshot)? = try cached.snapshot()
        var number = 10
        var failure: LMDBFailure?
        while failure == nil, number < 40 {
            failure = self.failure { try Self.write(cached, number) }
            number += 1
        }
        guard case .mapFull = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(try held?.read(SampleEnvironment.name("refs/heads/9")) != nil)
        #expect(try held?.read(SampleEnvironment.name("refs/heads/10")) == nil)
        held = nil
        try Self.write(cached, number - 1)
        #expect(try Self.references(cached) == number)
        #expect(try LMDBCheck.check(directory.path).findings.isEmpty)
    }

    @Test func anotherProcessesGrowthIsFollowed() throws {
        let (directory, store) = try Self.place()
        try Self.write(store, 0)
        var snapshot: (any RefSnapshot)? = try store.snapshot()
        #expect(try Self.use(directory.path, as: 0, "write", bytes: 3 << 20) == "done")
        let name = try SampleEnvironment.name("refs/heads/used")
        #expect(try snapshot?.read(name) == nil)
        #expect(failure { _ = try store.snapshot() } == .mapOutgrown(1 << 20))
        #expect(failure { try Self.write(store, 1) } == .mapOutgrown(1 << 20))
        snapshot = nil
        #expect(try store.snapshot().read(name) != nil)
        try Self.write(store, 1)
        #expect(try Self.references(store) == 3)
        #expect(try LMDBCheck.check(directory.path).findings.isEmpty)
    }

    // MARK: The lock table

    @Test func aFullLockTableIsToldOf() throws {
        let directory = try TemporaryDirectory()
        let store = LMDBRefStore(try LMDBEnvironment.open(directory.path, Self.options(creates: true, readers: 5)))
        var snapshots: [any RefSnapshot] = []
        var failure: LMDBFailure?
        while failure == nil, snapshots.count < 10 {
            failure = self.failure { snapshots.append(try store.snapshot()) }
        }
        #expect(failure == .readersFull && snapshots.count == 5)
        #expect(self.failure { _ = try store.stamp(covering: .all) } == .readersFull)
        // Writers need no place there.
        try Self.write(store, 0)
        #expect(try snapshots[0].read(SampleEnvironment.name("refs/heads/0")) == nil)
        snapshots.removeLast()
        #expect(try store.snapshot().read(SampleEnvironment.name("refs/heads/0")) != nil)
    }

    /// Of processes that died in it their places are free.
    @Test func theDeadHoldNoPlaces() throws {
        let directory = try TemporaryDirectory()
        let holder = try ChildProcess(productPath("StrataProbe"), ["snapshots", directory.path.string, "5", "5"])
        #expect(holder.readLine() == "held")
        let full = #expect(throws: RefError.self) { _ = try LMDBEnvironment.open(directory.path, Self.options()) }
        #expect(full?.cause as? LMDBFailure == .readersFull)
        holder.kill()
        #expect(holder.wait() == 128 + 9)
        let store = LMDBRefStore(try LMDBEnvironment.open(directory.path, Self.options()))
        let snapshots = try (0..<5).map { _ in try store.snapshot() }
        #expect(snapshots.count == 5)
    }

    /// Uses the database in another process; what that says.
    static func use(
        _ directory: FilePath, as user: Int, _ verb: String, bytes: Int = 0
    ) throws -> String {
        let words = ["use", directory.string, "\(user)", verb, "\(bytes)"]
        let result = try run(productPath("StrataProbe"), words)
        #expect(result.status == 0, "\(words): \(result.status) \(result.errText.suffix(300))")
        return result.lines.first ?? ""
    }
}
