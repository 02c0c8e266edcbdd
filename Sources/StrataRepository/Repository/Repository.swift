public import StrataFiles
import StrataIO
public import StrataLMDB
public import StrataModel
public import StrataObjects
public import StrataRefs
public import SystemPackage

/// An opened repository: where it is, what its configuration says, and the stores that it gets.
///
/// Opening reads the configuration once. Safe to share between threads.
public final class Repository: Sendable {
    public let location: RepositoryLocation
    public let config: Config
    /// The configured values that references obey.
    public let settings: RefSettings
    /// What the repository was opened with.
    public let environment: RepositoryEnvironment
    /// The references as this worktree sees them, wherever they are: it follows ``migrateReferences(_:)``.
    public let refs: CurrentRefStore
    /// The references that all worktrees share, and the main worktree's own.
    public let common: CurrentRefStore
    let stores: CurrentStores
    public let objects: FilesObjectStore
    /// The configured values that objects obey.
    public let objectSettings: ObjectSettings
    /// Which objects stand for others to who reads them.
    public let replacements: Replacements

    /// Opens the repository that git would use from `directory` on, as the process's environment says.
    ///
    /// - Parameter directory: nil = the working directory.
    /// - Throws: ``RepositoryError`` in git's words: none found, not safe, an unknown format.
    public convenience init(at directory: FilePath? = nil) throws(RepositoryError) {
        try self.init(environment: .process(directory: directory))
    }

    /// Opens the repository that git would use in `environment`.
    ///
    /// - Parameter refresh: when ``objects`` looks again at what the object directories hold.
    /// - Throws: ``RepositoryError`` in git's words: none found, not safe, an unknown format.
    public convenience init(
        environment: RepositoryEnvironment, refresh: FilesObjectStore.Refresh = .whenMissing
    ) throws(RepositoryError) {
        try self.init(location: .discover(environment: environment), environment: environment, refresh: refresh)
    }

    /// Opens the repository at a known place.
    ///
    /// - Parameter refresh: when ``objects`` looks again at what the object directories hold.
    public init(
        location: RepositoryLocation, environment: RepositoryEnvironment,
        refresh: FilesObjectStore.Refresh = .whenMissing
    ) throws(RepositoryError) {
        let location = try MigrationRecovery.settled(location)
        self.location = location
        self.environment = environment
        let config = try Config.read(location: location, environment: environment) {
            RepositoryStores.currentBranch(of: location, environment)
        }
        self.config = config
        let settings = try RefSettings(config, location: location)
        self.settings = settings
        stores = try CurrentStores(location: location, settings: settings, environment: environment)
        refs = CurrentRefStore(stores, .worktree)
        common = CurrentRefStore(stores, .common)
        objectSettings = try ObjectSettings(config, settings)
        replacements = Replacements(
            refs: refs, config: config, environment: environment, algorithm: location.format.objectFormat)
        objects = FilesObjectStore(
            objectDirectory: location.objectDirectory, algorithm: location.format.objectFormat,
            alternates: environment.value("GIT_ALTERNATE_OBJECT_DIRECTORIES") ?? [], refresh: refresh,
            writing: objectSettings.writing)
    }

    /// What ``common`` is where it is in files now: what `pack-refs` works on. Of no use after the references have been moved.
    public var files: FilesRefStore? { stores.currentOrKnown.stores.files }

    /// The database that ``common`` and all worktrees are in now, where there is one.
    public var database: LMDBEnvironment? { stores.currentOrKnown.stores.database }

    public var hashAlgorithm: HashAlgorithm { location.format.objectFormat }

    /// The objects as git's commands read them: those that others stand for are read as those. ``objects`` itself where there are none such.
    ///
    /// - Parameter warn: as of ``Replacements/all(warn:)``.
    public func readObjects(warn: (@Sendable (String) -> Void)? = nil) throws(ObjectError) -> any ObjectStore {
        let replacements = try replacements.all(warn: warn)
        return replacements.isEmpty ? objects : ReplacedObjectStore(objects, replacements: replacements)
    }

    /// What transactions need: the objects, who commits, which reflogs are made, and the repository's hook.
    ///
    /// Who commits is found out only when a reflog line is written, from `GIT_COMMITTER_*` and the configuration.
    public func transactionContext() -> RefTransactionContext {
        let (config, environment) = (config, environment)
        return RefTransactionContext(
            objects: objects, reflogs: settings.reflogCreation, observers: observers()
        ) { () throws(RefError) in
            do throws(RepositoryError) {
                return try CommitterIdentity(config, environment: environment).signature()
            } catch {
                throw RefError(.unavailable, error.description, cause: error)
            }
        }
    }

    /// The repository's `reference-transaction` hook, if it has one that can be run; where it cannot be told which that is, something
    /// that says so when the hook is due.
    private func observers() -> [any RefTransactionObserver] {
        let top = location.workTree ?? location.gitDirectory
        var directory = location.commonDirectory.appending("hooks")
        do throws(RepositoryError) {
            if let configured = try config.path("core.hookspath", environment: environment) {
                directory = top.pushing(filePath(configured))
            }
        } catch {
            return [UnknownHook(error: error)]
        }
        let hook = ReferenceTransactionHook(
            program: directory.appending("reference-transaction"), workingDirectory: top,
            environment: ["GIT_DIR=\(location.gitDirectory)"], hashAlgorithm: hashAlgorithm)
        return hook.map { [$0] } ?? []
    }

    /// Stands for a hook whose directory (`core.hooksPath`) cannot be known.
    private struct UnknownHook: RefTransactionObserver {
        let error: RepositoryError

        func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
            throw RefError(.invalid, error.description, cause: error)
        }
    }

    /// Resolves revision expressions against the references as they are now.
    ///
    /// - Parameter warn: is told of ambiguous names; nil = they are not looked for.
    public func revisions(warn: (@Sendable (String) -> Void)? = nil) throws(RefError) -> RevisionResolver {
        // A name that needs no object needs no list of replacements.
        let read = ReplacedObjectStore(objects) { [replacements] id throws(ObjectError) in
            try replacements.replacement(of: id, warn: warn)
        }
        return RevisionResolver(
            refs: try refs.snapshot(), reflogs: refs.reflogs, objects: read, place: RelativePathBase(location),
            warnsOfAmbiguity: settings.warnsOfAmbiguousNames, warn: warn)
    }
}
