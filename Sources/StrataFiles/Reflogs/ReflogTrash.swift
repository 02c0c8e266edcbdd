import StrataIO
import StrataRefs
import SystemPackage

/// Deletes reflogs so that they can be brought back, without needing space, as long as their references are held: the deleted
/// files keep a name among the values being written, `strata/tmp`.
struct ReflogTrash: ~Copyable {
    private let directory: NamedDirectory
    private let locks: LockSpace
    private var kept: [(name: [UInt8], file: FilePath)] = []

    init(_ directory: NamedDirectory, _ locks: LockSpace) {
        self.directory = directory
        self.locks = locks
    }

    deinit { for log in kept { _ = try? Disk.unlinkIfPresent(log.file) } }

    /// Deletes the log of `name`, if there is one. The reference must be held by a recoverable lock, or else a sweep could
    /// remove what is kept.
    ///
    /// - Returns: false when it was left, as it cannot be kept.
    mutating func delete(_ name: [UInt8]) throws(FileError) -> Bool {
        let path = directory.path(name)
        let file = locks.temporaryPath()
        do throws(FileError) {
            // Not a rename: what stands there may be a directory with the logs of others.
            do throws(FileError) {
                try Disk.link(path, to: file)
            } catch {
                guard error.isAbsence, try FileStat.lstat(path) != nil else { throw error }
                try Disk.makeDirectories(file.removingLastComponent(), sharing: locks.sharing)
                try Disk.link(path, to: file)
            }
        } catch {
            do throws(FileError) { return try FileStat.lstat(path) == nil } catch { return false }
        }
        do throws(FileError) {
            try Disk.unlinkIfPresent(path)
        } catch {
            _ = try? Disk.unlinkIfPresent(file)
            throw error
        }
        kept.append((name, file))
        return true
    }

    /// Brings the deleted logs back.
    ///
    /// - Returns: what could not be, in words.
    mutating func restore() -> [String] {
        var failures: [String] = []
        while let (name, file) = kept.popLast() {
            do throws(FileError) {
                try putBack(file, name)
            } catch {
                failures.append("the reflog of '\(String(decoding: name, as: UTF8.self))' is lost: \(error)")
            }
        }
        return failures
    }

    private func putBack(_ file: FilePath, _ name: [UInt8]) throws(FileError) {
        let path = directory.path(name)
        do throws(FileError) {
            try Disk.rename(file, to: path)
        } catch {
            // The directories that led to it may have gone with it.
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            var made: [FilePath] = []
            try directory.makeLeading(to: name[...], adding: &made)
            try Disk.rename(file, to: path)
        }
    }
}
