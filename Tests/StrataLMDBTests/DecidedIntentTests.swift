import CLMDB
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// Transactions over a worktree's files and a database, whose commit decides over the intent of the files.
@Suite struct DecidedIntentTests {
    private let directory: TemporaryDirectory
    private let branch: RefName
    private let bisect: RefName

    init() throws {
        directory = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        for name in ["refs", "worktrees/w", "lmdb"] { try Disk.makeDirectories(directory.appending(name)) }
        (branch, bisect) = (try RefName("refs/heads/a"), try RefName("refs/bisect/bad"))
    }

    /// The stores as one process has them.
    private struct Handle {
        let intents: RefIntents
        let environment: LMDBEnvironment
        let own: LooseRefStore
        let store: WorktreeRefStore

        init(_ common: FilePath, database: FilePath? = nil) throws {
            let intents = RefIntents(commonDirectory: common)
            let environment = try LMDBEnvironment.open(
                database ?? common.appending("lmdb"), OpeningTests.options(creates: true))
            let own = LooseRefStore(
                directory: common.appending("worktrees/w"), hashAlgorithm: .sha1, locks: intents.locks,
                intents: intents)
            (self.intents, self.environment, self.own) = (intents, environment, own)
            store = WorktreeRefStore(own: own, id: Array("w".utf8), common: LMDBRefStore(environment)) { _ in nil }
        }

        var decided: [LMDBIntents.Decided] {
            get throws { try LMDBIntents.all(in: environment.read()) }
        }
    }

    private func handle() throws -> Handle { try Handle(directory.path) }

    private func id(_ number: Int) -> ObjectID { SampleEnvironment.id(number) }

    /// One reference of the database and two of the worktree.
    private func edits(_ number: Int) -> [RefEdit] {
        var head = RefEdit(RefName.head, .write(.object(id(number))), message: Array("moved".utf8))
        head.followsSymbolic = false
        return [head, .update(branch, to: id(number), message: "moved"), .update(bisect, to: id(number))]
    }

    private func commit(_ number: Int, in store: any RefStore, _ durability: Durability = .none) throws {
        var context = SampleEnvironment.context
        context.durability = durability
        try store.commit(RefTransaction(edits(number)), context)
    }

    private func values(_ store: any RefStore) throws -> [ObjectID?] {
        try store.snapshot().read([.head, branch, bisect]).map { $0?.objectID }
    }

    private func listed(_ store: any RefStore) throws -> [String: RefValue] {
        var all: [String: RefValue] = [:]
        var cursor = try store.snapshot().cursor(over: .all)
        while let view = try cursor.next() { all[view.refName.description] = view.value }
        return all
    }

    private var intentFiles: [String] {
        get throws {
            var names: [String] = []
            guard var reader = try DirectoryReader(directory.appending("strata/intents")) else { return [] }
            while try reader.next() { names.append(String(decoding: reader.name, as: UTF8.self)) }
            return names
        }
    }

