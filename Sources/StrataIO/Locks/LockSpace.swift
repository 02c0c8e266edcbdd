import Glibc
import Synchronization
public import SystemPackage

/// Takes locks by git's protocol: whoever makes `<file>.lock` may change `<file>`. One object for a common dir; any
/// number of threads and processes.
///
/// A lock is a hard link to an *owner file* of this process in `directory`, which holds an ``OwnerRecord`` and a lock of
/// the kernel's that ends with the process. So a lock whose owner is dead is recognised and taken over at once, and one
/// whose owner lives is never broken, nor is one that git made. New values are written to `<directory>/tmp` and renamed.
///
/// Where hard links or such locks do not work or are not known to (another file system, no permission, network file
/// systems), a lock is a plain file made exclusively, as git's, and is not taken over.
///
/// Git's counterpart is `hold_lock_file_for_update_timeout`.
public final class LockSpace: Sendable {
    /// Finishes what a dead owner left unfinished. It is called while the names that the owner had locked are still
    /// protected, by one process at a time for an owner file, perhaps more than once for one owner. It must not acquire
    /// locks of names that the dead owner holds. When it throws, the owner's locks stay.
    public typealias Recovery = @Sendable (OwnerRecord) throws -> Void

    /// Where owner files and new values stand: `<common dir>/strata`. Made at the first lock.
    public let directory: FilePath
    public let sharing: FileSharing
    /// Named in the records of this object's owner files.
    public let id = randomHex()
    let sweepRoots: [FilePath]
    let recover: Recovery
    private let linksPerOwner: Int
    private let process = getpid()
    private let state = Mutex(State())
    private let serial = Atomic<Int>(0)
    /// The dead owners' files whose kernel locks a sweep of this object holds, and the thread that sweeps.
    private let claims = Mutex<[Claim]>([])
    /// Locks that were released but could not be removed.
    private let stuck = Mutex<[FilePath: Stuck]>([:])
    /// Whether dead owners are still to be swept before the first lock.
    private let mustSweep: Atomic<Bool>

    struct Slot {
        var owner: OwnerFile
        /// Links made, being made, or that could not be removed.
        var links: Int
    }

    private struct Stuck {
        let owner: OwnerFile?
        let inode: UInt64
        let device: UInt64
    }

    private struct Claim {
        let stat: FileStat
        let thread: pthread_t
    }

    private struct State {
        /// The last one is linked; those before it are full, and go when their links have gone.
        var slots: [Slot] = []
        /// Whether the last one is.
        var isOpen = false
        /// Whether hard links and the kernel's locks were found not to be usable here.
        var isPlain = false
        var made = 0
    }

    /// - Parameters:
    ///   - sharing: permissions of the files made here (`core.sharedRepository`). Others can take over the locks of a
    ///     dead owner only when they can write its owner file.
    ///   - sweepRoots: where ``sweepDeadOwners(limit:)`` looks for locks; by default the directory above `directory`.
    ///   - sweepsFirst: whether the first ``acquire(_:until:)`` sweeps. What fails then shows when a lock that is left is
    ///     wanted.
    public convenience init(
        directory: FilePath, sharing: FileSharing = .umask, sweepRoots: [FilePath]? = nil, sweepsFirst: Bool = false,
        recover: @escaping Recovery = { _ in }
    ) {
        self.init(
            directory: directory, sharing: sharing, sweepRoots: sweepRoots, sweepsFirst: sweepsFirst,
            linksPerOwner: 30_000, recover: recover)
    }

    /// ext4 allows 65,000 links to a file; `linksPerOwner` stays well below.
    package init(
        directory: FilePath, sharing: FileSharing = .umask, sweepRoots: [FilePath]? = nil, sweepsFirst: Bool = false,
        linksPerOwner: Int,
        recover: @escaping Recovery = { _ in }
    ) {
        self.directory = directory
        self.sharing = sharing
        self.sweepRoots = sweepRoots ?? [directory.removingLastComponent()]
        mustSweep = Atomic(sweepsFirst)
        self.linksPerOwner = linksPerOwner
        self.recover = recover
    }

    deinit {
        LiveSpaces.remove(self)
        close()
    }

    /// Removes the owner file, now or when the last lock is released. The next ``acquire(_:until:)`` makes a new one.
    ///
    /// Called by deinit, and at the orderly end of the process for objects that still live then.
    public func close() {
        guard isOwnProcess else { return }
        for path in stuck.withLock({ Array($0.keys) }) { _ = removeStuck(path) }
        let idle = state.withLock { state -> [OwnerFile] in
            state.isOpen = false
            let idle = state.slots.filter { $0.links == 0 }.map(\.owner)
            state.slots.removeAll { $0.links == 0 }
            return idle
        }
        for owner in idle { removeOwnerFile(owner) }
    }

