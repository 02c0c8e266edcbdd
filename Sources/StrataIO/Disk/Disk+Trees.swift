import CStrataIO
import Glibc
public import SystemPackage

extension Disk {
    /// Removes a file, or a directory with all that is in it; nothing when there is none. Symbolic links are removed, not followed. Each removal
    /// is a call of its own: an end in between leaves a part of the tree.
    public static func removeTree(_ path: FilePath) throws(FileError) {
        guard let kind = try FileStat.lstat(path)?.kind else { return }
        guard kind == .directory else {
            try unlinkIfPresent(path)
            return
        }
        // The names first: what is removed while a directory is read may hide others from the reader.
        var entries: [(path: FilePath, isDirectory: Bool)] = []
        if var reader = try DirectoryReader(path) {
            while try reader.next() {
                entries.append((path.appending(bytes: reader.name), try reader.kind() == .directory))
            }
        }
        for entry in entries {
            if entry.isDirectory { try removeTree(entry.path) } else { try unlinkIfPresent(entry.path) }
        }
        try rmdir(path)
    }

    /// Makes everything last that was changed on the file system that the directory `path` is on: one call, however many files there are.
    public static func syncFileSystem(of path: FilePath) throws(FileError) {
        try change(.syncDirectory, path) {
            let fd = unsafe path.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            if fd < 0 { return -1 }
            let result = strata_sync_filesystem(fd)
            let reason = errno
            Glibc.close(fd)
            errno = reason
            return Int(result)
        }
    }
}
