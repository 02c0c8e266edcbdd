import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
public import StrataRefs
public import SystemPackage

/// What ``Repository/migrateReferences(_:)`` is asked to do.
public struct RefMigrationRequest: Sendable {
    /// Where the references are to be.
    public var format: ReferenceStorage.Format
    /// Whether they are only copied, to be looked at, and nothing is switched.
    public var isDryRun = false
    /// Whether reflogs are moved; else there are none afterwards.
    public var keepsReflogs = true
    /// How long the locks of the repository are waited for, in milliseconds; negative = for ever.
    public var lockTimeout = 10_000
    /// Told how many references and lines of reflogs were copied, now and then, on the calling thread.
    public var progress: @Sendable (Int) -> Void = { _ in }
    /// Called when all is copied and writers are about to be kept waiting, on the calling thread.
    public var willPause: @Sendable () -> Void = {}

    public init(to format: ReferenceStorage.Format) { self.format = format }
}

/// What a migration has done.
public struct RefMigrationResult: Sendable {
    /// How many references and lines of reflogs were moved.
    public var count: Int
    /// Where the copy is; nil unless it was only tried.
    public var copy: FilePath?
    /// How long writers were kept waiting.
    public var pause: Duration
}

extension Repository {
    /// Moves the references and reflogs of all worktrees to another kind of store.
    ///
    /// All are carried: symbolic and root references, broken ones with what they hold, malformed names, reflogs to the byte, also those of
    /// references that do not exist. `FETCH_HEAD` and `MERGE_HEAD` are no references and stay. They are copied while others go on, compared,
    /// and then switched under locks; killed at any moment, it leaves a repository whose references are whole in the one store or the other, once
    /// anyone opens it through this library, and for git at once as long as they are in files. What is done is on the medium.
    ///
    /// This object, and others that were opened before in any process, use the new store afterwards (``CurrentRefStore``). May be called from any
    /// thread.
    ///
    /// - Throws: ``RefError`` of code `invalid` where the repository uses that store already or cannot be moved; else what failed, and then the
    ///   references are where they were, unless the message says otherwise.
    public func migrateReferences(_ request: RefMigrationRequest) throws(RefError) -> RefMigrationResult {
        let migration = try RefMigration(self, request)
        return try migration.run()
    }
}

/// One migration: checks, copying, comparing; the switch is ``MigrationSwitch``'s.
struct RefMigration {
    let repository: Repository
    let request: RefMigrationRequest
    let place: MigrationPlace
    /// Where the references are.
    private let stack: StoreStack
    private var storage: ReferenceStorage { stack.state.storage }
    /// The database that the references are in; nil where they are in files.
    var database: LMDBEnvironment? { stack.stores.database }

    init(_ repository: Repository, _ request: RefMigrationRequest) throws(RefError) {
        self.repository = repository
        self.request = request
        stack = try repository.stores.current()
        let location = repository.location
        place = MigrationPlace(
            common: location.commonDirectory, hashAlgorithm: location.format.objectFormat,
            sharing: repository.settings.sharedRepository, lockTimeout: request.lockTimeout)
        guard request.format != storage.format else {
            throw RefError(.invalid, "repository already uses '\(request.format.rawValue)' format")
        }
        guard repository.environment.value("GIT_REFERENCE_BACKEND") == nil else {
            throw RefError(.invalid, "GIT_REFERENCE_BACKEND is set: it would hide what is migrated")
        }
        guard request.format != .reftable, storage.format != .reftable else {
            throw RefError(.unsupported, "references kept as 'reftable' are not supported")
        }
    }

    func run() throws(RefError) -> RefMigrationResult {
        if request.isDryRun {
            let name = "ref_migration." + randomHex()
            let path = place.common.appending(name)
            try filing { () throws(FileError) in try Disk.mkdir(path, sharing: place.sharing) }
            let count: Int
            if let database {
                count = try copyToFiles(path, state(of: database)).count
            } else {
                let source = FilesCarriedRefs(place.common, place.hashAlgorithm)
                count = try copyToDatabase(path, from: source).count
            }
            let shown = FilePath(bytes: repository.location.commonDirectoryName)
            return RefMigrationResult(count: count, copy: shown.appending(name), pause: .zero)
        }
        let lock = try place.lock(until: .now)
        defer { lock.release() }
        if let journal = try MigrationJournal.read(place) {
            try MigrationSwitch(place: place, journal: journal).recover()
        }
        guard try repository.stores.isCurrent(stack) else {
            throw RefError(.locked, "references have been migrated meanwhile", path: place.common.string)
        }
        try place.sweepStaging()
        let staging = try place.makeStaging()
        let journal = MigrationJournal(
            storage: request.format, staging: staging.lastComponent?.string ?? "", payload: storage.payload,
            keepsReflogs: request.keepsReflogs)
        let change = MigrationSwitch(place: place, journal: journal)
        do throws(RefError) {
            let result = try request.format == .lmdb ? toDatabase(change, staging) : toFiles(change, staging)
            change.sweep()
            return result
        } catch {
            // What a journal tells of is needed yet.
            if try MigrationJournal.read(place) == nil { change.sweep() }
            throw error
        }
    }

