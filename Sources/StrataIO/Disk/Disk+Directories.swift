import Glibc
public import SystemPackage

extension Disk {
    /// Makes one directory with 0777 less the umask, adjusted by `sharing`.
    public static func mkdir(_ path: FilePath, sharing: FileSharing = .umask) throws(FileError) {
        try change(.makeDirectory, path) { call(path) { unsafe Glibc.mkdir($0, 0o777) } }
        guard sharing != .umask, let now = try FileStat.lstat(path) else { return }
        if let mode = sharing.adjusted(now.permissions, isDirectory: true) { try chmod(path, mode) }
    }

    /// Makes a directory and those missing above it. It is no error when it exists, also as a symbolic link to a
    /// directory. A racing removal of a directory above is met by starting again, a few times.
    public static func makeDirectories(_ path: FilePath, sharing: FileSharing = .umask) throws(FileError) {
        var tries = 0
        while true {
            do {
                return try mkdir(path, sharing: sharing)
            } catch {
                switch error.errno {
                case .fileExists:
                    if try FileStat.stat(path)?.kind == .directory { return }
                    throw error
                case .noSuchFileOrDirectory where tries < 3:
                    let parent = path.removingLastComponent()
                    guard !parent.isEmpty, parent != path else { throw error }
                    try makeDirectories(parent, sharing: sharing)
                    tries += 1
                default: throw error
                }
            }
        }
    }

    /// Removes an empty directory.
    public static func rmdir(_ path: FilePath) throws(FileError) {
        try change(.removeDirectory, path) { call(path) { unsafe Glibc.rmdir($0) } }
    }

    /// Removes a directory if it is there and empty; false when it was not.
    @discardableResult
    public static func rmdirIfEmpty(_ path: FilePath) throws(FileError) -> Bool {
        do {
            try rmdir(path)
            return true
        } catch {
            if error.isAbsence || error.errno == .directoryNotEmpty || error.errno == .fileExists { return false }
            throw error
        }
    }

    /// Makes the directory entries of `paths` durable, each directory once. Directories that have gone are passed over: what led to them was
    /// removed, and nothing of theirs can last.
    package static func syncDirectories(of paths: [FilePath]) throws(FileError) {
        try syncDirectories(paths.map { $0.removingLastComponent() })
    }

    /// Makes the entries of directories durable, of each once. Those that have gone are passed over.
    package static func syncDirectories(_ paths: [FilePath]) throws(FileError) {
        var seen: Set<FilePath> = []
        for path in paths where seen.insert(path).inserted {
            do throws(FileError) {
                try syncDirectory(path)
            } catch {
                if error.errno != .noSuchFileOrDirectory { throw error }
            }
        }
    }

    /// Makes the entries of a directory durable: opens it and calls `fsync`.
    public static func syncDirectory(_ path: FilePath) throws(FileError) {
        let name = path.isEmpty ? FilePath(".") : path
        try change(.syncDirectory, name) {
            let fd = unsafe name.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            if fd < 0 { return -1 }
            let result = fsync(fd)
            let reason = errno
            Glibc.close(fd)
            errno = reason
            return Int(result)
        }
    }
}
