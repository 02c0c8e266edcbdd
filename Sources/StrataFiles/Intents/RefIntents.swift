import Glibc
public import StrataIO
import StrataModel
public import StrataRefs
import Synchronization
public import SystemPackage

/// The intents of one repository, `<common dir>/strata/intents`, and its locks.
///
/// A transaction that takes several visible steps writes what it is about to do into a file there before the first step, and removes it
/// after the last, its locks held all the while. Whoever meets the locks of a process that died in between does the steps again that are
/// missing before it lets the locks go, so the transaction is whole; a process that died before the file was whole has
/// changed nothing. Safe to share between threads.
public final class RefIntents: RefJournal {
    /// Takes the locks of the repository, and makes good what their dead owners left.
    public let locks: LockSpace
    private let commonDirectory: FilePath
    private let serial = Atomic<Int>(0)
    private let recovery: RefIntentRecovery
    /// What readers go by.
    let watch: RefIntentWatch
    /// Whether the directories that lead to the intents are known to be on the medium.
    private let isPlaceDurable = Atomic<Bool>(false)

    /// - Parameters:
    ///   - commonDirectory: the common dir.
    ///   - sharing: permissions of the files made (`core.sharedRepository`).
    ///   - sweepsFirst: whether the first lock looks for what dead processes have left.
    ///   - observe: is told of each intent of a dead process that was done, on the thread that does it, while locks are held.
    public init(
        commonDirectory: FilePath, sharing: FileSharing = .umask, sweepsFirst: Bool = false,
        observe: (@Sendable (RefIntentOutcome) -> Void)? = nil
    ) {
        self.commonDirectory = commonDirectory
        let directory = commonDirectory.appending("strata")
        let recovery = RefIntentRecovery(
            commonDirectory: commonDirectory, watch: RefIntentWatch(commonDirectory: commonDirectory), observe)
        watch = recovery.watch
        self.recovery = recovery
        locks = LockSpace(directory: directory, sharing: sharing, sweepsFirst: sweepsFirst) { owner in
            try recovery.recover(ownerID: owner.id)
        }
        recovery.locks.withLock { [locks] in $0 = WeakLocks(space: locks) }
    }

    /// A directory of the repository, given with a slash at its end, as intents name it; nil for one elsewhere.
    func relative(_ root: [UInt8]) -> [UInt8]? {
        let common = commonDirectory.bytes + [UInt8(ascii: "/")]
        guard root.starts(with: common) else { return nil }
        let directory = Array(root.dropFirst(common.count).dropLast())
        return RefIntent.staysInside(directory) ? directory : nil
    }

    public func write(
        _ parts: [[UInt8]], decidedBy decider: (any RefDecider)? = nil, durability: Durability
    ) throws(RefError) -> any RefJournalEntry {
        watch.waitForPause()
        let number = serial.add(1, ordering: .relaxed).newValue
        let id = "\(locks.id)-\(number)"
        let path = recovery.directory.appending(id)
        let common = commonDirectory.fromRoot.bytes
        let bytes = RefIntentCoding.file(parts, decidedBy: decider.map { RefIntentFile.Decider($0, in: common) })
        let journalID: [UInt8]
        do throws(FileError) {
            let file: FileDescriptor
            do throws(FileError) {
                file = try Disk.create(path, sharing: locks.sharing)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
                isPlaceDurable.store(false, ordering: .relaxed)
                try Disk.makeDirectories(recovery.directory, sharing: locks.sharing)
                file = try Disk.create(path, sharing: locks.sharing)
            }
            do throws(FileError) {
                do throws(FileError) {
                    try Disk.write(bytes, to: file, at: path)
                    if durability >= .data { try Disk.sync(file, at: path) }
                } catch {
                    try? file.close()
                    throw error
                }
                try Disk.close(file, at: path)
                if durability == .full {
                    try Disk.syncDirectory(recovery.directory)
                    if !isPlaceDurable.load(ordering: .relaxed) {
                        try Disk.syncDirectory(locks.directory)
                        try Disk.syncDirectory(commonDirectory)
                        isPlaceDurable.store(true, ordering: .relaxed)
                    }
                }
                journalID = try RefIntentEntry.journalID(of: commonDirectory)
                // From here on readers know of it, before the first step is done.
                try watch.count(locks)
                // Whoever moves the references elsewhere says so first and then waits until there are no intents.
                if try FileStat.lstat(locks.directory.appending(Self.moveName)) != nil {
                    throw FileError(.open, path, .resourceTemporarilyUnavailable)
                }
            } catch {
                try? Self.remove(path)
                _ = try? watch.count(locks)
                throw error
            }
        } catch {
            throw RefError(
                .unavailable, "unable to write the intent '\(path)': \(error)", path: path.string, cause: error)
        }
        return RefIntentEntry(
            id: Array(id.utf8), journalID: journalID, path: path, durability: durability, intents: self)
    }

