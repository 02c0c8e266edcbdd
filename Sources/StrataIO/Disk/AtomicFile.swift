import Glibc
public import SystemPackage

/// A file written beside the one that it is to replace. Readers see the old file or the new one.
///
/// Dropped without ``commit(_:)``, it removes what it wrote. For one thread at a time. It takes no lock.
public final class AtomicFile {
    public let path: FilePath
    public let sink: FileSink
    private var isOpen = true

    /// Opens a new file `<path>.<random>.tmp` in the directory of `path`.
    public init(replacing path: FilePath, sharing: FileSharing = .umask) throws(FileError) {
        self.path = path
        let temporary = path.sibling(suffix: ".\(randomHex()).tmp")
        sink = FileSink(try Disk.create(temporary, sharing: sharing), at: temporary)
    }

    deinit { discard() }

    /// Puts the new file in the place of the old. When it throws, the old file is there unchanged, unless it is syncing
    /// the directory that failed (``FileOperation/syncDirectory``): then the new one is.
    public func commit(_ durability: Durability) throws(FileError) {
        guard isOpen else { throw FileError(.rename, sink.path, to: path, .badFileDescriptor) }
        do {
            try sink.finish(durability)
            try Disk.rename(sink.path, to: path)
        } catch {
            discard()
            throw error
        }
        isOpen = false
        if durability == .full { try Disk.syncDirectory(path.removingLastComponent()) }
    }

    /// Gives the new file up.
    public func discard() {
        guard isOpen else { return }
        isOpen = false
        _ = try? Disk.unlinkIfPresent(sink.path)
    }
}

extension Disk {
    /// Replaces the contents of `path`, which need not exist, in one step: a temporary file beside it, renamed.
    public static func replace(
        _ path: FilePath, with bytes: Span<UInt8>, durability: Durability, sharing: FileSharing = .umask
    ) throws(FileError) {
        let file = try AtomicFile(replacing: path, sharing: sharing)
        try file.sink.write(bytes)
        try file.commit(durability)
    }

    /// Replaces the contents of `path`, which need not exist, in one step.
    public static func replace(
        _ path: FilePath, with bytes: [UInt8], durability: Durability, sharing: FileSharing = .umask
    ) throws(FileError) {
        try replace(path, with: bytes.span, durability: durability, sharing: sharing)
    }
}

extension FilePath {
    /// The path with `suffix` added to its last component.
    package func sibling(suffix: String) -> FilePath { FilePath(bytes: bytes + suffix.utf8) }
}

/// 16 hexadecimal digits that nobody else has.
package func randomHex() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
