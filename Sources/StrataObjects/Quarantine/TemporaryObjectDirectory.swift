import Glibc
import StrataIO
import StrataModel
import SystemPackage

/// An object directory aside, `objects/tmp_objdir-<purpose>-XXXXXX`, which git's `prune` knows by its name when it is left behind. Git's function:
/// `tmp_objdir_create`.
///
/// A file in it is locked by the kernel for as long as its owner lives. Sendable: nothing of it changes.
final class TemporaryObjectDirectory: Sendable {
    let path: FilePath
    private let owner: FileDescriptor

    private static let prefix = "tmp_objdir-"
    private static let ownerFile = ".strata-owner"

    /// Makes a directory in `objects`, for its owner's eyes only, with `pack` in it.
    init(in objects: FilePath, purpose: String) throws(ObjectError) {
        var tries = 0
        while true {
            tries += 1
            let path = objects.appending(Self.prefix + "\(purpose)-" + randomName(6))
            do throws(FileError) {
                try Disk.mkdir(path)
            } catch {
                if error.errno == .fileExists, tries < 1000 { continue }
                throw .unavailable(error)
            }
            do throws(FileError) {
                owner = try Self.claim(path)
                self.path = path
                return
            } catch {
                try? Disk.removeTree(path)
                throw .unavailable(error)
            }
        }
    }

    deinit { try? owner.close() }

    private static func claim(_ path: FilePath) throws(FileError) -> FileDescriptor {
        try Disk.chmod(path, FilePermissions(rawValue: 0o700))
        let file = path.appending(ownerFile)
        let owner = try Disk.create(file, readable: true)
        do throws(FileError) {
            // Where there are no such locks, only age tells that a directory is nobody's.
            _ = takeOwnerLock(owner)
            try Disk.write(OwnerRecord(id: randomHex(), number: 0).contents, to: owner, at: file)
            try Disk.mkdir(path.appending("pack"))
        } catch {
            try? owner.close()
            throw error
        }
        return owner
    }

    /// Removes the directory with all that is in it.
    func remove() throws(ObjectError) {
        do throws(FileError) { try Disk.removeTree(path) } catch { throw .unavailable(error) }
    }

    // MARK: - What others left

    /// Removes directories whose owners have died, and those of others, git's too, that have not changed for `age` seconds.
    ///
    /// - Returns: those that were removed.
    static func sweep(_ objects: FilePath, olderThan age: Int64) throws(ObjectError) -> [FilePath] {
        var found: [FilePath] = []
        do throws(FileError) {
            guard var reader = try DirectoryReader(objects) else { return [] }
            while try reader.next() {
                guard reader.name.starts(with: prefix.utf8), try reader.kind() == .directory else { continue }
                found.append(objects.appending(bytes: reader.name))
            }
        } catch {
            throw .unavailable(error)
        }
        var removed: [FilePath] = []
        for path in found {
            do throws(FileError) {
                guard try isNobodys(path, olderThan: age) else { continue }
                try Disk.removeTree(path)
                removed.append(path)
            } catch {
                // Somebody else sweeps too.
                if !error.isAbsence { throw .unavailable(error) }
            }
        }
        return removed
    }

    private static func isNobodys(_ path: FilePath, olderThan age: Int64) throws(FileError) -> Bool {
        let file = path.appending(ownerFile)
        let raw = unsafe file.withPlatformString { unsafe open($0, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) }
        if raw >= 0 {
            let descriptor = FileDescriptor(rawValue: raw)
            defer { try? descriptor.close() }
            switch takeOwnerLock(descriptor) {
            // An owner writes the file when it has the lock; until then it may be about to take it.
            case .taken: if try FileStat.fstat(descriptor, at: file).size > 0 { return true }
            case .held: return false
            case .impossible: break
            }
        }
        guard let stat = try FileStat.stat(path) else { return false }
        return stat.modified < realtimeNanoseconds() - age * 1_000_000_000
    }
}
