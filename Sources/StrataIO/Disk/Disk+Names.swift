import CStrataIO
import Glibc
public import SystemPackage

extension Disk {
    /// Puts `from` in the place of `to`, which is replaced at once when it exists.
    public static func rename(_ from: FilePath, to: FilePath) throws(FileError) {
        try change(.rename, from, to: to) { call(from, to) { unsafe Glibc.rename($0, $1) } }
    }

    /// Renames unless `to` exists (`EEXIST`), in one step. `EINVAL` where the file system cannot.
    public static func renameNoReplace(_ from: FilePath, to: FilePath) throws(FileError) {
        try change(.rename, from, to: to) { call(from, to) { unsafe strata_rename_noreplace($0, $1) } }
    }

    /// Lets two names change places in one step. `EINVAL` where the file system cannot.
    public static func exchange(_ a: FilePath, _ b: FilePath) throws(FileError) {
        try change(.exchange, a, to: b) { call(a, b) { unsafe strata_rename_exchange($0, $1) } }
    }

    /// Gives the file `existing` a second name. A symbolic link is linked itself, not followed.
    public static func link(_ existing: FilePath, to new: FilePath) throws(FileError) {
        try change(.link, existing, to: new) { call(existing, new) { unsafe Glibc.link($0, $1) } }
    }

    /// Removes a name that is not a directory.
    public static func unlink(_ path: FilePath) throws(FileError) {
        try change(.unlink, path) { call(path) { unsafe Glibc.unlink($0) } }
    }

    /// Removes a name that is not a directory; false when there was none.
    @discardableResult
    public static func unlinkIfPresent(_ path: FilePath) throws(FileError) -> Bool {
        do {
            try unlink(path)
            return true
        } catch {
            if error.isAbsence { return false }
            throw error
        }
    }

    /// Makes `path` a symbolic link with the text `destination`.
    public static func symlink(_ destination: FilePath, at path: FilePath) throws(FileError) {
        try change(.symlink, destination, to: path) { call(destination, path) { unsafe Glibc.symlink($0, $1) } }
    }

    /// Cuts or extends the file at `path`.
    public static func truncate(_ path: FilePath, to size: Int) throws(FileError) {
        try change(.truncate, path) { call(path) { unsafe Glibc.truncate($0, size) } }
    }

    /// Sets the permissions of the file at `path`.
    public static func chmod(_ path: FilePath, _ permissions: FilePermissions) throws(FileError) {
        try change(.changeMode, path) { call(path) { unsafe Glibc.chmod($0, permissions.rawValue) } }
    }

    /// Sets the times of the file at `path` to now; false when there is none.
    public static func touch(_ path: FilePath) throws(FileError) -> Bool {
        do {
            try change(.setTimes, path) { call(path) { unsafe utimensat(AT_FDCWD, $0, nil, 0) } }
            return true
        } catch {
            if error.isAbsence { return false }
            throw error
        }
    }

    /// Gives a finished file that lies at `temporary` the name `path`, if nothing has it: in one step, or, on file systems that cannot, by a
    /// link, or after a look.
    ///
    /// - Returns: false when there is something at `path`; the file is at `temporary` still.
    public static func moveIfAbsent(_ temporary: FilePath, to path: FilePath) throws(FileError) -> Bool {
        do {
            try renameNoReplace(temporary, to: path)
            return true
        } catch {
            switch error.errno {
            case .fileExists: return false
            case .invalidArgument, .noFunction, .notSupported: break
            default: throw error
            }
        }
        do {
            try link(temporary, to: path)
            try unlinkIfPresent(temporary)
            return true
        } catch {
            switch error.errno {
            case .fileExists: return false
            case .notPermitted, .notSupported, .noFunction, .improperLink, .tooManyLinks: break
            default: throw error
            }
        }
        if try FileStat.lstat(path) != nil { return false }
        try rename(temporary, to: path)
        return true
    }

    @safe
    static func call(_ path: FilePath, _ body: (UnsafePointer<CChar>) -> CInt) -> Int {
        Int(unsafe path.withPlatformString { unsafe body($0) })
    }

    @safe
    static func call(
        _ first: FilePath, _ second: FilePath, _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> CInt
    ) -> Int {
        Int(unsafe first.withPlatformString { a in unsafe second.withPlatformString { b in unsafe body(a, b) } })
    }
}
