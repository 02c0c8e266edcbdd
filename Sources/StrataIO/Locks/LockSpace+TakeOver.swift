import CStrataIO
import Glibc
import SystemPackage

/// What stands in the way of a lock.
enum LockState {
    /// It has gone meanwhile.
    case vanished
    /// Its owner was dead, and it has been removed.
    case removed
    /// Its owner lives, or cannot be proved dead. `mayBeExamined`: somebody has the kernel's lock of its file; if not the
    /// owner, then who takes over what the owner left.
    case alive(OwnerRecord, mayBeExamined: Bool)
    /// It is not one of ours.
    case foreign
}

extension LockSpace {
    /// Looks at a `.lock` that exists, and removes it when its owner is dead.
    ///
    /// Holding the kernel's lock on the owner's file is what entitles to remove a link to it: the owner can no longer do
    /// it, and no other process can meanwhile. While it is held, the name must be seen to be that file still: a process
    /// that was here before may have removed it, and a third may have locked the name since. The inode number is not
    /// used anew while the file is open.
    func examine(_ lockPath: FilePath, protecting path: FilePath) throws(LockError) -> LockState {
        do {
            let fd: FileDescriptor
            switch try openForOwnerLock(lockPath) {
            case .absent: return .vanished
            case .refused: return readOwner(lockPath)
            case .open(let descriptor): fd = descriptor
            }
            defer { try? fd.close() }
            let stat = try FileStat.fstat(fd, at: lockPath)
            guard stat.kind == .regular, let owner = try ownerRecord(fd, stat, at: lockPath) else { return .foreign }
            guard strata_is_local_filesystem(fd.rawValue) == 1 else { return .alive(owner, mayBeExamined: false) }
            switch takeOwnerLock(fd) {
            case .taken: break
            // Recovering one of the dead may take a lock over that another of them has left.
            case .held where isClaimed(stat): break
            case .held: return .alive(owner, mayBeExamined: true)
            case .impossible: return .alive(owner, mayBeExamined: false)
            }
            guard let now = try FileStat.lstat(lockPath), now.isSameFile(as: stat) else { return .vanished }
            try recovering(owner, path)
            try Disk.unlinkIfPresent(lockPath)
            try removeIfUnlinked(owner, fd)
            return .removed
        } catch let error as FileError {
            throw .file(path: path, error)
        } catch let error as RecoveryFailure {
            throw .notRecovered(path: path, owner: error.owner, error.cause)
        } catch {
            throw .notRecovered(path: path, owner: OwnerRecord(id: id, number: 0), error)
        }
    }

    struct RecoveryFailure: Error {
        let owner: OwnerRecord
        let cause: any Error
    }

    func recovering(_ owner: OwnerRecord, _ path: FilePath) throws(RecoveryFailure) {
        do {
            try recover(owner)
        } catch {
            throw RecoveryFailure(owner: owner, cause: error)
        }
    }

    private enum Opened {
        case absent, refused
        case open(FileDescriptor)
    }

