import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// Decides which stores a repository's references get, and makes them.
final class RepositoryStores: Sendable {
    let common: any RefStore
    /// `common`, where it is in files.
    let files: FilesRefStore?
    /// The database that all are in, where there is one.
    let database: LMDBEnvironment?
    /// The references as the worktree that was opened sees them.
    let worktree: WorktreeRefStore

    /// Whether their snapshots stay as they are, and commits look whether the store is still in its place.
    var areIsolated: Bool { database != nil }

    init(
        location: RepositoryLocation, settings: RefSettings, storage: ReferenceStorage
    ) throws(RepositoryError) {
        let maker: any StoreMaker
        switch (storage.format, storage.payload) {
        case (.files, nil):
            let filesMaker = FilesStoreMaker(location: location, settings: settings)
            let store = filesMaker.files
            (maker, common, files, database) = (filesMaker, store, store, nil)
        case (.lmdb, let payload):
            let lmdbMaker = try LMDBStoreMaker(location: location, settings: settings, payload: payload)
            (maker, files, database) = (lmdbMaker, nil, lmdbMaker.database)
            common = lmdbMaker.common
        default:
            throw RepositoryError(
                .unsupportedFormat, "references kept as '\(storage.format.rawValue)' are not supported")
        }
        let linked: @Sendable ([UInt8]) throws(RefError) -> (any RefStore)? = { id throws(RefError) in
            let directory = location.directory(ofLinked: id)
            do throws(FileError) {
                guard try FileStat.stat(directory)?.kind == .directory else { return nil }
            } catch {
                throw RefError(.unavailable, "\(error)", path: directory.string, cause: error)
            }
            return maker.store(ofLinked: id)
        }
        if let id = location.linkedID {
            worktree = WorktreeRefStore(own: maker.ownStore(id), id: id, common: common, linked: linked)
        } else {
            worktree = WorktreeRefStore(common: common, linked: linked)
        }
    }

    /// The branch that HEAD names, for `includeIf "onbranch:…"`, read without the stores, which need the configuration.
    static func currentBranch(of location: RepositoryLocation, _ environment: RepositoryEnvironment) -> [UInt8]? {
        let storage = ((try? ReferenceStorage.override(environment)) ?? nil) ?? location.format.referenceStorage
        let store: any RefStore
        if storage.format == .lmdb {
            guard let database = try? LMDBStoreMaker.open(location, payload: storage.payload) else { return nil }
            let id = location.linkedID
            store = LMDBRefStore(
                database, worktree: id, worktreeDirectory: id.flatMap { location.ownDirectory(ofLinked: $0) })
        } else {
            store = LooseRefStore(
                directory: location.gitDirectory, hashAlgorithm: location.format.objectFormat,
                locks: LockSpace(directory: location.commonDirectory.appending("strata")))
        }
        guard let target = try? store.snapshot().read(.head)?.target, target.starts(with: "refs/heads/".utf8) else {
            return nil
        }
        return Array(target.dropFirst(11))
    }
}

/// Makes the stores of one repository, which commit as one.
protocol StoreMaker: Sendable {
    /// The store of the linked worktree that was opened.
    func ownStore(_ id: [UInt8]) -> any RefStore

    /// The store of another linked worktree.
    func store(ofLinked id: [UInt8]) -> any RefStore
}
