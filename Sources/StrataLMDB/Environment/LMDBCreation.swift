import StrataIO
import StrataRefs
import SystemPackage

/// Making the files of an environment, each whole before it has its name: who dies meanwhile, or finds the disk full, leaves none.
enum LMDBCreation {
    /// Makes the data file, unless somebody else does so now. Its name is on the medium then: commits sync what is in it.
    static func create(_ directory: FilePath, _ options: LMDBOptions) throws(LMDBFailure) {
        let gate = WriterGate(directory, sharing: options.sharing)
        do throws(RefError) {
            try gate.enter(until: .after(milliseconds: 10_000))
        } catch {
            throw error.cause as? LMDBFailure ?? .library(code: Errno.resourceBusy.rawValue)
        }
        defer { gate.leave() }
        let data = directory.appending("data.mdb")
        if try LMDBFileCheck.check(data) { return }
        // Also what one has left who died at it.
        let temporary = directory.appending("new")
        try filing { () throws(FileError) in
            try Disk.removeTree(temporary)
            try Disk.mkdir(temporary, sharing: options.sharing)
        }
        defer { try? Disk.removeTree(temporary) }
        try LMDBHandle.openAsItIs(temporary, options, isReadOnly: false).close()
        try filing { () throws(FileError) in
            let made = temporary.appending("data.mdb")
            if let stat = try FileStat.stat(made),
                let mode = options.sharing.adjusted(stat.permissions, isDirectory: false)
            {
                try Disk.chmod(made, mode)
            }
            try Disk.rename(made, to: data)
            if options.syncs { try Disk.syncDirectory(directory) }
        }
    }

    /// Makes the lock table where there is none, with room on the disk for its head and some 250 readers: LMDB makes one with none, and where the
    /// disk is full the first touch of it ends the process.
    static func createLockFile(_ directory: FilePath, _ options: LMDBOptions) throws(LMDBFailure) {
        let path = directory.appending("lock.mdb")
        do throws(FileError) {
            if try FileStat.lstat(path) != nil { return }
            let temporary = path.sibling(suffix: ".\(randomHex()).tmp")
            let descriptor = try Disk.create(temporary, sharing: options.sharing)
            defer { _ = try? Disk.unlinkIfPresent(temporary) }
            do throws(FileError) {
                // As much as LMDB needs for so many readers, or less: then it makes the rest.
                let count = min(16384, 128 + 64 * max(1, options.readers))
                try Disk.write([UInt8](repeating: 0, count: count), to: descriptor, at: temporary)
            } catch {
                try? Disk.close(descriptor, at: temporary)
                throw error
            }
            try Disk.close(descriptor, at: temporary)
            try Disk.renameNoReplace(temporary, to: path)
        } catch {
            switch error.errno {
            case .fileExists: return
            // LMDB says what is wrong, or can do without: on a file system that is read-only, or cannot rename so.
            case .readOnlyFileSystem, .permissionDenied, .notPermitted, .invalidArgument, .notSupported: return
            default: throw LMDBFailure(error)
            }
        }
    }

    private static func filing<T>(_ body: () throws(FileError) -> T) throws(LMDBFailure) -> T {
        do throws(FileError) { return try body() } catch { throw LMDBFailure(error) }
    }
}
