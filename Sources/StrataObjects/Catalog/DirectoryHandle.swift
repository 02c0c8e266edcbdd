import Glibc
import StrataIO
import StrataModel
import Synchronization
import SystemPackage

/// An object directory that is open, so that what lies in it is looked up by its own name: the kernel does not walk the whole path each time.
///
/// It stays the directory that it was when another takes its place: who asks sees by the path of its packs, after that, whether it is still there.
/// A process has only so many open at one time: they are a convenience, and descriptors may be scarce.
final class DirectoryHandle: Sendable {
    private let descriptor: Int32
    /// The directory `info` in it, and how it looked; nil where it may not be there, be a link, or hold something as `alternates`.
    private let info: (descriptor: Int32, stamp: StatStamp)?

    /// Each may hold two open.
    private static let most = 64
    private static let count = Atomic<Int>(0)

    /// Opens the directory at `path`; nil when there is none to spare, or when what it has as `pack` is not the directory of which `pack` is the
    /// stamp, but a link, or nothing: then the packs would not show that another directory has taken its place.
    init?(_ path: BytePath, pack: StatStamp) {
        guard Self.count.wrappingAdd(1, ordering: .relaxed).newValue <= Self.most else {
            Self.count.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
        descriptor = unsafe open(path.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        info = Self.info(in: descriptor)
        var found = stat()
        guard descriptor >= 0, unsafe fstatat(descriptor, "pack", &found, AT_SYMLINK_NOFOLLOW) == 0,
            found.st_mode & S_IFMT == S_IFDIR, UInt64(found.st_ino) == pack.inode, UInt64(found.st_dev) == pack.device
        else { return nil }
    }

    private static func info(in directory: Int32) -> (Int32, StatStamp)? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let opened = directory < 0 ? -1 : unsafe openat(directory, "info", flags)
        if opened < 0 { return nil }
        var found = stat()
        // After the stamp. A link that leads nowhere yet may lead somewhere without a change here.
        guard let stamp = try? StatStamp.of(FileDescriptor(rawValue: opened), at: "info"),
            unsafe fstatat(opened, "alternates", &found, AT_SYMLINK_NOFOLLOW) != 0, errno == ENOENT
        else {
            close(opened)
            return nil
        }
        return (opened, stamp)
    }

    deinit {
        if let info { close(info.descriptor) }
        if descriptor >= 0 { close(descriptor) }
        Self.count.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Whether there is something at `name`, which ends with a NUL; nil when the kernel says neither.
    func contains(_ name: Span<CChar>) -> Bool? {
        while true {
            let result = unsafe name.withUnsafeBufferPointer { name in
                unsafe name.baseAddress.map { unsafe faccessat(descriptor, $0, F_OK, 0) } ?? -1
            }
            if result == 0 { return true }
            switch errno {
            case EINTR: continue
            case ENOENT, ENOTDIR: return false
            default: return nil
            }
        }
    }

    /// Whether nothing has come to `info`, or gone from there, since the directory was opened. Where it changed just before, that cannot be told.
    var provesInfoUnchanged: Bool {
        info.map { $0.stamp.isStill(FileDescriptor(rawValue: $0.descriptor)) } ?? false
    }

    /// How the directory of the loose objects whose first byte is `byte` looks now; nil when the kernel does not say.
    func shardStamp(_ byte: UInt8) -> StatStamp? {
        let (high, low) = (LooseShards.digit(byte >> 4), LooseShards.digit(byte & 15))
        let name: [3 of CChar] = [CChar(bitPattern: high), CChar(bitPattern: low), 0]
        return try? StatStamp.of(name.span, in: FileDescriptor(rawValue: descriptor))
    }
}
