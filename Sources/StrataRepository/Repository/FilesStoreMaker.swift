import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Makes the stores of a repository whose references are in files: they share their locks and intents.
struct FilesStoreMaker: StoreMaker {
    private let intents: RefIntents
    private let domain = CommitDomainID()
    private let durability: Durability
    private let location: RepositoryLocation
    private let settings: RefSettings

    init(location: RepositoryLocation, settings: RefSettings) {
        self.location = location
        self.settings = settings
        intents = RefIntents(
            commonDirectory: location.commonDirectory, sharing: settings.sharedRepository, sweepsFirst: true)
        durability = settings.syncing == .none ? .none : .data
    }

    /// What all worktrees share: loose files over `packed-refs`.
    var files: FilesRefStore {
        let shown = FilePath(bytes: location.commonDirectoryName)
        return FilesRefStore(
            loose: loose(in: location.commonDirectory, shownAs: shown),
            packed: PackedRefStore(
                location.commonDirectory.appending("packed-refs"), hashAlgorithm: location.format.objectFormat,
                locks: intents.locks, lockTimeout: settings.packedLockTimeout, durability: durability,
                commitDomain: domain, shownPath: shown.appending("packed-refs"),
                refusal: settings.refusal(.packedLockTimeout, .sharedRepository)),
            packedTransactions: settings.packedTransactions)
    }

    func ownStore(_ id: [UInt8]) -> any RefStore {
        // By its path below the common dir, which intents tell it by, however it was named.
        loose(
            in: location.ownDirectory(ofLinked: id) ?? location.gitDirectory,
            shownAs: FilePath(bytes: location.gitDirectoryName))
    }

    func store(ofLinked id: [UInt8]) -> any RefStore {
        let shown = FilePath(bytes: location.commonDirectoryName).appending("worktrees").appending(bytes: id)
        return loose(in: location.directory(ofLinked: id), shownAs: shown)
    }

    private func loose(in directory: FilePath, shownAs shown: FilePath) -> LooseRefStore {
        LooseRefStore(
            directory: directory, hashAlgorithm: location.format.objectFormat, locks: intents.locks,
            lockTimeout: settings.looseLockTimeout, durability: durability, intents: intents, commitDomain: domain,
            shownPath: shown, refusal: settings.refusal(.looseLockTimeout, .sharedRepository))
    }
}