    private func openForOwnerLock(_ path: FilePath) throws(FileError) -> Opened {
        let result = Disk.attempt {
            Int(
                unsafe path.withPlatformString {
                    unsafe open($0, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
                })
        }
        switch result {
        case .success(let raw): return .open(FileDescriptor(rawValue: CInt(raw)))
        case .failure(let errno):
            switch errno {
            case .noSuchFileOrDirectory, .notDirectory: return .absent
            // No permission, a symbolic link, a directory, a socket, a device without driver: ours or not, it stays.
            case .permissionDenied, .notPermitted, .readOnlyFileSystem, .tooManySymbolicLinkLevels, .isDirectory,
                .noSuchAddressOrDevice, .textFileBusy:
                return .refused
            default: throw FileError(.open, path, errno)
            }
        }
    }

    /// Of a lock that cannot be opened for writing: whose it is, when that can be read.
    private func readOwner(_ path: FilePath) -> LockState {
        guard let fd = try? openForReading(path, followingSymlinks: false) else { return .foreign }
        defer { try? fd.close() }
        guard let stat = try? FileStat.fstat(fd, at: path), stat.kind == .regular,
            let owner = try? ownerRecord(fd, stat, at: path)
        else { return .foreign }
        return .alive(owner, mayBeExamined: false)
    }

    /// Whose lock an open file is, nil when it is not one of ours.
    ///
    /// After a power cut the file may be there and its contents not. Then it is known by its other name, in our
    /// directory; git never makes a second name for a lock.
    private func ownerRecord(_ fd: FileDescriptor, _ stat: FileStat, at path: FilePath) throws(FileError)
        -> OwnerRecord?
    {
        if let record = try readRecord(fd, stat, at: path) { return record }
        guard stat.linkCount > 1, var reader = try DirectoryReader(directory) else { return nil }
        while try reader.next() {
            guard reader.inode == stat.inode else { continue }
            let name = reader.withName {
                unsafe String(decoding: $0.withUnsafeBufferPointer { unsafe Array($0) }, as: UTF8.self)
            }
            guard let record = OwnerRecord(fileName: name),
                let found = try FileStat.lstat(directory.appending(name)), found.isSameFile(as: stat)
            else { continue }
            return record
        }
        return nil
    }

    func readRecord(_ fd: FileDescriptor, _ stat: FileStat, at path: FilePath) throws(FileError) -> OwnerRecord? {
        guard stat.size <= Int64(OwnerRecord.limit) else { return nil }
        let contents = try readBytes(fd, at: path, offset: 0, count: Int(stat.size))
        return OwnerRecord(contents: contents)
    }

    /// Removes a dead owner's file when no lock is left, and with the last file of an owner the values it had not published.
    /// Its lock is held.
    ///
    /// - Returns: those values.
    @discardableResult
    func removeIfUnlinked(_ owner: OwnerRecord, _ fd: FileDescriptor) throws(FileError) -> [FilePath] {
        let path = directory.appending(owner.fileName)
        let stat = try FileStat.fstat(fd, at: path)
        guard stat.linkCount == 1, let now = try FileStat.lstat(path), now.isSameFile(as: stat) else { return [] }
        // In this order: a value listed now has an owner file now. An owner that has only begun may look dead, and makes another
        // file and values while we are here.
        let temporaries = try names(in: directory.appending("tmp")).filter { $0.prefix { $0 != "-" } == owner.id }
        let isLast = try !names(in: directory).contains { name in
            name != owner.fileName && OwnerRecord(fileName: name)?.id == owner.id
        }
        var removed: [FilePath] = []
        for name in isLast ? temporaries : [] {
            let value = directory.appending("tmp").appending(name)
            if try Disk.unlinkIfPresent(value) { removed.append(value) }
        }
        try Disk.unlinkIfPresent(path)
        return removed
    }

    /// The names in a directory of ours; none when it is absent.
    func names(in directory: FilePath) throws(FileError) -> [String] {
        var names: [String] = []
        guard var reader = try DirectoryReader(directory) else { return names }
        while try reader.next() {
            names.append(
                reader.withName {
                    unsafe String(decoding: $0.withUnsafeBufferPointer { unsafe Array($0) }, as: UTF8.self)
                })
        }
        return names
    }
}

extension LockSpace {
    /// The owner files of the ``LockSpace`` object `ownerID` that are there.
    package func ownerFiles(of ownerID: String) throws(FileError) -> [FileStat] {
        var found: [FileStat] = []
        for name in try names(in: directory) where OwnerRecord(fileName: name)?.id == ownerID {
            if let stat = try FileStat.lstat(directory.appending(name)) { found.append(stat) }
        }
        return found
    }

    /// Whether somebody has the kernel's lock of an owner file of `ownerID`: the owner lives, or its locks are being taken over.
    package func isAlive(ownerID: String) throws(FileError) -> Bool {
        for name in try names(in: directory) where OwnerRecord(fileName: name)?.id == ownerID {
            let fd: FileDescriptor
            switch try openForOwnerLock(directory.appending(name)) {
            case .open(let descriptor): fd = descriptor
            case .absent: continue
            case .refused: return true
            }
            defer { try? fd.close() }
            if takeOwnerLock(fd) != .taken { return true }
        }
        return false
    }
}
