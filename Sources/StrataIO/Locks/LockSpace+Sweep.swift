import CStrataIO
import Glibc
import SystemPackage

extension LockSpace {
    /// An owner whose death is proved: its kernel lock is held by us.
    private final class DeadOwner {
        let record: OwnerRecord
        let path: FilePath
        let descriptor: FileDescriptor
        let stat: FileStat

        init(_ record: OwnerRecord, _ path: FilePath, _ descriptor: FileDescriptor, _ stat: FileStat) {
            self.record = record
            self.path = path
            self.descriptor = descriptor
            self.stat = stat
        }

        deinit { try? descriptor.close() }
    }

    /// Lets go of everything that dead owners left: their work is recovered, then their locks, values and owner files
    /// are removed. Gives the number of owner files removed.
    ///
    /// Meant for opening a repository for writing: without dead owners it costs two directory listings and three system
    /// calls for each living owner. Locks left behind are looked for below the sweep roots, but only when an owner file
    /// says by its link count that there are any; not through symbolic links, not in `objects` directly below a root,
    /// and not beyond `limit` directory entries. An owner file whose locks were not all found stays.
    @discardableResult
    public func sweepDeadOwners(limit: Int = 2_000_000) throws(LockError) -> Int {
        let sweep = try sweep(limit: limit)
        if let failure = sweep.failures.first { throw failure }
        return sweep.owners.count
    }

    /// The same, with what it did; an owner that could not be recovered is among its ``LockSweep/failures``.
    public func sweep(limit: Int = 2_000_000) throws(LockError) -> LockSweep {
        var sweep = LockSweep()
        do throws(FileError) {
            // In this order: a value listed now has an owner file now, so one that has none afterwards has no owner.
            let temporaries = try names(in: directory.appending("tmp"))
            var dead: [DeadOwner] = []
            defer { for owner in dead { disclaim(owner.stat) } }
            var owners: Set<String> = []
            for name in try names(in: directory) {
                guard let named = OwnerRecord(fileName: name) else { continue }
                owners.insert(named.id)
                guard let owner = try claimDead(directory.appending(name), named) else { continue }
                claim(owner.stat)
                dead.append(owner)
            }
            // One that cannot be recovered keeps its locks, and does not keep the others from being let go.
            for owner in dead {
                do {
                    try recover(owner.record)
                } catch {
                    sweep.failures.append(.notRecovered(path: owner.path, owner: owner.record, error))
                    disclaim(owner.stat)
                    dead.removeAll { $0 === owner }
                }
            }
            if dead.contains(where: { $0.stat.linkCount > 1 }) { try removeLocks(of: dead, limit: limit, &sweep) }
            for owner in dead {
                sweep.values += try removeIfUnlinked(owner.record, owner.descriptor)
                if try FileStat.fstat(owner.descriptor, at: owner.path).linkCount == 0 {
                    sweep.owners.append(owner.record)
                }
            }
            for name in temporaries where !owners.contains(String(name.prefix { $0 != "-" })) {
                let path = directory.appending("tmp").appending(name)
                if try Disk.unlinkIfPresent(path) { sweep.values.append(path) }
            }
            return sweep
        } catch {
            throw .file(path: error.path, error)
        }
    }

    /// The owner, if it is dead; its kernel lock is held from here on.
    private func claimDead(_ path: FilePath, _ named: OwnerRecord) throws(FileError) -> DeadOwner? {
        let raw = unsafe path.withPlatformString { unsafe open($0, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) }
        // Not ours to open, or gone meanwhile.
        guard raw >= 0 else { return nil }
        let fd = FileDescriptor(rawValue: raw)
        var keep = false
        defer { if !keep { try? fd.close() } }
        guard try FileStat.fstat(fd, at: path).kind == .regular, strata_is_local_filesystem(raw) == 1,
            takeOwnerLock(fd) == .taken
        else { return nil }
        // The count of links as it is now that nobody makes or removes any.
        let stat = try FileStat.fstat(fd, at: path)
        guard let now = try FileStat.lstat(path), now.isSameFile(as: stat) else { return nil }
        keep = true
        // A record that contradicts the name is not believed.
        if let record = try readRecord(fd, stat, at: path), record.fileName == named.fileName {
            return DeadOwner(record, path, fd, stat)
        }
        return DeadOwner(named, path, fd, stat)
    }

    private func removeLocks(of dead: [DeadOwner], limit: Int, _ sweep: inout LockSweep) throws(FileError) {
        var left = 0
        for owner in dead { left += Int(owner.stat.linkCount) - 1 }
        var entries = 0
        var pending: [(path: FilePath, isRoot: Bool)] = sweepRoots.map { ($0, true) }
        while let (folder, isRoot) = pending.popLast() {
            guard var reader = try openDirectory(folder) else { continue }
            while left > 0, try reader.next() {
                entries += 1
                if entries > limit { return }
                let kind = try reader.kind()
                guard kind == .directory || kind == .regular else { continue }
                let name = unsafe UnsafeRawBufferPointer(reader.nameBytes)
                let isLock = unsafe name.count > 5 && name[(name.count - 5)...].elementsEqual(".lock".utf8)
                guard kind == .directory || isLock else { continue }
                let path = unsafe folder.appending(entry: name)
                if kind == .directory {
                    if !(isRoot && path.lastComponent?.string == "objects") { pending.append((path, false)) }
                } else if let now = try FileStat.lstat(path), dead.contains(where: { $0.stat.isSameFile(as: now) }) {
                    if try Disk.unlinkIfPresent(path) {
                        left -= 1
                        sweep.locks.append(path)
                    }
                }
            }
            if left == 0 { return }
        }
    }

    /// nil when it is absent, or not to be read by us.
    private func openDirectory(_ path: FilePath) throws(FileError) -> DirectoryReader? {
        do {
            return try DirectoryReader(path)
        } catch {
            if error.errno == .permissionDenied { return nil }
            throw error
        }
    }
}

extension FilePath {
    /// The path of a directory's entry, whose name need not be UTF-8.
    @unsafe
    func appending(entry: UnsafeRawBufferPointer) -> FilePath {
        unsafe appending(bytes: entry)
    }
}
