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

    /// - Parameters:
    ///   - commonDirectory: the common dir.
    ///   - sharing: permissions of the files made (`core.sharedRepository`).
    ///   - sweepsFirst: whether the first lock looks for what dead processes have left.
    public init(commonDirectory: FilePath, sharing: FileSharing = .umask, sweepsFirst: Bool = false) {
        self.commonDirectory = commonDirectory
        let directory = commonDirectory.appending("strata")
        let recovery = RefIntentRecovery(commonDirectory: commonDirectory)
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
        return RefIntentCoding.staysInside(directory) ? directory : nil
    }

    public func write(_ parts: [[UInt8]], durability: Durability) throws(RefError) -> any RefJournalEntry {
        let number = serial.add(1, ordering: .relaxed).newValue
        let path = recovery.directory.appending("\(locks.id)-\(number)")
        let bytes = RefIntentCoding.file(parts)
        do throws(FileError) {
            let file: FileDescriptor
            do throws(FileError) {
                file = try Disk.create(path, sharing: locks.sharing)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
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
                if durability == .full { try Disk.syncDirectory(recovery.directory) }
            } catch {
                try? Self.remove(path)
                throw error
            }
        } catch {
            throw RefError(
                .unavailable, "unable to write the intent '\(path)': \(error.errno)", path: path.string, cause: error)
        }
        return Entry(path: path, durability: durability)
    }

    private struct Entry: RefJournalEntry {
        let path: FilePath
        let durability: Durability
        func remove() throws(RefError) {
            do throws(FileError) {
                try RefIntents.remove(path)
                // Or else it could be back after a power cut, beside what later transactions have made durable.
                if durability == .full { try Disk.syncDirectory(path.removingLastComponent()) }
            } catch {
                throw RefError(
                    .unavailable, "unable to remove the intent '\(path)': \(error.errno)", path: path.string,
                    cause: error)
            }
        }
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
