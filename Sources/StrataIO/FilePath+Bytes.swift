import Glibc
public import SystemPackage

/// Paths by their bytes: names on disk need not be UTF-8.
extension FilePath {
    /// The path that `bytes` write, up to the first NUL.
    public init(bytes: some Sequence<UInt8>) {
        var text = bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
        text.append(0)
        self.init(platformString: text)
    }

    /// This path, a slash, and `name`, which may itself have several components.
    public func appending(bytes name: some Sequence<UInt8>) -> FilePath {
        FilePath(bytes: bytes + [UInt8(ascii: "/")] + name)
    }

    /// The path's bytes.
    public var bytes: [UInt8] {
        unsafe withPlatformString { unsafe [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
}
