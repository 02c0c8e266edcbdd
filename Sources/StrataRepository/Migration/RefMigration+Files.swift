import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// To files.
extension RefMigration {
    /// What is in the tree.
    private struct FilesCopy {
        var state: LMDBCarriedRefs
        /// nil = what changes cannot be told.
        var base: LMDBChangeBase?
        let count: Int
        /// What a new `packed-refs` has come in the place of.
        var replaced: PackedRefSnapshot?
    }

    /// Of a thousand references that change at the last moment, with their reflogs.
    private static let mostSpare = 2048

    func toFiles(_ change: MigrationSwitch, _ staging: FilePath) throws(RefError) -> RefMigrationResult {
        guard let database else {
            throw RefError(.invalid, "the references are in no database")
        }
        var copy = try filesCopy(of: database, change)
        for _ in 0..<4 {
            // Until little is left to be done while writers wait.
            let changed = try catchUp(&copy, with: database, change)
            if changed < 64 { break }
        }
        // A large repository is written to by many.
        let spare = SpareFiles(
            staging.appending("spare"), byteCount: 2 * place.hashAlgorithm.byteCount + 1, sharing: place.sharing)
        // Without them it only takes longer.
        try? spare.make(min(copy.count / 100, Self.mostSpare))
        try filing { () throws(FileError) in try Disk.syncFileSystem(of: place.common) }
        copy.replaced = nil
        request.willPause()
        let clock = ContinuousClock()
        var start = clock.now
        try database.freezing(until: place.patience) { () throws(RefError) in
            start = clock.now
            _ = try catchUp(&copy, with: database, change, lastInto: spare)
            try change.toFiles()
        }
        let pause = clock.now - start
        return withExtendedLifetime(copy.replaced) { RefMigrationResult(count: copy.count, pause: pause) }
    }

    /// The references as they are now: not those of worktrees that have gone, or were before others of their name.
    func state(of database: LMDBEnvironment) throws(RefError) -> LMDBCarriedRefs {
        try LMDBCarriedRefs(database, worktrees: place.worktreesDirectory)
    }

    private func filesCopy(of database: LMDBEnvironment, _ change: MigrationSwitch) throws(RefError) -> FilesCopy {
        try filing { () throws(FileError) in
            try Disk.removeTree(change.tree)
            try Disk.makeDirectories(change.tree, sharing: place.sharing)
        }
        var state = try state(of: database)
        var base = try LMDBChangeBase(state)
        for _ in 0..<8 where base == nil {
            // Others have committed twice since.
            state = try self.state(of: database)
            base = try LMDBChangeBase(state)
        }
        return FilesCopy(state: state, base: base, count: try copyToFiles(change.tree, state).count)
    }

    /// Brings what has changed in the database since `copy` into the tree, or makes it anew where that is too much or cannot be told.
    ///
    /// - Parameter spare: what files to use; given when it is done for the last time.
    /// - Returns: how many references have changed.
    private func catchUp(
        _ copy: inout FilesCopy, with database: LMDBEnvironment, _ change: MigrationSwitch,
        lastInto spare: SpareFiles? = nil
    ) throws(RefError) -> Int {
        let state = try state(of: database)
        if state.isSameState(as: copy.state) { return 0 }
        let changes = try copy.base?.changes(in: state)
        guard let changes, changes.count <= 1000 + copy.count / 20, changes.allSatisfy(\.name.isWellFormed)
        else {
            copy = try filesCopy(of: database, change)
            return .max
        }
        copy.replaced = try place.catchUp(
            changes, from: state, to: change.tree, keepingLogs: request.keepsReflogs, spare: spare)
        copy.state = state
        if spare == nil { copy.base = try LMDBChangeBase(state) }
        return changes.count
    }

    func copyToFiles(
        _ tree: FilePath, _ state: LMDBCarriedRefs
    ) throws(RefError) -> (digest: CarriedRefDigest.Value, count: Int) {
        let peeling = ObjectPeeling(repository.objects)
        let loader = try FilesRefLoader(
            tree, sharing: place.sharing, peel: { peeling.peeled($0) }, progress: request.progress)
        let digest = CarriedRefDigest()
        try place.carry(state, to: carrier(TwoCarriers(digest, loader)))
        try loader.finish()
        let found = try place.digest(FilesCarriedRefs(tree, place.hashAlgorithm), keepingLogs: true)
        try MigrationSwitch.compare(digest.value, found.0, tree)
        return (digest.value, digest.count)
    }
}
