import StrataIO
public import StrataModel
public import SystemPackage

/// The bytes of an open file, from its position on, as the contents of an object. For one thread at a time.
///
/// Whoever made it closes the file. One that turns out to be shorter than was said gives an error; what comes behind the size is not read.
public final class DescriptorObjectStream: ObjectStream {
    public let kind: ObjectKind
    public let size: UInt64
    private let descriptor: FileDescriptor
    private let path: FilePath
    private var left: UInt64

    /// - Parameter path: for messages.
    public init(_ descriptor: FileDescriptor, at path: FilePath, kind: ObjectKind = .blob, size: UInt64) {
        self.descriptor = descriptor
        self.path = path
        self.kind = kind
        self.size = size
        left = size
    }

    private static let pieceSize = 256 << 10

    public func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool {
        guard left > 0 else { return false }
        let count = Int(min(left, UInt64(Self.pieceSize)))
        var failure: Errno?
        chunk = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            let room = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            do {
                filled = try unsafe descriptor.read(into: room)
            } catch {
                failure = error as? Errno ?? .ioError
            }
        }
        if let failure { throw .unavailable(FileError(.read, path, failure)) }
        guard !chunk.isEmpty else {
            throw ObjectError(.refused, file: path.string, "file was cut short while it was read")
        }
        left -= UInt64(chunk.count)
        return true
    }
}
