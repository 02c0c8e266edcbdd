#if canImport(Glibc)
    import Glibc
#endif

/// The few reading system calls that opening a repository needs, on paths as bytes.
enum FileAccess {
    /// What reading a whole file gave.
    enum Contents {
        case bytes([UInt8])
        case failed(Int32)
        case tooLarge
    }

    struct Status {
        let mode: UInt32
        let owner: UInt32
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let modified: Int64

        var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
        var isRegular: Bool { mode & S_IFMT == S_IFREG }
        var isLink: Bool { mode & S_IFMT == S_IFLNK }
    }

    enum StatusResult {
        case status(Status)
        case failed(Int32)
    }

    /// Calls `body` with `path` as a C string; a path with a NUL byte names nothing.
    private static func withCString(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Int) -> (Int, errno: Int32) {
        guard !path.contains(0) else { return (-1, ENOENT) }
        return unsafe (path + [0]).withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return (-1, ENOENT) }
            let result = unsafe body(base.assumingMemoryBound(to: CChar.self))
            return (result, errno)
        }
    }

    /// The whole of the file at `path`, up to `limit` bytes.
    static func readFile(_ path: [UInt8], limit: Int) -> Contents {
        let (opened, openErrno) = unsafe withCString(path) { unsafe Int(open($0, O_RDONLY | O_CLOEXEC)) }
        guard opened >= 0 else { return .failed(openErrno) }
        let descriptor = Int32(opened)
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return .failed(errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { return .failed(EISDIR) }
        guard status.st_size <= limit else { return .tooLarge }
        var bytes: [UInt8] = []
        // One more than the size, so that the end is seen at once; the size is a hint only (pipes, files that grow).
        var room = max(Int(status.st_size) + 1, 512)
        while true {
            var failure: Int32 = 0
            let before = bytes.count
            bytes.append(addingCapacity: room) { output in
                unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                    let got = unsafe read(descriptor, buffer.baseAddress, room)
                    if got < 0 { failure = errno } else { count = got }
                }
            }
            if failure == EINTR { continue }
            if failure != 0 { return .failed(failure) }
            // A regular file gives less than was asked for only at its end.
            let isShort = status.st_mode & S_IFMT == S_IFREG && bytes.count - before < room
            if isShort || bytes.count == before { return bytes.count > limit ? .tooLarge : .bytes(bytes) }
            if bytes.count > limit { return .tooLarge }
            room = max(room - (bytes.count - before), 4096)
        }
    }

    /// At most `count` bytes from the beginning of the file at `path`.
    static func readPrefix(_ path: [UInt8], count: Int) -> [UInt8]? {
        let (opened, _) = unsafe withCString(path) { unsafe Int(open($0, O_RDONLY | O_CLOEXEC)) }
        guard opened >= 0 else { return nil }
        defer { close(Int32(opened)) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe bytes.withUnsafeMutableBytes { buffer in
            var got = 0
            while got < count {
                let n = unsafe read(Int32(opened), buffer.baseAddress.map { unsafe $0 + got }, count - got)
                if n < 0, errno == EINTR { continue }
                if n < 0 { return -1 }
                if n == 0 { break }
                got += n
            }
            return got
        }
        return got < 0 ? nil : Array(bytes[..<got])
    }

    static func status(_ path: [UInt8], followingLinks: Bool = true) -> StatusResult {
        var result = stat()
        let (status, code) = unsafe withCString(path) {
            Int(followingLinks ? unsafe stat($0, &result) : unsafe lstat($0, &result))
        }
        guard status == 0 else { return .failed(code) }
        return .status(
            Status(
                mode: result.st_mode, owner: result.st_uid, device: UInt64(result.st_dev),
                inode: UInt64(result.st_ino), size: Int64(result.st_size), modified: Int64(result.st_mtim.tv_sec)))
    }

    /// Whether anything is at `path`, a dangling symbolic link too.
    static func exists(_ path: [UInt8]) -> Bool {
        if case .status = status(path, followingLinks: false) { true } else { false }
    }

    /// 0 when `path` can be accessed in `mode`, else the error number.
    static func access(_ path: [UInt8], _ mode: Int32) -> Int32 {
        let (result, code) = unsafe withCString(path) { unsafe Int(Glibc.access($0, mode)) }
        return result == 0 ? 0 : code
    }

    /// The target of a symbolic link.
    static func readLink(_ path: [UInt8]) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: 4096)
        let (count, _) = unsafe withCString(path) { cPath in
            unsafe target.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return -1 }
                return unsafe readlink(cPath, base.assumingMemoryBound(to: CChar.self), buffer.count)
            }
        }
        return count < 0 ? nil : Array(target[..<count])
    }

    /// The names in a directory but `.` and `..`, or the error number.
    static func list(_ path: [UInt8]) -> Result<[[UInt8]], ErrorNumber> {
        guard !path.contains(0) else { return .failure(ErrorNumber(code: ENOENT)) }
        let stream = unsafe (path + [0]).withUnsafeBytes { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe opendir($0.assumingMemoryBound(to: CChar.self)) }
        }
        guard let stream = unsafe stream else { return .failure(ErrorNumber(code: errno)) }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
        return .success(names)
    }

    struct ErrorNumber: Error { let code: Int32 }

    /// The process's working directory.
    static func currentDirectory() -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 16384)
        let count = buffer.count
        guard unsafe buffer.withUnsafeMutableBufferPointer({ unsafe getcwd($0.baseAddress, count) }) != nil else {
            return nil
        }
        return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    /// The C library's words for an error number.
    static func describe(_ code: Int32) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = buffer.count
        let text = unsafe buffer.withUnsafeMutableBufferPointer { pointer -> [UInt8] in
            guard let base = pointer.baseAddress else { return [] }
            guard unsafe strerror_r(code, base, count) == 0 else { return [] }
            return unsafe pointer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        }
        return text.isEmpty ? Array("Unknown error \(code)".utf8) : text
    }
}
