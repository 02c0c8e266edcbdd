import Glibc
import StrataIO
import StrataRefs
import Synchronization
import SystemPackage

/// The environments that this process has open: LMDB must not open one twice, for closing one of two handles drops the locks of both.
enum LMDBEnvironments {
    struct Key: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private struct Entry {
        weak var environment: LMDBEnvironment?
    }

    /// A lock that is held while an environment is opened or closed, so that the one comes after the other.
    private static let all = Mutex<[Key: Entry]>([:])

    static func open(_ directory: FilePath, _ options: LMDBOptions) throws(LMDBFailure) -> LMDBEnvironment {
        try prepare(directory, options)
        while true {
            let key = try key(directory)
            let result = all.withLock { all -> Result<LMDBEnvironment, LMDBFailure>? in
                if let entry = all[key] {
                    // One that is just being let go is closed by its last user, who waits for this lock.
                    guard let known = entry.environment else { return nil }
                    // One that was moved away and removed may have left its number to another directory.
                    if (try? Self.key(directory.appending("data.mdb"))) == known.data { return .success(known) }
                }
                do throws(LMDBFailure) {
                    let handle = try LMDBHandle.open(directory, options)
                    let data: Key
                    do throws(LMDBFailure) { data = try Self.key(directory.appending("data.mdb")) } catch {
                        handle.close()
                        throw error
                    }
                    let opened = LMDBEnvironment(directory, key, data, options, handle)
                    all[key] = Entry(environment: opened)
                    return .success(opened)
                } catch {
                    return .failure(error)
                }
            }
            if let result { return try result.get() }
            usleep(100)
        }
    }

    /// Runs `close` and forgets the environment.
    static func close(_ key: Key, _ close: () -> Void) {
        all.withLock { all in
            close()
            if all[key]?.environment == nil { all[key] = nil }
        }
    }

    private static func prepare(_ directory: FilePath, _ options: LMDBOptions) throws(LMDBFailure) {
        do throws(FileError) {
            let missing = try missing(directory)
            if !missing.isEmpty {
                guard options.creates, !options.isReadOnly else {
                    throw FileError(.stat, directory, .noSuchFileOrDirectory)
                }
                try Disk.makeDirectories(directory, sharing: options.sharing)
                if options.syncs { try Disk.syncDirectories(of: missing) }
            }
        } catch {
            throw error.isAbsence ? .absent : LMDBFailure(error)
        }
        if let name = LMDBFileCheck.networkFileSystem(directory) { throw .networkFileSystem(name) }
    }

    /// `directory` and those above it that are not there.
    private static func missing(_ directory: FilePath) throws(FileError) -> [FilePath] {
        var (missing, path) = ([FilePath](), directory)
        while !path.isEmpty, try FileStat.stat(path) == nil {
            missing.append(path)
            path.removeLastComponent()
        }
        return missing
    }

    static func key(_ directory: FilePath) throws(LMDBFailure) -> Key {
        do throws(FileError) {
            guard let stat = try FileStat.stat(directory) else {
                throw FileError(.stat, directory, .noSuchFileOrDirectory)
            }
            return Key(device: stat.device, inode: stat.inode)
        } catch {
            throw error.isAbsence ? .absent : .library(code: error.errno.rawValue)
        }
    }
}
