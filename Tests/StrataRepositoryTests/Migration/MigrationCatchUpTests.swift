import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// What changes after all was copied is moved along: what came, went and changed, between names that exclude each other, with its reflogs.
@Suite struct MigrationCatchUpTests {
    private let scratch: TemporaryDirectory
    private var root: FilePath { scratch.appending("r") }
    private var linked: FilePath { scratch.appending("w") }
    private var common: FilePath { scratch.appending("r/.git") }

    init() throws {
        scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
    }

    /// Changes of all kinds, through handles on both worktrees.
    private func change(_ main: Repository, _ worktree: Repository, _ round: Int) throws {
        let ids = try ["refs/heads/main", "refs/heads/late"].map {
            try #require(try main.refs.snapshot().read(RefName($0))?.objectID)
        }
        func commit(_ repository: Repository, _ edits: [RefEdit]) throws {
            try repository.refs.commit(RefTransaction(edits), repository.transactionContext())
        }
        // A name where others were below it, and names below one that was there.
        try commit(main, [.delete(RefName("refs/heads/topic/b")), .delete(RefName("refs/heads/topic/c"))])
        try main.refs.reflogs?.delete(RefName("refs/heads/topic/nothing"))
        try commit(main, [.create(RefName("refs/heads/topic"), at: ids[0])])
        try commit(main, [.delete(RefName("refs/heads/a"))])
        try commit(main, [.create(RefName("refs/heads/a/b/c"), at: ids[1], message: "below")])
        // A packed tag goes, another moves; symbolic references.
        try commit(main, [.delete(RefName("refs/tags/light")), .update(RefName("refs/tags/v1"), to: ids[0])])
        try commit(main, [.symbolic(RefName("refs/heads/link"), to: RefName("refs/heads/late"))])
        try commit(main, [.update(RefName("refs/heads/late"), to: ids[0], message: "moved \(round)")])
        // A worktree's own.
        try commit(worktree, [.update(RefName("refs/worktree/own"), to: ids[0])])
        try commit(worktree, [.create(RefName("refs/worktree/new"), at: ids[1])])
        try commit(worktree, [.update(.head, to: ids[0], message: "detached")])
        for number in 0..<100 {
            try commit(main, [.update(RefName("refs/heads/many/\(number)"), to: ids[0], message: "\(number)")])
        }
        // Reflogs alone.
        let logs = try #require(main.refs.reflogs)
        try logs.expire(RefName("refs/heads/main"), rewrite: false) { !$0.message.elementsEqual("of no time".utf8) }
        try logs.create(RefName("refs/tags/v1"))
        try logs.delete(RefName("refs/heads/gone"))
    }

    private func state(_ repository: Repository) throws -> [String] {
        var all: [String] = []
        var cursor = try repository.refs.snapshot().cursor(over: .all)
        while let ref = try cursor.next() { all.append("\(ref.refName) \(ref.value)") }
        let logs = try #require(repository.refs.reflogs)
        for name in try logs.names() {
            all.append("log \(name)")
            try logs.read(name, newestFirst: false) { entry in
                all.append("\(entry.old) \(entry.new) \(String(decoding: entry.message, as: UTF8.self))")
                return true
            }
        }
        return all
    }

