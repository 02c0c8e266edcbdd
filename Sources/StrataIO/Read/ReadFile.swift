import Glibc
public import SystemPackage

/// Opens an existing file for reading, close-on-exec and without waiting for a FIFO's writer; nil when it is absent
/// (`ENOENT`, `ENOTDIR`). The caller closes it.
public func openForReading(
    _ path: FilePath, followingSymlinks: Bool = true
) throws(FileError) -> FileDescriptor? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followingSymlinks ? 0 : O_NOFOLLOW)
    do {
        let raw = try Disk.change(.open, path) {
            Int(unsafe path.withPlatformString { unsafe open($0, flags) })
        }
        return FileDescriptor(rawValue: CInt(raw))
    } catch {
        if error.isAbsence { return nil }
        throw error
    }
}

/// The whole contents of a file, nil when it is absent (`ENOENT`, `ENOTDIR`). A directory is `EISDIR`, a file of more
/// than `limit` bytes is `EFBIG`.
public func readFile(_ path: FilePath, limit: Int = .max) throws(FileError) -> [UInt8]? {
    guard let fd = try openForReading(path) else { return nil }
    defer { Glibc.close(fd.rawValue) }
    return try readAll(fd, at: path, limit: limit)
}

/// Everything from the descriptor's position to the end. `path` is for the message.
public func readAll(_ fd: FileDescriptor, at path: FilePath, limit: Int = .max) throws(FileError) -> [UInt8] {
    var result: [UInt8] = []
    var chunk = 2048
    while true {
        let got = try unsafe withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 16) {
            (buffer) throws(FileError) -> Int in
            let count = try Disk.change(.read, path) { unsafe read(fd.rawValue, buffer.baseAddress, buffer.count) }
            if count > limit - result.count { throw FileError(.read, path, .fileTooLarge) }
            unsafe result.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return count
        }
        if got == 0 { return result }
        if got == chunk { chunk = 1 << 18 }
    }
}

/// Fills `buffer` from `offset` of the file; the number of bytes read is less only at the end of the file.
@unsafe
public func readBytes(
    _ fd: FileDescriptor, at path: FilePath, offset: Int, into buffer: UnsafeMutableRawBufferPointer
) throws(FileError) -> Int {
    var done = 0
    while let base = buffer.baseAddress, done < buffer.count {
        let got = try Disk.change(.read, path) {
            unsafe pread(fd.rawValue, base + done, buffer.count - done, offset + done)
        }
        if got == 0 { break }
        done += got
    }
    return done
}

/// Up to `count` bytes from `offset` of the file, fewer only at its end.
public func readBytes(
    _ fd: FileDescriptor, at path: FilePath, offset: Int, count: Int
) throws(FileError) -> [UInt8] {
    try unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) {
        (buffer) throws(FileError) -> [UInt8] in
        let got = try unsafe readBytes(fd, at: path, offset: offset, into: buffer)
        return unsafe Array(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
    }
}

/// The text of a symbolic link, nil when nothing is there. Anything but a symbolic link is `EINVAL`.
public func readLink(_ path: FilePath) throws(FileError) -> [UInt8]? {
    var capacity = 256
    while true {
        var bytes: [UInt8] = []
        let count = try unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) {
            (buffer) throws(FileError) -> Int? in
            let result = Disk.attempt {
                unsafe path.withPlatformString {
                    unsafe readlink($0, buffer.bindMemory(to: CChar.self).baseAddress!, capacity)
                }
            }
            switch result {
            case .success(let count):
                unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return count
            case .failure(.noSuchFileOrDirectory), .failure(.notDirectory): return nil
            case .failure(let errno): throw FileError(.readLink, path, errno)
            }
        }
        guard let count else { return nil }
        if count < capacity { return bytes }
        capacity *= 2
    }
}
