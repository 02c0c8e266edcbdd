import CStrataIO
import Glibc
public import SystemPackage

/// A regular file's contents as they were when it was opened, mapped read-only or, when small, read.
///
/// The bytes stay where they are for as long as the object lives, also when the file is replaced or removed. When the
/// file itself is cut short by someone, the lost pages read as zero and ``isPoisoned`` becomes true for good: whoever
/// works on the bytes asks at the end of each operation and throws the result away.
///
/// Sendable because every stored property is constant, the memory is only read until deinit, which runs when nobody
/// holds the object any more, and the poison flag is atomic.
@safe
public final class MappedFile: @unchecked Sendable {
    /// How the bytes come into memory.
    public enum Mode: Sendable {
        /// Read up to 32 KiB, map above.
        case automatic
        /// Read whole: no SIGBUS, and a file changed in place later does not change here.
        case read
        /// Map, however small.
        case map
    }

    /// Files up to this many bytes are read rather than mapped.
    public static let readLimit = 32 * 1024

    public let path: FilePath
    /// The stamp of the descriptor that the bytes came from, taken before they were.
    public let stamp: StatStamp
    public let count: Int
    /// The first of `count` bytes. Never null; not to be read when `count` is 0.
    @unsafe public let base: UnsafeRawPointer

    @safe
    private enum Storage {
        case allocated
        /// The registration with the SIGBUS handler.
        case mapped(OpaquePointer)
    }
    private let storage: Storage

    /// Whether the file is mapped: then nobody else gets its inode number as long as the object lives.
    package var isMapped: Bool { if case .mapped = storage { true } else { false } }

    /// Opens a file; nil when it is absent (`ENOENT`, `ENOTDIR`). A directory is `EISDIR`, anything else that is no
    /// regular file is `EINVAL`, more than `limit` bytes are `EFBIG`.
    public convenience init?(
        _ path: FilePath, mode: Mode = .automatic, limit: Int = .max
    ) throws(FileError) {
        guard let fd = try openForReading(path) else { return nil }
        defer { Glibc.close(fd.rawValue) }
        try self.init(fd, at: path, mode: mode, limit: limit)
    }

    /// Takes the contents of an open file, which the caller closes.
    public init(
        _ fd: FileDescriptor, at path: FilePath, mode: Mode = .automatic, limit: Int = .max
    ) throws(FileError) {
        let now = realtimeNanoseconds()
        let file = try FileStat.fstat(fd, at: path)
        switch file.kind {
        case .regular: break
        case .directory: throw FileError(.map, path, .isDirectory)
        default: throw FileError(.map, path, .invalidArgument)
        }
        guard file.size <= Int64(limit), let size = Int(exactly: file.size) else {
            throw FileError(.map, path, .fileTooLarge)
        }
        self.path = path
        stamp = StatStamp(file, takenAt: now)
        let mapping = size > 0 && mode != .read && (mode == .map || size > MappedFile.readLimit)
        if mapping {
            guard let start = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, fd.rawValue, 0), unsafe start != MAP_FAILED
            else { throw FileError(.map, path, Errno(rawValue: errno)) }
            guard let range = unsafe strata_range_register(start, size) else {
                let reason = Errno(rawValue: errno)
                unsafe munmap(start, size)
                throw FileError(.map, path, reason)
            }
            unsafe storage = .mapped(range)
            unsafe base = UnsafeRawPointer(start)
            count = size
        } else {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
            do {
                // A file that has become shorter since the stat is taken as long as it is now.
                count = try unsafe readBytes(
                    fd, at: path, offset: 0, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]))
            } catch {
                unsafe buffer.deallocate()
                throw error
            }
            storage = .allocated
            unsafe base = UnsafeRawPointer(buffer.baseAddress!)
        }
    }

    deinit {
        switch storage {
        case .allocated: unsafe base.deallocate()
        case .mapped(let range):
            // Out of the table first: the addresses may belong to another mapping right after munmap.
            unsafe strata_range_unregister(range)
            unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
        }
    }

    /// Whether bytes have read as zero because the file was cut short, or could not be read, under the mapping.
    public var isPoisoned: Bool {
        if case .mapped(let range) = storage { return unsafe strata_range_is_poisoned(range) != 0 }
        return false
    }

    /// All bytes.
    @unsafe
    public var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    /// Runs `body` on all bytes.
    public func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        let typed = unsafe UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: count)
        defer { withExtendedLifetime(self) {} }
        return try body(unsafe typed.span)
    }
}
