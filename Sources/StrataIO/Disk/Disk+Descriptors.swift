import CStrataIO
import Glibc
public import SystemPackage

extension Disk {
    /// Makes a file and opens it for writing (`O_WRONLY`, or `O_RDWR` with `readable`), at its end with `appending`.
    ///
    /// With `exclusive` an existing name of any kind, a dangling symbolic link too, is `EEXIST`; without it, an existing
    /// file is opened, and emptied when `truncating`. New files get `permissions` less the umask, adjusted by `sharing`.
    public static func create(
        _ path: FilePath, exclusive: Bool = true, truncating: Bool = false, readable: Bool = false,
        appending: Bool = false, permissions: FilePermissions = FilePermissions(rawValue: 0o666),
        sharing: FileSharing = .umask
    ) throws(FileError) -> FileDescriptor {
        let flags =
            O_CREAT | O_CLOEXEC | (readable ? O_RDWR : O_WRONLY) | (exclusive ? O_EXCL : 0)
            | (truncating ? O_TRUNC : 0) | (appending ? O_APPEND : 0)
        let raw = try change(.create, path) {
            Int(unsafe path.withPlatformString { unsafe Glibc.open($0, flags, permissions.rawValue) })
        }
        let fd = FileDescriptor(rawValue: CInt(raw))
        if sharing != .umask {
            do {
                try share(fd, at: path, sharing)
            } catch {
                try? fd.close()
                if exclusive { _ = try? unlink(path) }
                throw error
            }
        }
        return fd
    }

    /// Gives an open file the permissions that `sharing` asks for. `path` is for the message.
    public static func share(_ fd: FileDescriptor, at path: FilePath, _ sharing: FileSharing) throws(FileError) {
        if sharing == .umask { return }
        let now = try FileStat.fstat(fd, at: path)
        guard let mode = sharing.adjusted(now.permissions, isDirectory: now.kind == .directory) else { return }
        try change(.changeMode, path) { Int(fchmod(fd.rawValue, mode.rawValue)) }
    }

    /// The most that one call writes. The kernel takes bytes of a mapped file that are not in memory yet page by page, and gives the new file small pieces of
    /// memory for the whole rest of the call, which are slow to write out, too.
    private static let mostAtOnce = 1 << 20

    /// Writes all bytes at the descriptor's position (at the end for `O_APPEND`), going on after short writes.
    ///
    /// When it throws, some of the bytes may have been written. `path` is for the message.
    @unsafe
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to fd: FileDescriptor, at path: FilePath
    ) throws(FileError) {
        var rest = unsafe bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written: Int
            let count = min(rest.count, mostAtOnce)
            if DiskFaults.isArmed {
                written = try DiskFaults.run(.write, path, nil, byteCount: count) { limit in
                    attempt { unsafe Glibc.write(fd.rawValue, base, min(limit ?? .max, count)) }
                }
            } else {
                let result = attempt { unsafe Glibc.write(fd.rawValue, base, count) }
                switch result {
                case .success(let value): written = value
                case .failure(let errno): throw FileError(.write, path, errno)
                }
            }
            // A file system that takes nothing and reports nothing is full, as far as anyone can tell.
            if written == 0 { throw FileError(.write, path, .noSpace) }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Writes all bytes at the descriptor's position.
    public static func write(_ bytes: Span<UInt8>, to fd: FileDescriptor, at path: FilePath) throws(FileError) {
        try unsafe bytes.withUnsafeBytes { (raw) throws(FileError) in try unsafe write(raw, to: fd, at: path) }
    }

    /// Writes all bytes at the descriptor's position.
    public static func write(_ bytes: [UInt8], to fd: FileDescriptor, at path: FilePath) throws(FileError) {
        try write(bytes.span, to: fd, at: path)
    }

    /// Makes the contents of an open file durable (`fsync`, or `fdatasync` with `dataOnly`).
    public static func sync(_ fd: FileDescriptor, at path: FilePath, dataOnly: Bool = false) throws(FileError) {
        try change(.sync, path) { Int(dataOnly ? fdatasync(fd.rawValue) : fsync(fd.rawValue)) }
    }

    /// Hands the contents of an open file to the device and waits for it, without making the device keep them: that takes one ``sync(_:at:dataOnly:)`` of
    /// any file of the same file system afterwards. Where the kernel cannot, the file is synced.
    ///
    /// Git's function: `git_fsync` with `FSYNC_WRITEOUT_ONLY`.
    public static func writeOut(_ fd: FileDescriptor, at path: FilePath) throws(FileError) {
        do {
            try change(.writeOut, path) { Int(strata_write_out(fd.rawValue)) }
        } catch {
            switch error.errno {
            case .noFunction, .notSupported, .invalidArgument: try sync(fd, at: path)
            default: throw error
            }
        }
    }

    /// Closes a descriptor that was written to. The descriptor is gone even when this throws.
    public static func close(_ fd: FileDescriptor, at path: FilePath) throws(FileError) {
        // Linux frees the descriptor before it can be interrupted: closing it again could hit another thread's.
        do {
            try change(.close, path, retrying: false) { Int(Glibc.close(fd.rawValue)) }
        } catch {
            if DiskFaults.isArmed { _ = Glibc.close(fd.rawValue) }
            if error.errno != .interrupted { throw error }
        }
    }

    /// Cuts or extends an open file.
    public static func truncate(_ fd: FileDescriptor, to size: Int, at path: FilePath) throws(FileError) {
        try change(.truncate, path) { Int(ftruncate(fd.rawValue, size)) }
    }

    /// Appends `count` bytes of `source` from `offset` to `fd` at its position, in the kernel where it can, so that
    /// file systems which share blocks share them. A source that ends early is `EIO`.
    public static func copyRange(
        from source: FileDescriptor, offset: Int, count: Int, to fd: FileDescriptor, at path: FilePath
    ) throws(FileError) {
        var done = 0
        while done < count {
            let at = Int64(offset + done)
            let want = count - done
            let copied: Int
            do {
                copied = try change(.write, path) {
                    strata_copy_file_range(source.rawValue, at, fd.rawValue, want)
                }
            } catch {
                switch error.errno {
                case .improperLink, .invalidArgument, .noFunction, .notSupported, .badFileDescriptor, .notPermitted:
                    return try copyByHand(from: source, offset: offset + done, count: want, to: fd, at: path)
                default: throw error
                }
            }
            if copied == 0 { return try copyByHand(from: source, offset: offset + done, count: want, to: fd, at: path) }
            done += copied
        }
    }

    private static func copyByHand(
        from source: FileDescriptor, offset: Int, count: Int, to fd: FileDescriptor, at path: FilePath
    ) throws(FileError) {
        var done = 0
        while done < count {
            let moved = try unsafe withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) {
                (buffer) throws(FileError) -> Int in
                let want = min(buffer.count, count - done)
                let got = attempt { unsafe pread(source.rawValue, buffer.baseAddress, want, offset + done) }
                switch got {
                case .failure(let errno): throw FileError(.read, path, errno)
                case .success(0): throw FileError(.read, path, .ioError)
                case .success(let n):
                    try unsafe write(UnsafeRawBufferPointer(rebasing: buffer[..<n]), to: fd, at: path)
                    return n
                }
            }
            done += moved
        }
    }
}
