import Glibc
public import SystemPackage

/// Reads the entries of a directory in the order the file system has them, without `.` and `..`, and without
/// allocating for an entry. For one thread at a time.
///
///     guard var reader = try DirectoryReader(path) else { return }
///     while try reader.next() {
///         reader.withName { name in ... }
///     }
@safe
public struct DirectoryReader: ~Copyable {
    private let stream: OpaquePointer
    private var entry: UnsafeMutablePointer<dirent>?
    public let path: FilePath

    /// Opens a directory; nil when it is absent, or something else in its place (`ENOENT`, `ENOTDIR`).
    public init?(_ path: FilePath) throws(FileError) {
        let name = path.isEmpty ? FilePath(".") : path
        let fd = unsafe name.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK) }
        guard fd >= 0 else {
            let reason = Errno(rawValue: errno)
            if reason == .noSuchFileOrDirectory || reason == .notDirectory { return nil }
            throw FileError(.list, path, reason)
        }
        guard let stream = unsafe fdopendir(fd) else {
            let reason = Errno(rawValue: errno)
            close(fd)
            throw FileError(.list, path, reason)
        }
        unsafe self.stream = unsafe stream
        unsafe entry = nil
        self.path = path
    }

    deinit { unsafe closedir(stream) }

    /// Goes on to the next entry; false at the end.
    public mutating func next() throws(FileError) -> Bool {
        while true {
            errno = 0
            guard let found = unsafe readdir(stream) else {
                unsafe entry = nil
                let reason = Errno(rawValue: errno)
                if reason.rawValue != 0 { throw FileError(.list, path, reason) }
                return false
            }
            unsafe entry = found
            let name = unsafe nameBytes
            let isSelf = unsafe name.count == 1 && name[0] == 0x2e
            let isParent = unsafe name.count == 2 && name[0] == 0x2e && name[1] == 0x2e
            if !isSelf && !isParent { return true }
        }
    }

    /// The name of the entry, valid until ``next()`` is called; empty when there is no entry.
    @unsafe
    public var nameBytes: UnsafeBufferPointer<UInt8> {
        guard let entry = unsafe entry, let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
            return unsafe UnsafeBufferPointer(start: nil, count: 0)
        }
        let start = unsafe UnsafeRawPointer(entry) + offset
        let name = unsafe start.assumingMemoryBound(to: CChar.self)
        return unsafe UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: strlen(name))
    }

    /// The name of the entry.
    public func withName<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        let name = unsafe nameBytes
        return try body(unsafe name.span)
    }

    /// A copy of the name of the entry.
    public var name: [UInt8] { unsafe Array(nameBytes) }

    /// The inode number that the directory has for the entry.
    public var inode: UInt64 { unsafe entry.map { unsafe UInt64($0.pointee.d_ino) } ?? 0 }

    /// The kind of the entry, looked up where the file system does not tell; nil when it has gone meanwhile.
    public func kind() throws(FileError) -> FileKind? {
        guard let entry = unsafe entry else { return nil }
        switch unsafe Int(entry.pointee.d_type) {
        case Int(DT_REG): return .regular
        case Int(DT_DIR): return .directory
        case Int(DT_LNK): return .symlink
        case Int(DT_UNKNOWN): break
        default: return .other
        }
        var info = Glibc.stat()
        let name = unsafe UnsafeRawPointer(nameBytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        guard let name = unsafe name else { return nil }
        if unsafe fstatat(dirfd(stream), name, &info, AT_SYMLINK_NOFOLLOW) == 0 { return FileKind(mode: info.st_mode) }
        let reason = Errno(rawValue: errno)
        if reason == .noSuchFileOrDirectory { return nil }
        throw FileError(.stat, path, reason)
    }
}