    /// How long a lock is waited for, whatever the deadline, while its owner seems to be dead and its file is locked: another
    /// process is sweeping it or taking it over.
    private static let graceOfTheDead = 200

    func claim(_ stat: FileStat) { claims.withLock { $0.append(Claim(stat: stat, thread: pthread_self())) } }

    func disclaim(_ stat: FileStat) { claims.withLock { $0.removeAll { $0.stat.isSameFile(as: stat) } } }

    /// Whether this thread, sweeping, holds the kernel's lock of the file.
    func isClaimed(_ stat: FileStat) -> Bool {
        claims.withLock {
            $0.contains { $0.stat.isSameFile(as: stat) && pthread_equal($0.thread, pthread_self()) != 0 }
        }
    }

    /// False in a child that was forked from the process that made this object: the locks are not its.
    var isOwnProcess: Bool { getpid() == process }

    /// Takes the lock of `path`: makes `<path>.lock`.
    ///
    /// Waits while somebody else has it, until the deadline; a dead owner's lock is taken over whatever the deadline.
    /// The directory of `path` must exist. Throws ``LockError/busy(path:holder:)`` at the deadline, and at once when
    /// anything but a held lock is in the way.
    public func acquire(_ path: FilePath, until deadline: Deadline) throws(LockError) -> FileLock {
        if mustSweep.load(ordering: .relaxed), mustSweep.exchange(false, ordering: .relaxed) {
            // What is not found so soon is taken over by whoever wants it.
            _ = try? sweepDeadOwners(limit: 20_000)
        }
        let lockPath = path.sibling(suffix: ".lock")
        var backoff = Backoff()
        var vanished = 0
        var grace: Deadline?
        while true {
            if let lock = try tryAcquire(path, lockPath) { return lock }
            if removeStuck(lockPath) { continue }
            var isOurs = false
            switch try examine(lockPath, protecting: path) {
            case .removed: continue
            case .vanished:
                // Released meanwhile. Under contention that may go on for ever, so the deadline counts then.
                vanished += 1
                if vanished < 4 { continue }
                if deadline.hasPassed { throw .busy(path: path, holder: .other(pid: nil)) }
            case .alive(let owner, let mayBeExamined):
                isOurs = true
                guard deadline.hasPassed else { break }
                guard mayBeExamined, owner.processHasGone else { throw .busy(path: path, holder: .strata(owner)) }
                let end = grace ?? .after(milliseconds: Self.graceOfTheDead)
                grace = end
                if end.hasPassed { throw .busy(path: path, holder: .strata(owner)) }
                backoff.wait(ours: true, until: end)
                continue
            case .foreign:
                if deadline.hasPassed { throw .busy(path: path, holder: .other(pid: gitLockPID(of: path))) }
            }
            backoff.wait(ours: isOurs || vanished >= 4, until: deadline)
        }
    }

    /// A released lock could not be removed: whoever of this object wants it next tries again.
    func noteStuck(_ lockPath: FilePath, _ owner: OwnerFile?, inode: UInt64, device: UInt64) {
        stuck.withLock { $0[lockPath] = Stuck(owner: owner, inode: inode, device: device) }
    }

    /// Removes a lock of ours that was released and is still there; false when it is none.
    private func removeStuck(_ lockPath: FilePath) -> Bool {
        guard isOwnProcess, let one = stuck.withLock({ $0.removeValue(forKey: lockPath) }) else { return false }
        do throws(FileError) {
            if let now = try FileStat.lstat(lockPath), now.inode == one.inode, now.device == one.device {
                try Disk.unlinkIfPresent(lockPath)
            }
        } catch {
            stuck.withLock { $0[lockPath] = one }
            return false
        }
        if let owner = one.owner { unreserve(owner) }
        return true
    }

    /// One try; nil when the name exists.
    private func tryAcquire(_ path: FilePath, _ lockPath: FilePath) throws(LockError) -> FileLock? {
        do throws(FileError) {
            while let owner = try reserve() {
                do throws(FileError) {
                    try Disk.link(owner.path, to: lockPath)
                    return FileLock(self, owner, path: path, lockPath: lockPath)
                } catch {
                    unreserve(owner)
                    switch error.errno {
                    case .fileExists: return nil
                    case .improperLink, .notPermitted, .notSupportedOnSocket, .notSupported, .noFunction: break
                    case .tooManyLinks where retire(owner): continue
                    case .tooManyLinks: break
                    case .noSuchFileOrDirectory where try isLost(owner):
                        _ = retire(owner)
                        continue
                    // `link` names the owner file first; what fails is making the lock.
                    default: throw FileError(.create, lockPath, error.errno)
                    }
                    return try acquirePlain(path, lockPath)
                }
            }
            return try acquirePlain(path, lockPath)
        } catch {
            throw .file(path: path, error)
        }
    }

