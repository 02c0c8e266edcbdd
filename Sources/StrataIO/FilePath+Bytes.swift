import Glibc
public import SystemPackage

/// Paths by their bytes: names on disk need not be UTF-8.
extension FilePath {
    /// The path that `bytes` write, up to the first NUL.
    public init(bytes: [UInt8]) {
        self = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
            for index in bytes.indices { unsafe text[index] = CChar(bitPattern: bytes[index]) }
            unsafe text[bytes.count] = 0
            guard let base = text.baseAddress else { return FilePath() }
            return unsafe FilePath(platformString: base)
        }
    }

    /// The path that `bytes` write, up to the first NUL.
    @inlinable
    public init(bytes: some Sequence<UInt8>) { self.init(bytes: Array(bytes)) }

    /// This path, a slash, and `name`, which may itself have several components.
    @inlinable
    public func appending(bytes name: some Sequence<UInt8>) -> FilePath {
        FilePath(bytes: bytes + [UInt8(ascii: "/")] + name)
    }

    /// The path from the root, where it is one from the working directory.
    package var fromRoot: FilePath {
        if isAbsolute { return self }
        var buffer = [CChar](repeating: 0, count: 4096)
        guard unsafe getcwd(&buffer, buffer.count) != nil else { return self }
        return FilePath(platformString: buffer).pushing(self)
    }

    /// The path's bytes.
    public var bytes: [UInt8] {
        unsafe withPlatformString { unsafe [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
}
