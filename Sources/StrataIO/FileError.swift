public import SystemPackage

/// What was being done to a file when it failed. The raw value is the verb of the message.
public enum FileOperation: String, Sendable, Hashable, CaseIterable {
    // Reading.
    case open, read, stat, list, map, lock
    case readLink = "read link"
    // Changes to disk.
    case create, write, sync, close, rename, exchange, link, unlink, symlink, truncate
    case makeDirectory = "create directory"
    case removeDirectory = "remove directory"
    case syncDirectory = "sync directory"
    case changeMode = "change mode of"
    case setTimes = "set times of"
    case writeOut = "write out"

    /// Whether the operation changes what is on disk.
    public var isChange: Bool {
        switch self {
        case .open, .read, .stat, .list, .map, .lock, .readLink: false
        default: true
        }
    }
}

/// A system call on a file that failed: which one, on which path, and why. One word wide.
public struct FileError: Error, Sendable {
    private final class Storage: Sendable {
        let operation: FileOperation
        let path: FilePath
        let target: FilePath?
        let errno: Errno

        init(_ operation: FileOperation, _ path: FilePath, _ target: FilePath?, _ errno: Errno) {
            self.operation = operation
            self.path = path
            self.target = target
            self.errno = errno
        }
    }

    private let storage: Storage

    @inline(never)
    public init(_ operation: FileOperation, _ path: FilePath, to target: FilePath? = nil, _ errno: Errno) {
        storage = Storage(operation, path, target, errno)
    }

    public var operation: FileOperation { storage.operation }
    public var path: FilePath { storage.path }
    /// The second path of a rename, an exchange, a link or a symlink.
    public var target: FilePath? { storage.target }
    public var errno: Errno { storage.errno }

    /// Whether the path, or a directory above it, does not exist: `ENOENT` or `ENOTDIR`.
    public var isAbsence: Bool { errno == .noSuchFileOrDirectory || errno == .notDirectory }
}

extension FileError: Equatable {
    public static func == (a: FileError, b: FileError) -> Bool {
        a.operation == b.operation && a.errno == b.errno && a.path == b.path && a.target == b.target
    }
}

extension FileError: CustomStringConvertible {
    /// For example `cannot rename 'a' to 'b': No such file or directory`.
    public var description: String {
        let second = target.map { " to '\($0.string)'" } ?? ""
        return "cannot \(operation.rawValue) '\(path.string)'\(second): \(errno.description)"
    }
}
