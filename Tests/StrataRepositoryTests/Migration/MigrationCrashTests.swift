import CTestSupport
import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// A migration is stopped after each of its changes of the disk, and each of them fails: whatever was done, the references are whole in the one
/// store or the other, and the next migration comes to its end. Some of them, or all with `STRATA_CRASH=all`.
@Suite struct MigrationCrashTests {
    /// Every so many calls are tried.
    private static func step(_ calls: Int) -> Int {
        processEnvironment()["STRATA_CRASH"] == "all" ? 1 : max(1, calls / 12)
    }

    /// In memory, where there is one.
    private let scratch: TemporaryDirectory
    private let seed: FilePath

    init() throws {
        scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        seed = scratch.appending("seed")
        _ = try output("mkdir", [seed.string])
        try makeMigrationSeed(in: seed)
    }

    private func migrate(to format: ReferenceStorage.Format, _ root: FilePath, stopAfter call: Int = 0) throws
        -> CommandResult
    {
        try run(
            productPath("StrataProbe"), ["migrate", format.rawValue, root.string, "\(call)"],
            environment: gitEnvironment, directory: root)
    }

    private func count(_ result: CommandResult) throws -> Int {
        try #require(
            result.lines.first?.split(separator: " ").last.flatMap { Int($0) }, "\(result.outText) \(result.errText)")
    }

    private func copy() throws -> FilePath {
        let place = scratch.appending("try")
        removeTree(place)
        _ = try output("cp", ["-a", seed.string, place.string])
        return place.appending("r")
    }

    @Test(arguments: [ReferenceStorage.Format.lmdb, .files]) func isOneOrTheOther(_ format: ReferenceStorage.Format)
        throws
    {
        if format == .files { _ = try count(migrate(to: .lmdb, seed.appending("r"))) }
        let old = try MigrationState(seed.appending("r/.git"))
        let calls = try count(migrate(to: format, copy()))
        #expect(calls > 30)
        var seen: Set<ReferenceStorage.Format> = []
        for call in stride(from: 1, through: calls, by: Self.step(calls)) {
            let root = try copy()
            let common = root.appending(".git")
            let comment: Comment = "stopped after \(call) of \(calls)"
            #expect(try migrate(to: format, root, stopAfter: call).status == 137, comment)
            let storage = try MigrationConfig(
                place: MigrationPlace(common: common, hashAlgorithm: .sha1, sharing: .umask)
            ).format().referenceStorage.format
            // Git needs nobody to put anything in order.
            if storage == .files { #expect(try MigrationState(common).digest == old.digest, comment) }
            do {
                let repository = try MigrationState.open(root)
                #expect(try repository.refs.snapshot().read(.head) == .symbolic(Array("refs/heads/main".utf8)), comment)
            }
            let after = try MigrationState(common)
            #expect(after.digest == old.digest, comment)
            seen.insert(after.storage)
            if after.storage != format {
                let again = try migrate(to: format, root)
                #expect(again.status == 0, "\(comment): \(again.outText)")
            }
            let end = try MigrationState(common)
            #expect(end.storage == format && end.digest == old.digest, comment)
            if format == .files {
                // A lock of the dead that nobody has wanted yet is in git's way.
                try MigrationPlace(common: common, hashAlgorithm: .sha1, sharing: .umask).intents.locks
                    .sweepDeadOwners()
                try git(["update-ref", "HEAD", "HEAD~1"], in: root)
                try git(["pack-refs", "--all"], in: root)
            }
        }
        #expect(seen.count == 2)
    }

    /// Who has the repository open when the process dies that moves its references finds them, and writes where all others read.
    @Test(arguments: [ReferenceStorage.Format.lmdb, .files]) func openHandlesGoOn(
        _ format: ReferenceStorage.Format
    ) throws {
        if format == .files { _ = try count(migrate(to: .lmdb, seed.appending("r"))) }
        let calls = try count(migrate(to: format, copy()))
        let (name, other) = try (RefName("refs/heads/a"), RefName("refs/heads/main"))
        for call in stride(from: calls / 3, through: calls, by: Self.step(calls)) {
            let root = try copy()
            let comment: Comment = "stopped after \(call) of \(calls)"
            let handle = try MigrationState.open(root)
            let held = try handle.refs.snapshot()
            let id = try #require(try held.read(other)?.objectID)
            #expect(try migrate(to: format, root, stopAfter: call).status == 137, comment)
            for snapshot in [held, try handle.refs.snapshot()] {
                #expect(try snapshot.read(other)?.objectID == id, comment)
                #expect(try snapshot.read(.head) == .symbolic(Array("refs/heads/main".utf8)), comment)
            }
            try handle.refs.commit(RefTransaction([.update(name, to: id)]), handle.transactionContext())
            #expect(try MigrationState.open(root).refs.snapshot().read(name)?.objectID == id, comment)
            #expect(try handle.refs.snapshot().read(name)?.objectID == id, comment)
        }
    }

    @Test(arguments: [ReferenceStorage.Format.lmdb, .files]) func failsWhole(_ format: ReferenceStorage.Format) throws {
        if format == .files { _ = try count(migrate(to: .lmdb, seed.appending("r"))) }
        let old = try MigrationState(seed.appending("r/.git"))
        let calls = try count(migrate(to: format, copy()))
        // The last calls are those of the switch, which has to find the way back from each.
        let last = (max(2, calls - 14)...calls).map { $0 }
        for call in Set(stride(from: 2, through: calls, by: Self.step(calls))).union(last).sorted() {
            let root = try copy()
            let common = root.appending(".git")
            let comment: Comment = "call \(call) of \(calls) failed"
            do {
                let session = DiskFaults.install(.init(under: root, at: call, .fail(.noSpace)))
                defer { session.remove() }
                let repository = try MigrationState.open(root)
                _ = try? repository.migrateReferences(RefMigrationRequest(to: format))
            }
            do { _ = try MigrationState.open(root) }
            let after = try MigrationState(common)
            #expect(after.digest == old.digest, comment)
            if after.storage != format {
                #expect(try migrate(to: format, root).status == 0, comment)
                #expect(try MigrationState(common).digest == old.digest, comment)
            }
        }
    }
}
