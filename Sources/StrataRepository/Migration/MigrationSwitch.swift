import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// The steps from one store to the other, and what is done where a process died between them.
///
/// The journal stands all the while; one step of each way is the one from which on it only goes forward:
///
///     to lmdb   the database goes to its place; **config names it**; files out, stubs in; what changed last into the database,
///               and tokens into the worktrees
///     to files  files in; **the database goes**; config names files; heads are unlocked
///
/// Before that step readers get what is old from where it is, behind it what is new; those who open the repository between the first step and
/// the last wait, or do the rest.
struct MigrationSwitch {
    let place: MigrationPlace
    let journal: MigrationJournal
    private var staging: FilePath { journal.staging(place) }
    /// Where the files of references go, or come from.
    var tree: FilePath { staging.appending("files") }
    private var files: ReferenceFiles { ReferenceFiles(place: place, tree: tree) }
    private var config: MigrationConfig { MigrationConfig(place: place) }
    private var temporaryConfig: FilePath { staging.appending("config") }

    // MARK: To a database

    /// What a database was filled from.
    struct Copied {
        let inventory: FilesInventory
        /// What is to be read again, whether or not it looks as it did.
        let doubtful: Set<FilesInventory.Key>
    }

    /// Puts the database that is ready in `built` in its place, which was filled from `copied`.
    func toDatabase(
        _ built: FilePath, _ copied: Copied, holding begun: () -> Void = {}
    ) throws(RefError) {
        let locks = try files.lock()
        begun()
        defer { for lock in locks { lock.release() } }
        try journal.write(place)
        do throws(RefError) {
            try place.intents.waitForQuiet(until: place.patience)
            try filing { () throws(FileError) in try Disk.renameNoReplace(built, to: journal.database(place)) }
        } catch {
            try? undo()
            throw error
        }
        let database = try openDatabase()
        try database.keepingWritersOut(until: place.patience) { () throws(RefError) in
            do throws(RefError) {
                try StoreGeneration.begin(place)
                try config.write(
                    ReferenceStorage(format: .lmdb, payload: journal.payload), temporary: temporaryConfig)
            } catch {
                if try config.format().referenceStorage.format == .files { try? undo() }
                throw error
            }
            try finishToDatabase(database, since: copied)
        }
    }

    /// From the step on that cannot be undone.
    private func finishToDatabase(
        _ database: LMDBEnvironment, since copied: Copied?
    ) throws(RefError) {
        try files.moveOut()
        let source = FilesCarriedRefs(tree, place.hashAlgorithm)
        let now = try FilesInventory(tree, worktrees: place.worktrees(), place.hashAlgorithm)
        if let copied, let changes = try now.changes(since: copied.inventory) {
            try catchUp(changes.union(copied.doubtful), from: source, database)
        } else {
            try database.deleteEverything()
            let (loader, digest) = (LMDBRefLoader(database), CarriedRefDigest())
            try place.carry(source, to: carrier(TwoCarriers(digest, loader)))
            try loader.finish()
            try Self.compare(
                digest.value, place.digest(LMDBCarriedRefs(database), keepingLogs: true).0, journal.database(place))
        }
        try database.giveTokens(to: place.worktrees(), in: place.worktreesDirectory)
        try database.sync()
        try MigrationJournal.remove(place)
    }

    /// Brings `changes` from the files into the database, and compares them.
    func catchUp(
        _ changes: Set<FilesInventory.Key>, from source: FilesCarriedRefs, _ database: LMDBEnvironment
    ) throws(RefError) {
        if changes.isEmpty { return }
        let (replacer, digest) = (LMDBRefReplacer(database), CarriedRefDigest())
        for change in changes {
            replacer.begin(change.worktree, change.name)
            digest.begin(change.worktree)
            try source.carry(change.name, of: change.worktree, to: carrier(TwoCarriers(digest, replacer)))
        }
        try replacer.finish()
        let (target, found) = (try LMDBCarriedRefs(database), CarriedRefDigest())
        for change in changes {
            found.begin(change.worktree)
            try target.carry(change.name, of: change.worktree, to: found)
        }
        try Self.compare(digest.value, found.value, journal.database(place))
    }