    /// The names of the intents in `directory` in the order in which they were written, the locks beside them left out.
    static func names(in directory: FilePath) throws(FileError) -> [String] {
        var names: [String] = []
        guard var reader = try DirectoryReader(directory) else { return [] }
        while try reader.next() {
            let name = String(decoding: reader.name, as: UTF8.self)
            if !name.hasSuffix(".lock") { names.append(name) }
        }
        return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    /// An empty file is no intent either.
    static func remove(_ path: FilePath) throws(FileError) {
        do throws(FileError) {
            try Disk.unlinkIfPresent(path)
        } catch let first {
            do throws(FileError) { try Disk.truncate(path, to: 0) } catch { throw first }
            _ = try? Disk.unlinkIfPresent(path)
        }
    }

    /// The file in `<common dir>/strata` that says that the references are being moved to another store: no transaction of several steps begins
    /// while it is there.
    package static let moveName = "migration"

    /// How many transactions of several steps are under way, or were left by dead processes.
    public func underWay() throws(RefError) -> Int {
        do throws(FileError) { return try Self.names(in: recovery.directory).count } catch {
            throw RefError(unreadable: error)
        }
    }

    /// Waits until no transaction of several steps is under way; what dead processes left is made whole. For whoever has written the file
    /// ``moveName``, so that none begins.
    package func waitForQuiet(until deadline: Deadline) throws(RefError) {
        while true {
            try settle()
            do throws(FileError) {
                if try Self.names(in: recovery.directory).isEmpty { return }
            } catch {
                throw RefError(unreadable: error)
            }
            if deadline.hasPassed {
                throw RefError(.locked, "a transaction is under way", path: recovery.directory.string)
            }
            usleep(1000)
        }
    }

    /// Makes whole what dead processes left, and lets go of all that was theirs. One sweep at a time.
    ///
    /// - Throws: ``RefError`` where it could not go on. An owner whose work could not be finished keeps its locks, and is told of in the
    ///   ``LockSweep/failures``.
    public func sweep() throws(RefError) -> RefSweep {
        var swept = LockSweep()
        do {
            let intents = try recovery.collecting {
                swept = try locks.sweep()
                if swept.failures.isEmpty { try recovery.settle(except: locks.id) }
            }
            return RefSweep(locks: swept, intents: intents)
        } catch let error as RefError {
            throw error
        } catch {
            throw RefError(.unavailable, "\(error)", path: locks.directory.string, cause: error)
        }
    }

    /// Makes good what dead processes left, where their locks do not tell of it: somebody may have removed those by hand. Costs one
    /// look into the directory when no other process is at work. To be called before locks are taken.
    func settle() throws(RefError) {
        do {
            try recovery.settle(except: locks.id)
        } catch let error as RefError {
            throw error
        } catch {
            throw RefError(.unavailable, "\(error)", path: recovery.directory.string, cause: error)
        }
    }
}

/// The locks of whoever recovers, which live longer than their use here.
struct WeakLocks: Sendable {
    weak let space: LockSpace?
}
