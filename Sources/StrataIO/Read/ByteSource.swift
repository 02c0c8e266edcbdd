import Glibc
public import SystemPackage

/// Bytes that come one after the other and only once: a pipe, a socket, a file. For one thread at a time.
public protocol ByteSource: AnyObject {
    /// What the source is called in messages.
    var name: FilePath { get }

    /// Waits for bytes and puts them at the start of `buffer`, which has room for some.
    ///
    /// - Returns: how many, at least one; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int

    /// Whether the source is a file, which ends: nothing else is expected behind what is read of it.
    var endsWithFile: Bool { get }
}

extension ByteSource {
    public var endsWithFile: Bool { false }
}

/// The bytes of an open file from its position on. The caller closes it.
public final class DescriptorSource: ByteSource {
    public let name: FilePath
    private let descriptor: FileDescriptor

    public init(_ descriptor: FileDescriptor, name: FilePath) {
        self.descriptor = descriptor
        self.name = name
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let result = Disk.attempt { unsafe Glibc.read(descriptor.rawValue, buffer.baseAddress, buffer.count) }
        switch result {
        case .success(let count): return count
        case .failure(let errno): throw FileError(.read, name, errno)
        }
    }

    /// Whether it is a regular file, and not a pipe or a terminal.
    public var endsWithFile: Bool { (try? FileStat.fstat(descriptor, at: name))?.kind == .regular }
}

/// Bytes in memory, handed out in pieces.
public final class MemorySource: ByteSource {
    public let name: FilePath
    private let bytes: [UInt8]
    private let pieceSize: Int
    private var place = 0

    public init(_ bytes: [UInt8], name: FilePath = "memory", pieceSize: Int = .max) {
        self.bytes = bytes
        self.name = name
        self.pieceSize = max(pieceSize, 1)
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - place, pieceSize)
        unsafe bytes.withUnsafeBytes { from in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[place..<place + count]))
        }
        place += count
        return count
    }
}

/// Some bytes, and behind them those of another source.
public final class PrefixedSource: ByteSource {
    private let prefix: MemorySource
    private let rest: any ByteSource
    public var name: FilePath { rest.name }
    public var endsWithFile: Bool { rest.endsWithFile }

    public init(_ prefix: [UInt8], before rest: any ByteSource) {
        self.prefix = MemorySource(prefix)
        self.rest = rest
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let count = unsafe prefix.read(into: buffer)
        return count > 0 ? count : unsafe try rest.read(into: buffer)
    }
}
