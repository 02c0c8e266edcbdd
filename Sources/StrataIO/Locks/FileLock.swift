public import SystemPackage

/// A lock that is held: `<path>.lock` exists and is ours. Released by ``release()``, ``commit()``, or when dropped.
///
/// For one thread at a time. Using it after its release throws `ENOLCK`.
public final class FileLock {
    /// The file that is protected.
    public let path: FilePath
    /// `<path>.lock`.
    public let lockPath: FilePath
    public private(set) var isHeld = true
    private let space: LockSpace
    /// nil: a plain lock, whose file takes the new value itself.
    private let owner: OwnerFile?
    private let inode: UInt64
    private let device: UInt64
    private var staged: FilePath?
    /// A second name of what ``path`` held before.
    private var previous: FilePath?
    private var sink: FileSink?
    private var durability = Durability.none

    init(_ space: LockSpace, _ owner: OwnerFile, path: FilePath, lockPath: FilePath) {
        self.space = space
        self.owner = owner
        self.path = path
        self.lockPath = lockPath
        inode = owner.inode
        device = owner.device
    }

    init(_ space: LockSpace, plain: FileStat, path: FilePath, lockPath: FilePath) {
        self.space = space
        owner = nil
        self.path = path
        self.lockPath = lockPath
        inode = plain.inode
        device = plain.device
    }

    deinit { release() }

    /// Whether the lock would be taken over if this process died.
    public var isRecoverable: Bool { owner != nil }

    /// Sees to it that the lock, should it last through a loss of power, is known for a dead owner's then. To be called before a directory
    /// with locks in it is synced; costs three syncs the first time in a process, and nothing after.
    package func makeOwnerDurable() throws(FileError) { try owner?.makeDurable(in: space.directory) }

    /// Writes the new contents of ``path`` where nobody sees them, synced when `durability` is at least `data`. They
    /// replace what was staged before.
    public func stage(_ bytes: Span<UInt8>, durability: Durability = .none) throws(FileError) {
        let fd = try openStaged()
        let target = staged ?? lockPath
        self.durability = durability
        do {
            try Disk.write(bytes, to: fd, at: target)
            if durability >= .data { try Disk.sync(fd, at: target) }
        } catch {
            try? fd.close()
            discardStaged()
            throw error
        }
        do {
            try Disk.close(fd, at: target)
        } catch {
            discardStaged()
            throw error
        }
    }

    /// Writes the new contents of ``path`` where nobody sees them.
    public func stage(_ bytes: [UInt8], durability: Durability = .none) throws(FileError) {
        try stage(bytes.span, durability: durability)
    }

    /// A sink for the new contents. ``commit()`` finishes it with `durability`.
    public func stageWriter(durability: Durability = .none) throws(FileError) -> FileSink {
        let fd = try openStaged()
        let sink = FileSink(fd, at: staged ?? lockPath)
        self.sink = sink
        self.durability = durability
        return sink
    }

    /// Removes what was staged; the lock stays.
    public func discardStaged() {
        sink = nil
        guard let file = staged else { return }
        staged = nil
        // The value in a plain lock goes with the lock, or is overwritten.
        if owner != nil, space.isOwnProcess { _ = try? Disk.unlinkIfPresent(file) }
    }

    /// Puts the staged contents in the place of ``path`` and releases the lock.
    ///
    /// When it throws, ``path`` is unchanged and the lock is held as before, with two exceptions. The lock is lost when
    /// somebody removed it by hand (`ENOLCK`; nothing has changed). When syncing the directory fails
    /// (``FileOperation/syncDirectory``), the new contents are in place and the lock is released.
    public func commit() throws(FileError) {
        defer { if published { release() } }
        try publish()
    }

    private var published = false

    /// As ``commit()``, but keeps the lock, so that further steps are protected by it. A plain lock cannot be kept: its
    /// file becomes ``path``.
    public func publish() throws(FileError) {
        published = false
        try check()
        guard let file = staged else { throw FileError(.rename, lockPath, to: path, .invalidArgument) }
        if let sink, !sink.isClosed { try sink.finish(durability) }
        try checkStillOurs()
        try Disk.rename(file, to: path)
        published = true
        sink = nil
        staged = nil
        if owner == nil { isHeld = false }
        if durability == .full { try Disk.syncDirectory(path.removingLastComponent()) }
    }

    /// Gives what stands at ``path`` a second name, so that ``putBack()`` needs no space on the disk. Does nothing where that
    /// is not possible: for a plain lock, and without hard links.
    public func keepPrevious() {
        guard owner != nil, isHeld, previous == nil, space.isOwnProcess else { return }
        let name = space.temporaryPath()
        do throws(FileError) { try Disk.link(path, to: name) } catch { return }
        previous = name
    }

    /// Puts back what ``path`` held at ``keepPrevious()``. The lock stays.
    ///
    /// - Returns: false when it was not kept; then nothing has changed.
    public func putBack() throws(FileError) -> Bool {
        guard let name = previous else { return false }
        try check()
        try checkStillOurs()
        try Disk.rename(name, to: path)
        // Renaming one name of a file to another of it leaves both.
        dropPrevious()
        return true
    }

    private func dropPrevious() {
        guard let name = previous, space.isOwnProcess else { return }
        previous = nil
        _ = try? Disk.unlinkIfPresent(name)
    }

    /// Releases the lock and discards what is staged. May be called again.
    public func release() {
        discardStaged()
        dropPrevious()
        guard isHeld, space.isOwnProcess else { return }
        isHeld = false
        var isGone = true
        do {
            if let now = try FileStat.lstat(lockPath), now.inode == inode, now.device == device {
                try Disk.unlinkIfPresent(lockPath)
            }
        } catch {
            isGone = false
            space.noteStuck(lockPath, owner, inode: inode, device: device)
        }
        // A link that cannot be removed stays counted, so that its owner file stays, and is taken over when we end.
        if let owner, isGone { space.unreserve(owner) }
    }

    private func openStaged() throws(FileError) -> FileDescriptor {
        try check()
        discardStaged()
        guard owner != nil else {
            try checkStillOurs()
            let fd = try Disk.create(lockPath, exclusive: false, truncating: true)
            staged = lockPath
            return fd
        }
        let file = space.temporaryPath()
        let fd = try space.createTemporary(file)
        staged = file
        return fd
    }

    private func check() throws(FileError) {
        if !isHeld || !space.isOwnProcess { throw FileError(.rename, lockPath, to: path, .noLocks) }
    }

    /// Somebody may have removed the lock by hand, and somebody else may have it now.
    private func checkStillOurs() throws(FileError) {
        if let now = try FileStat.lstat(lockPath), now.inode == inode, now.device == device { return }
        isHeld = false
        if let owner { space.unreserve(owner) }
        discardStaged()
        throw FileError(.rename, lockPath, to: path, .noLocks)
    }
}