    func carrier(_ carrier: any RefCarrier) -> any RefCarrier {
        journal.keepsReflogs ? carrier : LoglessCarrier(carrier)
    }

    private func openDatabase() throws(RefError) -> LMDBEnvironment {
        var options = LMDBOptions(hashAlgorithm: place.hashAlgorithm)
        options.sharing = place.sharing
        return try LMDBEnvironment.open(journal.database(place), options)
    }

    static func compare(
        _ old: CarriedRefDigest.Value, _ new: CarriedRefDigest.Value, _ path: FilePath
    ) throws(RefError) {
        guard old == new else {
            throw RefError(.corrupt, "'\(path)' does not hold what was copied there", path: path.string)
        }
    }

    // MARK: To files

    /// Puts the files that are ready in the tree in their places. The database is frozen.
    func toFiles() throws(RefError) {
        let locks = try files.lock()
        defer { for lock in locks { lock.release() } }
        try journal.write(place)
        do throws(RefError) {
            let places = try place.directories(beside: tree).map(\.own)
            try files.moveIn()
            try filing { () throws(FileError) in
                // The files are on the medium since the journal is; these are their names.
                try Disk.syncDirectories(places)
                try Disk.rename(journal.database(place), to: journal.databaseAside(place))
                try Disk.syncDirectories(of: [journal.database(place)])
            }
        } catch {
            // Undoing takes these locks itself.
            for lock in locks { lock.release() }
            throw undoing(error)
        }
        try finishToFiles()
    }

    /// `error`, with what could not be undone after it.
    private func undoing(_ error: RefError) -> RefError {
        do throws(RefError) {
            try undo()
            return error
        } catch let failure {
            return RefError(
                error.code, "\(error.message); and it could not be undone: \(failure.message)", path: error.path,
                cause: error.cause)
        }
    }

    private func finishToFiles() throws(RefError) {
        try StoreGeneration.begin(place)
        try config.write(ReferenceStorage(format: .files), temporary: temporaryConfig)
        try files.unlockHeads()
        try MigrationJournal.remove(place, syncing: place.directories(beside: tree).map(\.own))
    }

    /// Removes what the move has left. Nothing needs it any more.
    func sweep() {
        _ = try? filing { () throws(FileError) in
            if journal.storage == .files { try Disk.removeTree(journal.databaseAside(place)) }
            try Disk.removeTree(staging)
        }
    }

    // MARK: After an end in between

    /// Goes on, or back. The caller has the migration's lock.
    func recover() throws(RefError) {
        switch journal.storage {
        case .lmdb:
            guard try config.format().referenceStorage.format == .lmdb else { return try undo() }
            let locks = try files.lock()
            defer { for lock in locks { lock.release() } }
            let database = try openDatabase()
            try database.keepingWritersOut(until: place.patience) { () throws(RefError) in
                try finishToDatabase(database, since: nil)
            }
        default:
            let database = journal.database(place)
            let isThere = try filing { () throws(FileError) in try FileStat.lstat(database) != nil }
            if isThere { return try undo() }
            try finishToFiles()
        }
        sweep()
        _ = try? place.intents.locks.sweepDeadOwners()
    }

    /// Puts the database where it was: it may have gone, and what came after that have failed.
    private func bringDatabaseBack() throws(RefError) {
        let (database, aside) = (journal.database(place), journal.databaseAside(place))
        try filing { () throws(FileError) in
            guard try FileStat.lstat(database) == nil, try FileStat.lstat(aside) != nil else { return }
            try Disk.renameNoReplace(aside, to: database)
            try Disk.syncDirectories(of: [database])
        }
    }

    /// Goes back to what was before.
    private func undo() throws(RefError) {
        switch journal.storage {
        case .lmdb:
            try filing { () throws(FileError) in try Disk.removeTree(journal.database(place)) }
        default:
            try bringDatabaseBack()
            let undone = ReferenceFiles(place: place, tree: staging.appending("undone"))
            let locks = try undone.lock()
            defer { for lock in locks { lock.release() } }
            try undone.moveOut()
        }
        try MigrationJournal.remove(place)
        try? filing { () throws(FileError) in try Disk.removeTree(staging) }
        _ = try? place.intents.locks.sweepDeadOwners()
    }
}