    /// However many processes come and go, what the database keeps of their intents stays small.
    @Test(arguments: Durability.allCases) func idsAreForgotten(_ durability: Durability) throws {
        for number in 1...12 {
            let handle = try handle()
            try commit(number, in: handle.store, durability)
            try commit(number + 20, in: handle.store, durability)
            #expect(
                try handle.decided.count == 1
                    && values(handle.store) == [id(number + 20), id(number + 20), id(number + 20)])
            // A transaction of the database alone has nothing to do with it.
            try LMDBRefStore(handle.environment).commit(RefTransaction([.update(branch, to: id(1))]))
            #expect(try handle.decided.count == 1)
        }
        #expect(try intentFiles.isEmpty)
        #expect(try LMDBCheck.check(directory.appending("lmdb")).findings == [])
    }

    /// Another repository's intents are its own affair.
    @Test func othersIdsStay() throws {
        let other = directory.appending("other")
        for name in ["refs", "worktrees/w"] { try Disk.makeDirectories(other.appending(name)) }
        let (first, second) = (try handle(), try Handle(other, database: directory.appending("lmdb")))
        try commit(1, in: first.store)
        try commit(2, in: second.store)
        #expect(try first.decided.count == 2)
        try commit(3, in: first.store)
        try commit(4, in: second.store)
        #expect(try Set(first.decided.map(\.journal)).count == 2 && first.decided.count == 2)
    }

    /// A transaction that only adds a line to the files takes one step, and needs no intent.
    @Test func oneStepNeedsNone() throws {
        let handle = try handle()
        try handle.store.commit(
            RefTransaction([.symbolic(.head, to: branch), .create(branch, at: id(1), message: "made")]),
            SampleEnvironment.context)
        let before = try handle.decided.map(\.id)
        try handle.store.commit(
            RefTransaction([.update(branch, to: id(2), message: "moved")]), SampleEnvironment.context)
        #expect(try handle.decided.map(\.id) == before)
        var lines = 0
        try handle.own.reflogs?.read(.head, newestFirst: false) { _ throws(RefError) in
            lines += 1
            return true
        }
        #expect(lines == 2)
    }

    /// At each change of the files: readers see all of it, from the database's commit on, or nothing.
    @Test(arguments: [false, true]) func readersSeeItWhole(_ deletes: Bool) throws {
        let (writer, reader) = (try handle(), try handle())
        try commit(1, in: writer.store)
        let before = try listed(reader.store)
        let seen = Mutex<[[String: RefValue]]>([])
        let failures = Mutex<[String]>([])
        let plan = DiskFaults.Plan(under: directory.path) { _ in
            do {
                let all = try self.listed(reader.store)
                seen.withLock { $0.append(all) }
                for (name, value) in zip([RefName.head, self.branch, self.bisect], try self.values(reader.store))
                where all["\(name)"]?.objectID != value { failures.withLock { $0.append("\(name)") } }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        try DiskFaults.with(plan) { _ in
            if deletes {
                try writer.store.commit(
                    RefTransaction([
                        .delete(bisect), .delete(branch), .create(try RefName("refs/worktree/x"), at: id(2)),
                    ]), SampleEnvironment.context)
            } else {
                try commit(2, in: writer.store)
            }
        }
        let after = try listed(reader.store)
        #expect(before != after && failures.withLock { $0 } == [])
        let (old, new) = seen.withLock { seen in
            (seen.prefix { $0 == before }.count, seen.reversed().prefix { $0 == after }.count)
        }
        let count = seen.withLock { $0.count }
        #expect(old > 0 && new > 2 && old + new == count, "\(old) old, \(new) new of \(count)")
    }

    /// What fails in the files after the database's commit is taken back in both.
    @Test func aLiveFailureIsTakenBackInBoth() throws {
        let handle = try handle()
        try commit(1, in: handle.store)
        let (before, decided) = (try values(handle.store), try handle.decided.map(\.id))
        let plan = DiskFaults.Plan(
            under: directory.appending("worktrees/w"), operations: [.rename], at: 2, .fail(.ioError))
        let error = #expect(throws: RefError.self) {
            try DiskFaults.with(plan) { _ in try commit(2, in: handle.store) }
        }
        #expect(error?.message.contains("could not be undone") == false && error?.hasTakenEffect == false)
        #expect(try values(handle.store) == before)
        #expect(try handle.decided.map(\.id) == decided && intentFiles.isEmpty)
        try commit(2, in: handle.store)
        #expect(try values(handle.store) == [id(2), id(2), id(2)])
    }

    // MARK: What the dead have left

    /// An intent of a dead process, over which the database has decided or not.
    private func leave(_ number: Int, isDecided: Bool) throws {
        let dead = try handle()
        let old = try dead.own.snapshot().read(bisect)
        let held = try dead.own.hold([bisect])
        try held.stage(
            [
                ResolvedRefEdit(
                    name: bisect, action: .write(.object(id(number), peeled: nil)), old: old, reflog: nil,
                    createsReflog: false)
            ], durability: nil)
        let part = try #require(held as? any JoinedHold).intentPart()
        let entry = try dead.intents.write([part], decidedBy: dead.environment, durability: .none)
        if isDecided {
            try dead.environment.write(.none, until: .never) { writer throws(RefError) in
                try LMDBIntents.record(entry, in: writer)
            }
        }
        held.abort()
        dead.intents.locks.close()
    }

    @Test(arguments: [true, false]) func aMovedRepositoryTakesItsDatabaseAlong(_ isDecided: Bool) throws {
        try commit(1, in: handle().store)
        try leave(2, isDecided: isDecided)
        let moved = directory.appending("moved")
        try Disk.makeDirectories(moved)
        for name in ["refs", "worktrees", "lmdb", "strata"] {
            try Disk.rename(directory.appending(name), to: moved.appending(name))
        }
        let handle = try Handle(moved)
        #expect(try handle.store.snapshot().read(bisect)?.objectID == id(isDecided ? 2 : 1))
        let sweep = try handle.intents.sweep()
        #expect(sweep.intents.flatMap(\.changed).count == (isDecided ? 1 : 0))
        #expect(try values(handle.store) == [id(1), id(1), id(isDecided ? 2 : 1)])
        try commit(3, in: handle.store)
        #expect(try values(handle.store) == [id(3), id(3), id(3)])
    }

    /// The intent waits for the database that it names: another in its place says nothing.
    @Test func anotherDatabaseDoesNotDecide() throws {
        try commit(1, in: handle().store)
        try leave(2, isDecided: true)
        let (place, aside) = (directory.appending("lmdb"), directory.appending("aside"))
        try Disk.rename(place, to: aside)
        do {
            let other = try handle()
            #expect(try other.own.snapshot().read(bisect)?.objectID == id(1))
            let error = #expect(throws: RefError.self) { try other.store.hold([.head], until: .now) }
            #expect(error?.code == .unavailable && error?.message.contains("'\(place)'") == true, "\(error as Any)")
            // The database alone can be written.
            try LMDBRefStore(other.environment).commit(RefTransaction([.create(branch, at: id(5))]))
        }
        #expect(try intentFiles.count == 1)
        removeTree(place)
        try Disk.rename(aside, to: place)
        let handle = try handle()
        try handle.store.hold([.head], until: .now).abort()
        #expect(try values(handle.store) == [id(1), id(1), id(2)] && intentFiles.isEmpty)
    }

    @Test func aRecordThatIsMalformedIsDamage() throws {
        let handle = try handle()
        try commit(1, in: handle.store)
        try handle.environment.write(.none, until: .never) { writer throws(RefError) in
            let key = LMDBIntents.key(Array("0123-1".utf8))
            try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
                unsafe try writer.put(writer.main, strata_lmdb_key(bytes), [1, 2])
            }
        }
        let before = try values(handle.store)
        let error = #expect(throws: RefError.self) { try commit(2, in: handle.store) }
        #expect(error?.code == .corrupt && error?.message.contains("2 bytes") == true)
        #expect(try values(handle.store) == before && intentFiles.isEmpty)
        let findings = try LMDBCheck.check(directory.appending("lmdb")).findings
        #expect(findings.map(\.severity) == [.damage])
    }
}
