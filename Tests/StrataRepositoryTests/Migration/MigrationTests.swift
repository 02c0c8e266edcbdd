import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// References are moved to a database and back: all are there, to the byte.
@Suite struct MigrationTests {
    private let scratch: TemporaryDirectory
    private var root: FilePath { scratch.appending("r") }
    private var common: FilePath { scratch.appending("r/.git") }

    init() throws {
        scratch = try TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
    }

    private func open() throws -> Repository { try MigrationState.open(root) }

    private func digest() throws -> CarriedRefDigest.Value { try MigrationState(common).digest }

    private func listing() throws -> [String] {
        try [root, scratch.appending("w")].map { place in
            try git(["for-each-ref"] + (gitIsCurrent ? ["--include-root-refs"] : []), in: place)
                + git(["symbolic-ref", "-q", "refs/heads/link"], in: place)
        }
    }

    @Test func goesThereAndBack() throws {
        let (before, listed) = try (digest(), listing())
        let logs = try git(["reflog", "late"], in: root)
        let moved = try open().migrateReferences(RefMigrationRequest(to: .lmdb))
        #expect(moved.count > 20 && moved.copy == nil)
        let state = try MigrationState(common)
        #expect(state.storage == .lmdb && state.litter == [])
        #expect(state.digest == before)
        do {
            let repository = try open()
            let snapshot = try repository.refs.snapshot()
            #expect(try snapshot.read(.head) == .symbolic(Array("refs/heads/main".utf8)))
            #expect(try snapshot.read(RefName("worktrees/w/refs/worktree/own"))?.objectID != nil)
            #expect(try snapshot.read(RefName("refs/heads/broken")) == .broken(.content))
            // Git refuses, and reads nothing that is no longer so.
            #expect(try run(gitPath, ["for-each-ref"], environment: gitEnvironment, directory: root).status == 128)
            #expect(throws: RefError.self) {
                _ = try repository.migrateReferences(RefMigrationRequest(to: .lmdb))
            }
        }
        _ = try open().migrateReferences(RefMigrationRequest(to: .files))
        let back = try MigrationState(common)
        #expect(back.storage == .files && back.litter == [])
        #expect(back.digest == before)
        #expect(try listing() == listed)
        #expect(try git(["reflog", "late"], in: root) == logs)
        #expect(try String(decoding: readFile(common.appending("MERGE_HEAD")) ?? [], as: UTF8.self).count == 41)
        try git(["update-ref", "refs/heads/new", "HEAD"], in: root)
        try git(["checkout", "-q", "-b", "other"], in: root)
    }

    /// Who writes while references are moved has locks beside them, which are files too and no references.
    @Test func locksAreLeftBehind() throws {
        let before = try digest()
        let names = ["refs/heads/w.lock", "refs/tags/.w", "logs/refs/heads/w.lock", "logs/HEAD.lock"]
        var request = RefMigrationRequest(to: .lmdb)
        request.willPause = { [common] in
            for name in names {
                let file = try? FileDescriptor.open(
                    common.appending(name), .writeOnly, options: .create, permissions: .ownerReadWrite)
                try? file?.close()
            }
        }
        _ = try open().migrateReferences(request)
        #expect(try MigrationState(common).digest == before)
        _ = try open().migrateReferences(RefMigrationRequest(to: .files))
        #expect(try digest() == before)
    }

    @Test func dropsReflogs() throws {
        var request = RefMigrationRequest(to: .lmdb)
        request.keepsReflogs = false
        _ = try open().migrateReferences(request)
        #expect(try open().refs.reflogs?.names() == [])
        _ = try open().migrateReferences(RefMigrationRequest(to: .files))
        #expect(try FileStat.lstat(common.appending("logs")) == nil)
    }

    @Test(arguments: [ReferenceStorage.Format.lmdb, .files]) func onlyTries(_ format: ReferenceStorage.Format) throws {
        if format == .files { _ = try open().migrateReferences(RefMigrationRequest(to: .lmdb)) }
        let before = try MigrationState(common)
        var request = RefMigrationRequest(to: format)
        request.isDryRun = true
        let copy = try #require(try open().migrateReferences(request).copy)
        let after = try MigrationState(common)
        #expect(after.digest == before.digest && after.storage == before.storage)
        let path = common.appending(try #require(copy.lastComponent))
        #expect(try FileStat.stat(path.appending(format == .lmdb ? "lmdb/data.mdb" : "packed-refs")) != nil)
    }

    @Test func aDatabaseElsewhereIsLeftBehind() throws {
        let place = scratch.appending("n")
        #expect(
            try run(
                productPath("strata"), ["init", "-q", "-b", "main", "--ref-format=lmdb://../../db", place.string],
                environment: gitEnvironment, directory: scratch.path
            ).status == 0)
        let repository = try MigrationState.open(place)
        let id = try #require(ObjectID(hex: String(repeating: "1", count: 40)))
        try repository.refs.commit(RefTransaction([.create(RefName("refs/heads/main"), at: id)]))
        _ = try repository.migrateReferences(RefMigrationRequest(to: .files))
        #expect(try git(["rev-parse", "refs/heads/main"], in: place) == "\(id)")
        #expect(try FileStat.stat(scratch.appending("db")) == nil)
        // Who has the database open still writes where the references are now.
        try repository.refs.commit(RefTransaction([.create(RefName("refs/heads/found"), at: id)]))
        #expect(try git(["rev-parse", "refs/heads/found"], in: place) == "\(id)")
    }

    @Test func waitsForNobodyElses() throws {
        let lock = common.appending("HEAD.lock")
        try Disk.replace(lock, with: [], durability: .none)
        let repository = try open()
        let before = try digest()
        let thrown = #expect(throws: RefError.self) {
            var request = RefMigrationRequest(to: .lmdb)
            request.lockTimeout = 50
            _ = try repository.migrateReferences(request)
        }
        #expect(thrown?.code == .locked)
        let state = try MigrationState(common)
        #expect(state.storage == .files && state.digest == before && state.litter == [lock.string])
    }
}
