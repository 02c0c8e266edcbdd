import Glibc
public import SystemPackage

/// What kind of thing a directory entry names.
public enum FileKind: UInt8, Sendable, Hashable {
    case regular, directory, symlink, other

    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symlink
        default: self = .other
        }
    }
}

/// What `stat` says of a file.
public struct FileStat: Sendable, Hashable {
    public var kind: FileKind
    public var permissions: FilePermissions
    public var device: UInt64
    public var inode: UInt64
    public var linkCount: UInt64
    public var size: Int64
    /// The number of bytes that the file takes on the disk.
    public var allocatedSize: Int64
    public var owner: UInt32
    public var group: UInt32
    /// Nanoseconds since 1970.
    public var modified: Int64
    /// Time of the last change to contents or attributes, nanoseconds since 1970.
    public var changed: Int64

    init(_ info: Glibc.stat) {
        kind = FileKind(mode: info.st_mode)
        permissions = FilePermissions(rawValue: info.st_mode & 0o7777)
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        linkCount = UInt64(info.st_nlink)
        size = Int64(info.st_size)
        allocatedSize = Int64(info.st_blocks) * 512
        owner = info.st_uid
        group = info.st_gid
        modified = info.st_mtim.nanoseconds
        changed = info.st_ctim.nanoseconds
    }

    /// Whether both are the same file.
    public func isSameFile(as other: FileStat) -> Bool { inode == other.inode && device == other.device }

    /// The file that `path` leads to, nil when there is none (`ENOENT`, `ENOTDIR`).
    public static func stat(_ path: FilePath) throws(FileError) -> FileStat? {
        try look(path, 0)
    }

    /// What stands at `path` itself, nil when there is nothing.
    public static func lstat(_ path: FilePath) throws(FileError) -> FileStat? {
        try look(path, AT_SYMLINK_NOFOLLOW)
    }

    /// An open file. `path` is for the message.
    public static func fstat(_ fd: FileDescriptor, at path: FilePath) throws(FileError) -> FileStat {
        var info = Glibc.stat()
        if unsafe Glibc.fstat(fd.rawValue, &info) != 0 { throw FileError(.stat, path, Errno(rawValue: errno)) }
        return FileStat(info)
    }

    private static func look(_ path: FilePath, _ flags: CInt) throws(FileError) -> FileStat? {
        var info = Glibc.stat()
        let result = Disk.attempt {
            Int(unsafe path.withPlatformString { unsafe fstatat(AT_FDCWD, $0, &info, flags) })
        }
        return try found(info, result) { path }
    }

    /// What `name`, which ends with a NUL, leads to in an open directory, or with `AT_FDCWD` for one as a path; nil when there is nothing.
    package static func stat(_ name: Span<CChar>, in directory: FileDescriptor) throws(FileError) -> FileStat? {
        var info = Glibc.stat()
        let result = Disk.attempt {
            unsafe name.withUnsafeBufferPointer { name in
                guard let name = name.baseAddress else { return -1 }
                return Int(unsafe fstatat(directory.rawValue, name, &info, 0))
            }
        }
        return try found(info, result) {
            FilePath(bytes: (0..<name.count - 1).map { UInt8(bitPattern: name[$0]) })
        }
    }

    private static func found(
        _ info: Glibc.stat, _ result: Result<Int, Errno>, _ path: () -> FilePath
    ) throws(FileError) -> FileStat? {
        switch result {
        case .success: return FileStat(info)
        case .failure(.noSuchFileOrDirectory), .failure(.notDirectory): return nil
        case .failure(let errno): throw FileError(.stat, path(), errno)
        }
    }
}
