import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// Makes the stores of a repository whose references are in an LMDB environment: those of all worktrees are in the same.
///
/// A writer waits for another as long as git waits for `packed-refs` (`core.packedRefsTimeout`): both are locks of everything.
struct LMDBStoreMaker: StoreMaker {
    let database: LMDBEnvironment
    private let location: RepositoryLocation
    private let lockTimeout: Int
    private let durability: Durability

    /// - Parameter payload: where the environment is, seen from the common dir; nil = `lmdb`.
    init(
        location: RepositoryLocation, settings: RefSettings, payload: [UInt8]?
    ) throws(RepositoryError) {
        database = try Self.open(location, payload: payload, sharing: settings.sharedRepository)
        self.location = location
        lockTimeout = settings.packedLockTimeout
        durability = settings.syncing == .none ? .none : .data
    }

    static func open(
        _ location: RepositoryLocation, payload: [UInt8]?, sharing: FileSharing = .umask
    ) throws(RepositoryError) -> LMDBEnvironment {
        var options = LMDBOptions(hashAlgorithm: location.format.objectFormat)
        options.sharing = sharing
        do throws(RefError) {
            return try LMDBEnvironment.open(directory(location.commonDirectory, payload: payload), options)
        } catch {
            throw RepositoryError(.unavailable, "\(error.message)")
        }
    }

    /// Where the environment of the repository with `commonDirectory` is.
    static func directory(_ commonDirectory: FilePath, payload: [UInt8]?) -> FilePath {
        guard let payload, !payload.isEmpty else { return commonDirectory.appending("lmdb") }
        return commonDirectory.pushing(FilePath(bytes: payload))
    }

    var common: any RefStore { LMDBRefStore(database, lockTimeout: lockTimeout, durability: durability) }

    func ownStore(_ id: [UInt8]) -> any RefStore { store(id, location.ownDirectory(ofLinked: id)) }

    func store(ofLinked id: [UInt8]) -> any RefStore { store(id, location.directory(ofLinked: id)) }

    private func store(_ id: [UInt8], _ directory: FilePath?) -> any RefStore {
        LMDBRefStore(
            database, worktree: id, worktreeDirectory: directory, lockTimeout: lockTimeout, durability: durability)
    }
}
