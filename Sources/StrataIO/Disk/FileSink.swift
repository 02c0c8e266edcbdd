import CStrataIO
public import SystemPackage

/// Writes a file through a buffer. For one thread at a time.
///
/// Bytes reach the file when the buffer is full and at ``finish(_:)``. A sink that is dropped before that closes the
/// file and leaves it as it is.
@safe
public final class FileSink {
    public let path: FilePath
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    private var descriptor: FileDescriptor?
    /// The number of bytes written to the sink so far.
    public private(set) var count = 0

    /// Whether large pieces begin to be written to the device at once: for a new file that will be synced, which then has less to wait for.
    package var startsWriteOut = false
    private static let pieceSize = 4 << 20

    /// Whether ``finish(_:)`` has been called.
    public var isClosed: Bool { descriptor == nil }

    /// Takes over the descriptor: the sink closes it.
    public init(_ descriptor: FileDescriptor, at path: FilePath, bufferSize: Int = 128 * 1024) {
        self.descriptor = descriptor
        self.path = path
        unsafe buffer = .allocate(byteCount: max(bufferSize, 4096), alignment: 4096)
    }

    deinit {
        unsafe buffer.deallocate()
        try? descriptor?.close()
    }

    @unsafe
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        count += bytes.count
        if unsafe bytes.count > buffer.count - used {
            try flush()
            if unsafe bytes.count >= buffer.count { return try unsafe writeThrough(bytes) }
        }
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(from: bytes)
        used += bytes.count
    }

    /// Past the buffer, which is empty; they are counted already.
    private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let file = try open()
        guard startsWriteOut else { return try unsafe Disk.write(bytes, to: file, at: path) }
        let start = count - bytes.count
        var done = 0
        while done < bytes.count {
            let next = min(done + Self.pieceSize, bytes.count)
            try unsafe Disk.write(UnsafeRawBufferPointer(rebasing: bytes[done..<next]), to: file, at: path)
            strata_start_write_out(file.rawValue, Int64(start + done), Int64(next - done))
            done = next
        }
    }

    public func write(_ bytes: Span<UInt8>) throws(FileError) {
        try unsafe bytes.withUnsafeBytes { (raw) throws(FileError) in try unsafe write(raw) }
    }

    public func write(_ bytes: [UInt8]) throws(FileError) { try write(bytes.span) }

    public func write(_ text: StaticString) throws(FileError) {
        try unsafe write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends `length` bytes of another file, copied in the kernel where it can.
    public func copy(from source: FileDescriptor, offset: Int, length: Int) throws(FileError) {
        try flush()
        try Disk.copyRange(from: source, offset: offset, count: length, to: open(), at: path)
        count += length
    }

    /// Hands all bytes to the kernel.
    public func flush() throws(FileError) {
        guard used > 0 else { return }
        let full = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<used])
        try unsafe Disk.write(full, to: open(), at: path)
        used = 0
    }

    /// Flushes, syncs when `durability` asks for it, and closes. After this, or when it throws, the sink is closed.
    public func finish(_ durability: Durability = .none) throws(FileError) {
        let fd = try open()
        do {
            try flush()
            if durability >= .data { try Disk.sync(fd, at: path) }
        } catch {
            descriptor = nil
            try? fd.close()
            throw error
        }
        descriptor = nil
        try Disk.close(fd, at: path)
    }

    private func open() throws(FileError) -> FileDescriptor {
        guard let descriptor else { throw FileError(.write, path, .badFileDescriptor) }
        return descriptor
    }
}