    @Test(arguments: [ReferenceStorage.Format.lmdb, .files]) func everythingIsMovedAlong(
        _ format: ReferenceStorage.Format
    ) throws {
        if format == .files {
            _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: .lmdb))
        }
        let (main, worktree) = try (MigrationState.open(root), MigrationState.open(linked))
        let failure = Mutex<String?>(nil)
        let before = Mutex<[[String]]>([])
        var request = RefMigrationRequest(to: format)
        request.willPause = {
            do {
                try self.change(main, worktree, 1)
                let now = try [self.state(main), self.state(worktree)]
                before.withLock { $0 = now }
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
        }
        _ = try MigrationState.open(root).migrateReferences(request)
        try #require(failure.withLock { $0 } == nil)
        let after = try MigrationState(common)
        #expect(after.storage == format && after.litter == [])
        let expected = before.withLock { $0 }
        #expect(expected.count == 2 && expected[0].count > 150)
        for (repository, expected) in zip([main, worktree], expected) { #expect(try state(repository) == expected) }
        #expect(try state(MigrationState.open(root)) == expected[0])
        if format == .files {
            #expect(try git(["rev-parse", "refs/heads/many/99"], in: root) == git(["rev-parse", "main"], in: root))
            #expect(try git(["for-each-ref", "--format=%(refname)", "refs/heads/a"], in: root) == "refs/heads/a/b/c")
            try git(["pack-refs", "--all"], in: root)
        }
        // And the other way.
        _ = try main.migrateReferences(RefMigrationRequest(to: format == .lmdb ? .files : .lmdb))
        #expect(try state(main) == expected[0])
    }

    @Test func changesOfADatabaseAreFoundByItsPages() throws {
        _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: .lmdb))
        let repository = try MigrationState.open(root)
        let database = try #require(repository.database)
        let id = try #require(try repository.refs.snapshot().objectID(of: .head))
        let names = try (0..<3000).map { try RefName("refs/many/\($0 % 7)/\($0)") }
        try repository.refs.commit(RefTransaction(names.map { .create($0, at: id) }))
        let base = try #require(try LMDBChangeBase(LMDBCarriedRefs(database)))
        #expect(try base.changes(in: LMDBCarriedRefs(database)) == [])
        let other = try #require(ObjectID(hex: String(repeating: "7", count: 40)))
        // From one to so many that the tree is another.
        for (count, step) in [(1, 1), (40, 75), (1500, 2), (3000, 1)] {
            let changed = stride(from: 0, to: 3000, by: step).prefix(count).map { names[$0] }
            try repository.refs.commit(
                RefTransaction(changed.enumerated().map { $0 % 2 == 0 ? .delete($1) : .update($1, to: other) }))
            let found = try #require(try base.changes(in: LMDBCarriedRefs(database)))
            #expect(Set(found.map(\.name)) == Set(changed))
            try repository.refs.commit(RefTransaction(changed.map { .update($0, to: id) }))
            #expect(try base.changes(in: LMDBCarriedRefs(database)) == [])
        }
        // A reflog alone, and one too long for a key, of which nothing can be told.
        let logs = try #require(repository.refs.reflogs)
        try logs.expire(RefName("refs/heads/main"), rewrite: false) { _ in false }
        #expect(try base.changes(in: LMDBCarriedRefs(database))?.map(\.name) == [RefName("refs/heads/main")])
        let long = try RefName("refs/" + String(repeating: "x", count: 600))
        try repository.refs.commit(RefTransaction([.create(long, at: id)]))
        #expect(try base.changes(in: LMDBCarriedRefs(database)) == nil)
    }

    /// Git makes `packed-refs` anew while references are moved to a database: what it has done is moved along.
    @Test func whatGitPacksMeanwhileIsMovedAlong() throws {
        try git(["pack-refs", "--all"], in: root)
        let failure = Mutex<String?>("nothing was done")
        let before = Mutex<[String]>([])
        var request = RefMigrationRequest(to: .lmdb)
        request.willPause = { [root] in
            do {
                for number in 0..<20 { try git(["update-ref", "refs/heads/new/\(number)", "main"], in: root) }
                try git(["pack-refs", "--all"], in: root)
                try git(["update-ref", "-d", "refs/heads/new/7"], in: root)
                try git(["update-ref", "-d", "refs/tags/light"], in: root)
                try git(["update-ref", "refs/tags/v1", "main"], in: root)
                try git(["pack-refs", "--all"], in: root)
                let now = try self.state(MigrationState.open(root))
                before.withLock { $0 = now }
                failure.withLock { $0 = nil }
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
        }
        _ = try MigrationState.open(root).migrateReferences(request)
        #expect(failure.withLock { $0 } == nil)
        let now = try state(MigrationState.open(root))
        #expect(now == before.withLock { $0 } && now.contains { $0.hasPrefix("refs/heads/new/19 ") })
        #expect(!now.contains { $0.hasPrefix("refs/tags/light") || $0.hasPrefix("refs/heads/new/7 ") })
        _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: .files))
        #expect(try state(MigrationState.open(root)) == now)
    }
}