    func carrier(_ carrier: any RefCarrier) -> any RefCarrier {
        request.keepsReflogs ? carrier : LoglessCarrier(carrier)
    }

    // MARK: To a database

    private func toDatabase(_ change: MigrationSwitch, _ staging: FilePath) throws(RefError) -> RefMigrationResult {
        try refuseLinks()
        let database = change.journal.database(place)
        guard try filing({ () throws(FileError) in try FileStat.lstat(database) }) == nil else {
            throw RefError(.invalid, "'\(database)' is in the way", path: database.string)
        }
        var inventory = try FilesInventory(place.common, worktrees: place.worktrees(), place.hashAlgorithm)
        // What has come to have a file when it was read: when it is looked for next, it may be what it was before.
        let doubtful = Monitor<Set<FilesInventory.Key>>([])
        var copied = try copyToDatabase(staging, from: source(inventory, doubtful))
        for _ in 0..<4 {
            // Until little is left to be done while writers wait.
            let now = try FilesInventory(place.common, worktrees: place.worktrees(), place.hashAlgorithm)
            guard let changes = try now.changes(since: inventory) else {
                try filing { () throws(FileError) in try Disk.removeTree(staging.appending("lmdb")) }
                inventory = now
                doubtful.withLock { $0 = [] }
                copied = try copyToDatabase(staging, from: source(now, doubtful))
                continue
            }
            inventory = now
            let again = doubtful.withLock { doubtful in
                defer { doubtful = [] }
                return changes.union(doubtful)
            }
            try change.catchUp(again, from: source(now, doubtful), openUnpublished(staging))
            if again.count < 64 { break }
        }
        try filing { () throws(FileError) in try Disk.syncFileSystem(of: place.common) }
        request.willPause()
        let clock = ContinuousClock()
        var start = clock.now
        let last = MigrationSwitch.Copied(inventory: inventory, doubtful: doubtful.withLock { $0 })
        try change.toDatabase(staging.appending("lmdb"), last) { start = clock.now }
        return RefMigrationResult(count: copied.count, pause: clock.now - start)
    }

    /// What was moved aside could not be read through links that begin elsewhere.
    private func refuseLinks() throws(RefError) {
        for name in ["refs", "packed-refs", "logs"] {
            let path = place.common.appending(name)
            let kind = try filing { () throws(FileError) in try FileStat.lstat(path)?.kind }
            if kind == .symlink {
                throw RefError(.unsupported, "'\(path)' is a symbolic link", path: path.string)
            }
        }
    }

    /// The database below `parent` that nobody else has yet.
    private func openUnpublished(_ parent: FilePath) throws(RefError) -> LMDBEnvironment {
        var options = LMDBOptions(hashAlgorithm: place.hashAlgorithm)
        options.creates = true
        options.syncs = false
        options.sharing = place.sharing
        return try LMDBEnvironment.open(parent.appending("lmdb"), options)
    }

    /// The files that `inventory` is of, `packed-refs` as it was then. `doubtful` gets what has come to have a file since.
    private func source(
        _ inventory: FilesInventory, _ doubtful: Monitor<Set<FilesInventory.Key>>
    ) -> FilesCarriedRefs {
        FilesCarriedRefs(place.common, place.hashAlgorithm, packed: inventory.packed) { key, isLog in
            if !inventory.has(key, isLog: isLog) { doubtful.withLock { _ = $0.insert(key) } }
        }
    }

    private func copyToDatabase(
        _ parent: FilePath, from source: FilesCarriedRefs
    ) throws(RefError) -> (digest: CarriedRefDigest.Value, count: Int) {
        let (path, database) = (parent.appending("lmdb"), try openUnpublished(parent))
        let loader = LMDBRefLoader(database, progress: request.progress)
        let digest = CarriedRefDigest()
        try place.carry(source, to: carrier(TwoCarriers(digest, loader)))
        try loader.finish()
        try database.sync()
        let found = try place.digest(try LMDBCarriedRefs(database), keepingLogs: true)
        try MigrationSwitch.compare(digest.value, found.0, path)
        return (digest.value, digest.count)
    }
}
