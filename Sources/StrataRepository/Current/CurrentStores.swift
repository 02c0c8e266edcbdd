import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage

/// The stores that a repository's references are in now: made anew when they have been moved since.
///
/// A move replaces the file `config`, so one `stat` of it tells that there was none. Where it has changed it is read, and the stores are made
/// anew if it names another storage, or the references have been away and back (``StoreGeneration``). Safe to share between threads.
final class CurrentStores: Sendable {
    private let location: RepositoryLocation
    private let settings: RefSettings
    private let environment: RepositoryEnvironment
    private let config: FilePath
    /// The storage that the environment asks for, whatever the repository says.
    private let override: ReferenceStorage?
    private let latest: Mutex<StoreStack>
    /// Held by the one thread that looks again.
    private let looking = Mutex<Void>(())

    /// The stores as `location` says. What it was read from is read again at the first use.
    init(
        location: RepositoryLocation, settings: RefSettings, environment: RepositoryEnvironment
    ) throws(RepositoryError) {
        self.location = location
        self.settings = settings
        self.environment = environment
        config = location.commonDirectory.appending("config")
        override = try ReferenceStorage.override(environment)
        let state = StorageState(
            storage: override ?? location.format.referenceStorage, generation: nil)
        let stores = try RepositoryStores(location: location, settings: settings, storage: state.storage)
        latest = Mutex(StoreStack(stores, state, at: nil))
    }

    var commonDirectory: FilePath { location.commonDirectory }
    var hashAlgorithm: HashAlgorithm { location.format.objectFormat }

    /// The stores that were current last.
    var known: StoreStack { latest.withLock { $0 } }

    /// The stores that are current; the last known where that cannot be found out.
    var currentOrKnown: StoreStack { (try? current()) ?? known }

    /// The stores that are current. Waits for a move that is under way, and does the rest of one whose process died.
    ///
    /// - Throws: ``RefError``, `unavailable` where they cannot be had.
    func current() throws(RefError) -> StoreStack {
        let known = known
        if let stamp = known.stamp, try look() == stamp { return known }
        return try lookedAgain()
    }

    /// Whether the references are where `stack` has them. Waits for nobody.
    func isCurrent(_ stack: StoreStack) throws(RefError) -> Bool {
        if let stamp = stack.stamp, try look() == stamp { return true }
        return try readState() == stack.state
    }

    /// After a failure of something that was done in `stack`: whether it is worth doing again, for the references have been moved or were about to
    /// be. The caller holds none of them.
    func areWorthAnotherTry(_ stack: StoreStack) throws(RefError) -> Bool {
        let journal = location.commonDirectory.appending("strata").appending("migration")
        var hasWaited = false
        if try filing({ () throws(FileError) in try FileStat.lstat(journal) != nil }) {
            _ = try settled(location)
            hasWaited = true
        }
        return try current().stores !== stack.stores || hasWaited
    }

    // MARK: Looking

    private func look() throws(RefError) -> StatStamp {
        do throws(FileError) { return StatStamp(try FileStat.stat(config), takenAt: 0) } catch {
            throw RefError(.unavailable, error.description, path: config.string, cause: error)
        }
    }

    private func readState() throws(RefError) -> StorageState {
        let format = try MigrationConfig.format(of: location.commonDirectory)
        return state(format)
    }

    private func state(_ format: RepositoryFormat) -> StorageState {
        StorageState(
            storage: override ?? format.referenceStorage, generation: StoreGeneration(of: location.commonDirectory))
    }

    private func settled(_ location: RepositoryLocation) throws(RefError) -> RepositoryLocation {
        do throws(RepositoryError) { return try MigrationRecovery.settled(location) } catch {
            throw RefError(.unavailable, error.description, path: location.commonDirectory.string, cause: error)
        }
    }

    private func lookedAgain() throws(RefError) -> StoreStack {
        // Wrapped, for a closure given to the lock throws what it likes.
        let result = looking.withLock { _ -> Result<StoreStack, RefError> in
            do throws(RefError) { return .success(try lookedAgainAlone()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static let mostTries = 8

    private func lookedAgainAlone() throws(RefError) -> StoreStack {
        var tries = 0
        while true {
            let (known, stamp) = (known, try look())
            // Another thread has been here.
            if stamp == known.stamp { return known }
            var location = location
            location.format.adopt(try MigrationConfig.format(of: location.commonDirectory))
            // After it was read: what names a new store while the journal stands is waited for.
            location = try settled(location)
            let state = state(location.format)
            tries += 1
            let isSettled = try look() == stamp
            if !isSettled && tries < Self.mostTries { continue }
            let fresh = StoreStack(
                try stores(for: state, location, after: known), state, at: isSettled ? stamp : nil)
            latest.withLock { $0 = fresh }
            return fresh
        }
    }

    /// The stores that are known, where they are those of `state`.
    private func stores(
        for state: StorageState, _ location: RepositoryLocation, after known: StoreStack
    ) throws(RefError) -> RepositoryStores {
        let isSame =
            state == known.state || known.state.generation == nil && state.storage == known.state.storage
        if isSame, known.stores.database?.isInPlace ?? true { return known.stores }
        do throws(RepositoryError) {
            return try RepositoryStores(location: location, settings: settings, storage: state.storage)
        } catch {
            throw RefError(.unavailable, error.description, path: config.string, cause: error)
        }
    }
}