    private func acquirePlain(_ path: FilePath, _ lockPath: FilePath) throws(FileError) -> FileLock? {
        do throws(FileError) {
            // Closed at once: a transaction may hold more locks than a process may have descriptors.
            let fd = try Disk.create(lockPath, sharing: sharing)
            let stat: FileStat
            do throws(FileError) {
                do throws(FileError) {
                    stat = try FileStat.fstat(fd, at: lockPath)
                } catch {
                    try? fd.close()
                    throw error
                }
                try Disk.close(fd, at: lockPath)
            } catch {
                _ = try? Disk.unlinkIfPresent(lockPath)
                throw error
            }
            return FileLock(self, plain: stat, path: path, lockPath: lockPath)
        } catch {
            if error.errno == .fileExists { return nil }
            throw error
        }
    }

    /// Whether somebody removed the owner file, the whole directory perhaps.
    private func isLost(_ owner: OwnerFile) throws(FileError) -> Bool {
        guard let now = try FileStat.lstat(owner.path) else { return true }
        return !owner.isFile(now)
    }
}

extension LockSpace {
    /// An owner file with room for one more link, which is counted; nil: plain locks.
    private func reserve() throws(FileError) -> OwnerFile? {
        try state.withLock { state throws(FileError) -> OwnerFile? in
            if state.isPlain { return nil }
            if !state.isOpen || state.slots[state.slots.count - 1].links >= linksPerOwner {
                guard let owner = try makeOwnerFile(counting: &state.made) else {
                    state.isPlain = true
                    return nil
                }
                if state.slots.isEmpty { LiveSpaces.add(self) }
                state.slots.append(Slot(owner: owner, links: 0))
                state.isOpen = true
            }
            state.slots[state.slots.count - 1].links += 1
            return state.slots[state.slots.count - 1].owner
        }
    }

    private func makeOwnerFile(counting made: inout Int) throws(FileError) -> OwnerFile? {
        do {
            return try OwnerFile.make(in: directory, id: id, counting: &made, sharing: sharing)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
        do {
            try Disk.makeDirectories(directory.appending("tmp"), sharing: sharing)
        } catch {
            if [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(error.errno) { return nil }
            throw error
        }
        return try OwnerFile.make(in: directory, id: id, counting: &made, sharing: sharing)
    }

    /// A link has gone, or was not made. The last link of an owner file that is no longer linked takes the file along.
    func unreserve(_ owner: OwnerFile) {
        let isIdle = state.withLock { state -> Bool in
            guard let index = state.slots.firstIndex(where: { $0.owner === owner }) else { return false }
            state.slots[index].links -= 1
            let isCurrent = state.isOpen && index == state.slots.count - 1
            guard state.slots[index].links == 0, !isCurrent else { return false }
            state.slots.remove(at: index)
            return true
        }
        if isIdle { removeOwnerFile(owner) }
    }

    /// Links no more to an owner file. False when it had no links of ours: a new one would fare no better.
    private func retire(_ owner: OwnerFile) -> Bool {
        let (hadLinks, isIdle) = state.withLock { state -> (Bool, Bool) in
            guard let index = state.slots.firstIndex(where: { $0.owner === owner }) else { return (true, false) }
            if index == state.slots.count - 1 { state.isOpen = false }
            if state.slots[index].links > 0 { return (true, false) }
            state.slots.remove(at: index)
            return (false, true)
        }
        if isIdle { removeOwnerFile(owner) }
        return hadLinks
    }

    /// Its name goes while the kernel's lock is held, so that no sweeper sees it unlocked. A name that cannot be removed keeps
    /// its lock, and so its slot, without links: seen unlocked, it would tell that this object is dead.
    private func removeOwnerFile(_ owner: OwnerFile) {
        do throws(FileError) {
            if let now = try FileStat.lstat(owner.path), owner.isFile(now) { try Disk.unlinkIfPresent(owner.path) }
        } catch {
            state.withLock { $0.slots.insert(Slot(owner: owner, links: 0), at: 0) }
        }
    }

    /// A new name in `<directory>/tmp`, for a value that is being written or kept. What is there goes once this object has no
    /// owner file: only under a lock that is recoverable it is safe.
    package func temporaryPath() -> FilePath {
        let number = serial.add(1, ordering: .relaxed).newValue
        return directory.appending("tmp").appending("\(id)-\(number)")
    }

    /// Makes the file of a ``temporaryPath()``, and the directory where somebody has removed that.
    package func createTemporary(_ path: FilePath) throws(FileError) -> FileDescriptor {
        do {
            return try Disk.create(path, sharing: sharing)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            try Disk.makeDirectories(path.removingLastComponent(), sharing: sharing)
            return try Disk.create(path, sharing: sharing)
        }
    }
}
