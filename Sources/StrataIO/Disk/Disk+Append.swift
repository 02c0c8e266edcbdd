import Glibc
public import SystemPackage

extension Disk {
    /// Opens a file for writing at its end (`O_APPEND`); nil when it is absent (`ENOENT`, `ENOTDIR`) and not `creating`. A FIFO that
    /// nobody reads is `ENXIO`: nothing waits here.
    public static func openForAppending(
        _ path: FilePath, creating: Bool = false, sharing: FileSharing = .umask
    ) throws(FileError) -> FileDescriptor? {
        do {
            let raw = try change(.open, path) {
                Int(
                    unsafe path.withPlatformString {
                        unsafe open($0, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                    })
            }
            return FileDescriptor(rawValue: CInt(raw))
        } catch {
            if !error.isAbsence { throw error }
            if !creating { return nil }
        }
        let raw = try change(.create, path) {
            Int(
                unsafe path.withPlatformString {
                    unsafe open($0, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o666)
                })
        }
        let fd = FileDescriptor(rawValue: CInt(raw))
        guard sharing != .umask else { return fd }
        do {
            try share(fd, at: path, sharing)
        } catch {
            try? fd.close()
            throw error
        }
        return fd
    }

    /// Appends bytes to a file, as git does to a reflog; false when it is absent and not `creating`.
    ///
    /// Whole or not at all, short of a crash: when writing or syncing fails, the file is cut to the length it had (one that was made
    /// stays, empty). When closing it or syncing its directory fails, the bytes are there. Whoever appends
    /// holds the lock that protects the file. Synced when `durability` is at least `data`; with `full`, so is the
    /// directory of a file that was made.
    @discardableResult
    public static func append(
        _ bytes: Span<UInt8>, to path: FilePath, creating: Bool = false, durability: Durability = .none,
        sharing: FileSharing = .umask
    ) throws(FileError) -> Bool {
        guard let fd = try openForAppending(path, creating: creating, sharing: sharing) else { return false }
        let length: Int64
        do {
            length = try FileStat.fstat(fd, at: path).size
        } catch {
            try? fd.close()
            throw error
        }
        do {
            try write(bytes, to: fd, at: path)
            if durability >= .data { try sync(fd, at: path) }
        } catch {
            _ = try? truncate(fd, to: Int(length), at: path)
            try? fd.close()
            throw error
        }
        try close(fd, at: path)
        if durability == .full && length == 0 { try syncDirectory(path.removingLastComponent()) }
        return true
    }

    /// Appends bytes to a file; false when it is absent and not `creating`.
    @discardableResult
    public static func append(
        _ bytes: [UInt8], to path: FilePath, creating: Bool = false, durability: Durability = .none,
        sharing: FileSharing = .umask
    ) throws(FileError) -> Bool {
        try append(bytes.span, to: path, creating: creating, durability: durability, sharing: sharing)
    }
}
