import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Decides which stores a repository's references get, and makes them.
struct RepositoryStores {
    let files: FilesRefStore
    let worktree: WorktreeRefStore

    init(
        location: RepositoryLocation, settings: RefSettings, environment: RepositoryEnvironment
    ) throws(RepositoryError) {
        let storage = try ReferenceStorage.override(environment) ?? location.format.referenceStorage
        guard storage.format == .files, storage.payload == nil else {
            throw RepositoryError(
                .unsupportedFormat, "references kept as '\(storage.format.rawValue)' are not supported")
        }
        let maker = StoreMaker(location: location, settings: settings)
        let files = FilesRefStore(
            loose: maker.loose(in: location.commonDirectory, shownAs: FilePath(bytes: location.commonDirectoryName)),
            packed: PackedRefStore(
                location.commonDirectory.appending("packed-refs"), hashAlgorithm: location.format.objectFormat,
                locks: maker.locks, lockTimeout: settings.packedLockTimeout, durability: maker.durability,
                commitDomain: maker.domain,
                shownPath: FilePath(bytes: location.commonDirectoryName).appending("packed-refs"),
                refusal: settings.refusal(.packedLockTimeout, .sharedRepository)),
            packedTransactions: settings.packedTransactions)
        self.files = files
        let linked: @Sendable ([UInt8]) throws(RefError) -> (any RefStore)? = { id throws(RefError) in
            let directory = location.commonDirectory.appending("worktrees").appending(bytes: id)
            do throws(FileError) {
                guard try FileStat.stat(directory)?.kind == .directory else { return nil }
            } catch {
                throw RefError(.unavailable, "\(error)", path: directory.string, cause: error)
            }
            let shown = FilePath(bytes: location.commonDirectoryName).appending("worktrees").appending(bytes: id)
            return maker.loose(in: directory, shownAs: shown)
        }
        if location.isLinkedWorktree {
            let directory = pathBytes(location.gitDirectory)
            let id = Array(directory.dropFirst(PathBytes.directoryPart(directory).count))
            worktree = WorktreeRefStore(
                own: maker.loose(
                    in: Self.ownDirectory(location, id), shownAs: FilePath(bytes: location.gitDirectoryName)),
                id: id, common: files, linked: linked)
        } else {
            worktree = WorktreeRefStore(common: files, linked: linked)
        }
    }

    /// The worktree's git dir by its path below the common dir, which intents tell it by, however it was named.
    private static func ownDirectory(_ location: RepositoryLocation, _ id: [UInt8]) -> FilePath {
        let usual = location.commonDirectory.appending("worktrees").appending(bytes: id)
        guard let stat = try? FileStat.stat(usual), let own = try? FileStat.stat(location.gitDirectory),
            stat.isSameFile(as: own)
        else { return location.gitDirectory }
        return usual
    }

    /// The branch that HEAD names, for `includeIf "onbranch:…"`, read without the stores, which need the configuration.
    static func currentBranch(of location: RepositoryLocation) -> [UInt8]? {
        let loose = LooseRefStore(
            directory: location.gitDirectory, hashAlgorithm: location.format.objectFormat,
            locks: LockSpace(directory: location.commonDirectory.appending("strata")))
        guard let target = try? loose.snapshot().read(.head)?.target, target.starts(with: "refs/heads/".utf8) else {
            return nil
        }
        return Array(target.dropFirst(11))
    }
}

/// Makes the stores of one repository, which share their locks and commit as one.
private struct StoreMaker: Sendable {
    let intents: RefIntents
    var locks: LockSpace { intents.locks }
    let domain = CommitDomainID()
    let durability: Durability
    let location: RepositoryLocation
    let settings: RefSettings

    init(location: RepositoryLocation, settings: RefSettings) {
        self.location = location
        self.settings = settings
        intents = RefIntents(
            commonDirectory: location.commonDirectory, sharing: settings.sharedRepository, sweepsFirst: true)
        durability = settings.syncing == .none ? .none : .data
    }

    func loose(in directory: FilePath, shownAs shown: FilePath) -> LooseRefStore {
        LooseRefStore(
            directory: directory, hashAlgorithm: location.format.objectFormat, locks: locks,
            lockTimeout: settings.looseLockTimeout, durability: durability, intents: intents, commitDomain: domain,
            shownPath: shown, refusal: settings.refusal(.looseLockTimeout, .sharedRepository))
    }
}
