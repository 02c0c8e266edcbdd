import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport

@testable import StrataRepository

/// A repository with a linked worktree `w`, which can be removed and made again.
struct RemadeWorktree: Sendable {
    let scratch: TemporaryDirectory
    var root: FilePath { scratch.appending("r") }
    var linked: FilePath { scratch.appending("w") }
    var common: FilePath { scratch.appending("r/.git") }
    var admin: FilePath { scratch.appending("r/.git/worktrees/w") }
    /// An id that the repository has.
    let tip: String

    init() throws {
        scratch = try (try? TemporaryDirectory(in: "/dev/shm")) ?? TemporaryDirectory()
        try makeMigrationSeed(in: scratch.path)
        tip = try git(["rev-parse", "refs/tags/light"], in: scratch.appending("r"))
        try git(["update-ref", "refs/bisect/bad", "HEAD"], in: scratch.appending("w"))
    }

    var storage: ReferenceStorage.Format {
        get throws { try MigrationConfig(place: place).format().referenceStorage.format }
    }

    private var place: MigrationPlace { MigrationPlace(common: common, hashAlgorithm: .sha1, sharing: .umask) }

    func move(to format: ReferenceStorage.Format) throws {
        _ = try MigrationState.open(root).migrateReferences(RefMigrationRequest(to: format))
    }

    /// Runs git where the references are in files, and else `strata`.
    func command(_ arguments: [String], in directory: FilePath) throws -> String {
        try output(
            storage == .files ? gitPath : productPath("strata"), arguments, environment: gitEnvironment,
            directory: directory)
    }

    /// Removes the worktree's directory and makes it again, as `git worktree add` lays it out; its HEAD is detached, or in a database not there yet.
    func remake() throws {
        let isInFiles = try storage == .files
        try Disk.removeTree(admin)
        try Disk.makeDirectories(admin.appending("refs"))
        try write("../..\n", to: admin.appending("commondir"))
        try write("\(linked)/.git\n", to: admin.appending("gitdir"))
        if isInFiles {
            try write("\(tip)\n", to: admin.appending("HEAD"))
        } else {
            try write(ReferenceStubs.head, to: admin.appending("HEAD"))
            let stubs = ReferenceStubs(ReferenceStorage(format: .lmdb))
            try write(stubs.sentence, to: admin.appending("refs/heads"))
        }
    }
}

/// Notes whether what a callback was to do is done.
final class Flag: Sendable {
    private let state = Mutex<(isDone: Bool, failure: String?)>((false, nil))
    var isDone: Bool { state.withLock { $0.isDone } }
    var failure: String? { state.withLock { $0.failure } }

    func set(_ body: () throws -> Void) {
        do {
            try body()
            state.withLock { $0.isDone = true }
        } catch {
            state.withLock { $0.failure = "\(error)" }
        }
    }
}
