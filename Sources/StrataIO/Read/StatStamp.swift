import Glibc
public import SystemPackage

/// What `stat` said of a file at one moment, kept to ask later whether the file has changed.
///
/// Equality compares the file, not the moment. Equal stamps alone do not prove that nothing changed: the kernel takes
/// the times of files from a clock that ticks once a jiffy (4 to 10 ms), so a write shortly after the stamp was taken
/// may leave all fields as they were (git's "racily clean" files). Ask ``provesUnchanged(since:)``.
public struct StatStamp: Sendable {
    /// Whether there was no file.
    public let isAbsent: Bool
    public let device: UInt64
    public let inode: UInt64
    public let size: Int64
    /// Nanoseconds since 1970.
    public let modified: Int64
    /// Time of the last change to contents or attributes, nanoseconds since 1970.
    public let changed: Int64
    /// When the stamp was taken, nanoseconds since 1970; read before the file was looked at.
    public let takenAt: Int64

    /// A stamp from a `stat` made after `takenAt`; nil means that there was no file.
    public init(_ file: FileStat?, takenAt: Int64) {
        isAbsent = file == nil
        device = file?.device ?? 0
        inode = file?.inode ?? 0
        size = file?.size ?? 0
        modified = file?.modified ?? 0
        changed = file?.changed ?? 0
        self.takenAt = takenAt
    }

    /// The stamp of what `path` leads to, or of a symbolic link itself.
    public static func of(_ path: FilePath, followingSymlinks: Bool = true) throws(FileError) -> StatStamp {
        let now = realtimeNanoseconds()
        return StatStamp(followingSymlinks ? try FileStat.stat(path) : try FileStat.lstat(path), takenAt: now)
    }

    /// The stamp of what `name`, which ends with a NUL, leads to in an open directory.
    package static func of(_ name: Span<CChar>, in directory: FileDescriptor) throws(FileError) -> StatStamp {
        let now = realtimeNanoseconds()
        return StatStamp(try FileStat.stat(name, in: directory), takenAt: now)
    }

    /// The stamp of an open file. `path` is for the message.
    public static func of(_ fd: FileDescriptor, at path: FilePath) throws(FileError) -> StatStamp {
        let now = realtimeNanoseconds()
        return StatStamp(try FileStat.fstat(fd, at: path), takenAt: now)
    }

    /// How much older than the stamp a file's times must be: two jiffies of the slowest kernel clock (100 Hz).
    static let granularity: Int64 = 20_000_000
    /// The same where the file system keeps whole seconds, which shows in both times (FAT keeps even ones).
    static let coarseGranularity: Int64 = 2_020_000_000

    /// Whether a change made after the stamp was taken could leave the stamp as it is: the file's times are not clearly
    /// older than the stamp, or in the future. An absent file is never racy.
    public var isRacy: Bool {
        if isAbsent { return false }
        let wholeSeconds = modified % 1_000_000_000 == 0 && changed % 1_000_000_000 == 0
        let (limit, overflow) = takenAt.subtractingReportingOverflow(
            wholeSeconds ? StatStamp.coarseGranularity : StatStamp.granularity)
        return overflow || max(modified, changed) >= limit
    }

    /// Whether the file, whose stamp is now this one, is as it was when `earlier` was taken.
    public func provesUnchanged(since earlier: StatStamp) -> Bool { self == earlier && !earlier.isRacy }

    /// The same, asked of the earlier stamp: whether the file is, as `now` says of it, what it was.
    public func isStill(_ now: FileStat?) -> Bool { StatStamp(now, takenAt: takenAt).provesUnchanged(since: self) }
}

extension StatStamp {
    /// Whether the file at `path`, which ends with a NUL, is as it was; not where the system does not say.
    package func isStill(at path: Span<CChar>) -> Bool {
        do throws(FileError) {
            return isStill(try FileStat.stat(path, in: FileDescriptor(rawValue: AT_FDCWD)))
        } catch {
            return false
        }
    }

    /// The same of an open file.
    package func isStill(_ file: FileDescriptor) -> Bool {
        var now = Glibc.stat()
        return unsafe Glibc.fstat(file.rawValue, &now) == 0 && isStill(FileStat(now))
    }
}

extension StatStamp: Hashable {
    public static func == (a: StatStamp, b: StatStamp) -> Bool {
        a.isAbsent == b.isAbsent && a.inode == b.inode && a.size == b.size && a.modified == b.modified
            && a.changed == b.changed && a.device == b.device
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(inode)
        hasher.combine(size)
        hasher.combine(modified)
        hasher.combine(changed)
    }
}
