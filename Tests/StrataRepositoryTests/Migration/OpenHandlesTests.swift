import Glibc
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// A repository that was opened before its references are moved reads and writes them where they are afterwards.
@Suite struct OpenHandlesTests {
    private let scratch: TemporaryDirectory
    private var root: FilePath { scratch.appending("r") }
    private var linked: FilePath { scratch.appending("w") }
    private var common: FilePath { scratch.appending("r/.git") }

    init() throws {
        scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
    }

    private func move(to format: ReferenceStorage.Format) throws {
        _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: format))
    }

    private func names(_ snapshot: any RefSnapshot, _ scope: RefScope = .all) throws -> [String] {
        var cursor = try snapshot.cursor(over: scope)
        var names: [String] = []
        while let ref = try cursor.next() { names.append("\(ref.refName) \(ref.value)") }
        return names
    }

    private func id(_ revision: String) throws -> ObjectID {
        try #require(ObjectID(hex: try git(["rev-parse", revision], in: root)))
    }

    private func commit(_ repository: Repository, _ name: String, _ id: ObjectID) throws {
        try repository.refs.commit(
            RefTransaction([.update(RefName(name), to: id, message: "moved")]), repository.transactionContext())
    }

    @Test func readAndWriteThereAndBack() throws {
        let (main, worktree) = try (MigrationState.open(root), MigrationState.open(linked))
        let cached = CachedRefStore(around: main.refs)
        let (head, old, first) = try (id("HEAD"), id("HEAD~1"), id("HEAD~2"))
        let listed = try (names(main.refs.snapshot()), names(worktree.refs.snapshot()))
        let logs = try (main.refs.reflogs?.names(), worktree.refs.reflogs?.names())
        let own = try RefName("refs/worktree/own")
        let domain = main.refs.commitDomain
        #expect(main.files != nil && main.database == nil)
        #expect(!main.refs.capabilities.contains(.snapshotIsolation))
        let files = try (main.refs.snapshot(), worktree.refs.snapshot())
        var walk = try files.1.cursor(over: RefScope(prefix: Array("refs/worktree/".utf8)))
        #expect(try walk.next()?.refName == own)

        try move(to: .lmdb)
        #expect(main.files == nil && main.database != nil)
        #expect(main.refs.capabilities.contains(.snapshotIsolation))
        #expect(main.refs.commitDomain != domain)
        for (repository, list) in [(main, listed.0), (worktree, listed.1)] {
            #expect(try names(repository.refs.snapshot()) == list)
        }
        #expect(try main.refs.reflogs?.names() == logs.0)
        #expect(try worktree.refs.reflogs?.names() == logs.1)
        #expect(try names(cached.snapshot()) == listed.0)
        #expect(main.refs.explain(.name(.head)).lines.contains { $0.contains("LMDB") })
        // What was held over the move tells no stub for a reference, and nothing for absent.
        #expect(try files.0.read(.head) == .symbolic(Array("refs/heads/main".utf8)))
        #expect(try files.1.read(own)?.objectID == first)
        #expect(try files.1.read(.head)?.objectID != nil)
        #expect(try files.0.read([RefName("refs/heads/a"), own]).first??.objectID == old)
        #expect(try names(files.0) == listed.0)
        try walk.seek(RefScope(prefix: Array("refs/worktree/".utf8)))
        #expect(try walk.next()?.refName == own)

        try commit(main, "refs/heads/main", old)
        try commit(worktree, "refs/worktree/own", head)
        try commit(worktree, "refs/heads/fresh", head)
        let fresh = try MigrationState.open(root)
        #expect(try fresh.refs.snapshot().read(RefName("refs/heads/main"))?.objectID == old)
        #expect(try fresh.refs.snapshot().read(RefName("worktrees/w/refs/worktree/own"))?.objectID == head)
        #expect(try cached.snapshot().read(RefName("refs/heads/fresh"))?.objectID == head)

        let database = try main.refs.snapshot()
        let before = try names(database)
        // By a handle that was opened when they were in files.
        _ = try worktree.migrateReferences(RefMigrationRequest(to: .files))
        #expect(main.files != nil && main.database == nil)
        try commit(main, "refs/heads/main", head)
        try commit(worktree, "refs/heads/fresh", old)
        #expect(try names(database) == before)
        #expect(try id("refs/heads/main") == head && id("refs/heads/fresh") == old)
        #expect(try cached.snapshot().read(RefName("refs/heads/fresh"))?.objectID == old)
        #expect(try git(["rev-parse", "refs/worktree/own"], in: linked) == "\(head)")
        #expect(try git(["log", "-g", "-1", "--format=%gs", "main"], in: root) == "moved")
        #expect(try main.refs.reflogs?.exists(RefName("refs/heads/late")) == true)
        _ = try main.migrateReferences(RefMigrationRequest(to: .lmdb))
        #expect(try main.refs.snapshot().read(RefName("refs/heads/main"))?.objectID == head)
    }

    @Test func rootsAreThoseOfTheNewStore() throws {
        try git(["init", "-q", "--template=", "-b", "main", "n"], in: scratch.path)
        let place = scratch.appending("n")
        try git(["commit", "-q", "--allow-empty", "-m", "one"], in: place)
        try git(["worktree", "add", "-q", "--detach", "../nw"], in: place)
        let repository = try MigrationState.open(place)
        let head = try #require(ObjectID(hex: git(["rev-parse", "HEAD"], in: place)))
        func names(_ roots: ReachabilityRoots) throws -> Set<String> {
            var names: Set<String> = []
            try roots.visit { root in
                names.insert("\(root.name)")
                return true
            }
            return names
        }
        let early = try repository.reachabilityRoots(includingReflogs: true)
        let before = try names(early)
        #expect(before.isSuperset(of: ["main-worktree/HEAD", "refs/heads/main", "worktrees/nw/HEAD"]))
        for format in [ReferenceStorage.Format.lmdb, .files] {
            _ = try MigrationState.open(place).migrateReferences(RefMigrationRequest(to: format))
            try commit(repository, "worktrees/nw/refs/worktree/\(format)", head)
            let now = try names(repository.reachabilityRoots(includingReflogs: true))
            #expect(now.isSuperset(of: before.union(["worktrees/nw/refs/worktree/\(format)"])))
            #expect(try names(early) == now)
        }
    }

    @Test func holdsThatWereOvertakenChangeNothing() throws {
        let repository = try MigrationState.open(root)
        let (name, new) = try (RefName("refs/heads/a"), id("HEAD"))
        let value = try repository.refs.snapshot().read(name)
        let runs = try ["refs/heads/a", "refs/heads/other"].map { name in
            let run = RefTransactionRun(
                RefTransaction([.update(try RefName(name), to: new)]), on: repository.refs,
                repository.transactionContext())
            try run.prepare()
            return run
        }
        let held = try repository.refs.hold([RefName("refs/heads/topic/b")])
        try move(to: .lmdb)
        for run in runs { #expect(throws: RefError.self) { try run.commit() } }
        let thrown = #expect(throws: RefError.self) {
            _ = try held.hold([RefName("refs/heads/topic/c")], until: nil)
        }
        #expect(thrown?.cause as? StoreMove == .before)
        #expect(try repository.refs.snapshot().read(name) == value)
        #expect(try repository.refs.snapshot().read(RefName("refs/heads/other")) == nil)
        try commit(repository, "refs/heads/a", new)
        #expect(try MigrationState.open(root).refs.snapshot().read(name)?.objectID == new)
    }

    @Test func reflogsAreThoseOfTheNewStore() throws {
        let repository = try MigrationState.open(root)
        let logs = try #require(repository.refs.reflogs)
        let (name, late) = try (RefName("refs/heads/a"), RefName("refs/heads/late"))
        func lines() throws -> Int {
            var count = 0
            try logs.read(late, newestFirst: true) { _ in
                count += 1
                return true
            }
            return count
        }
        let count = try lines()
        for format in [ReferenceStorage.Format.lmdb, .files] {
            try move(to: format)
            #expect(try lines() == count && count > 0)
            try logs.delete(name)
            #expect(try !logs.exists(name))
            try logs.create(name)
            #expect(try MigrationState.open(root).refs.reflogs?.exists(name) == true)
            #expect(try logs.expire(late, rewrite: false) { _ in true } == 0)
        }
    }

    @Test func otherProcessesFollow() throws {
        let child = try ChildProcess(
            productPath("StrataProbe"), ["follow", root.string], environment: gitEnvironment, directory: root)
        func ask(_ line: String) -> String? {
            child.send(Array("\(line)\n".utf8))
            return child.readLine()
        }
        #expect(child.readLine() == "open")
        let (head, old) = try (id("HEAD"), id("HEAD~1"))
        #expect(ask("read refs/heads/late") == "\(old)")
        for format in [ReferenceStorage.Format.lmdb, .files] {
            try move(to: format)
            #expect(ask("read refs/heads/late") == "\(old)")
            #expect(ask("write refs/heads/made-\(format) \(head)") == "written")
            let repository = try MigrationState.open(root)
            #expect(try repository.refs.snapshot().read(RefName("refs/heads/made-\(format)"))?.objectID == head)
        }
        child.closeInput()
        #expect(child.wait() == 0)
    }

    @Test func generationFilesMayBeAnything() throws {
        let repository = try MigrationState.open(root)
        let path = common.appending("strata/generation")
        let head = try id("HEAD")
        _ = try repository.refs.snapshot()
        func spoil(_ body: () throws -> Void) throws {
            removeTree(path)
            try body()
            let config = try #require(try readFile(common.appending("config")))
            try Disk.replace(common.appending("config"), with: config + Array("[a]b\n".utf8), durability: .none)
            try commit(repository, "refs/heads/a", head)
            #expect(try repository.refs.snapshot().read(RefName("refs/heads/a"))?.objectID == head)
        }
        for format in [ReferenceStorage.Format.lmdb, .files] {
            try spoil {}
            try spoil { try Disk.replace(path, with: [], durability: .none) }
            try spoil { try Disk.replace(path, with: [0xff, 0, 10], durability: .none) }
            try spoil { try Disk.replace(path, with: [UInt8](repeating: 7, count: 100_000), durability: .none) }
            try spoil { try Disk.symlink("generation", at: path) }
            removeTree(path)
            try move(to: format)
            #expect(try repository.refs.snapshot().read(RefName("refs/heads/a"))?.objectID == head)
        }
        try spoil { try Disk.mkdir(path, sharing: .umask) }
        // One that is in the way of a move stops it.
        #expect(throws: RefError.self) { try move(to: .lmdb) }
        try spoil {}
        #expect(try MigrationState(common).litter == [])
    }

    @Test func configurationsThatAreNoneAreErrors() throws {
        let repository = try MigrationState.open(root)
        _ = try repository.refs.snapshot()
        let path = common.appending("config")
        let good = try #require(try readFile(path))
        for bad in ["[core", "[core]\nrepositoryformatversion = 99\n", "[core]\nrepositoryformatversion = x\n"] {
            try Disk.replace(path, with: Array(bad.utf8), durability: .none)
            let thrown = #expect(throws: RefError.self) { _ = try repository.refs.snapshot() }
            #expect(thrown?.path == path.string)
            #expect(repository.files != nil)
        }
        try Disk.replace(path, with: good, durability: .none)
        #expect(try repository.refs.snapshot().read(.head) == .symbolic(Array("refs/heads/main".utf8)))
    }
}
