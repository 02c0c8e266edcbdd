import CStrataIO
import Synchronization
package import SystemPackage

/// A file of a living process that its locks are hard links of.
///
/// The descriptor's open file description holds a write lock of the kernel's for as long as the process lives: a
/// process that can take that lock has proved that the owner is dead. The descriptor is close-on-exec, so that programs
/// started by this process do not keep the lock. A child that was forked and runs on without exec keeps it, and so
/// keeps the locks alive.
final class OwnerFile: Sendable {
    let path: FilePath
    let descriptor: FileDescriptor
    let inode: UInt64
    let device: UInt64
    /// Whether file and name are known to be on the medium.
    private let isDurable = Atomic<Bool>(false)

    private init(_ path: FilePath, _ descriptor: FileDescriptor, _ stat: FileStat) {
        self.path = path
        self.descriptor = descriptor
        inode = stat.inode
        device = stat.device
    }

    deinit { try? descriptor.close() }

    /// Makes the file and its name last through a loss of power: or else a lock that does would be nobody's, as git's are.
    func makeDurable(in directory: FilePath) throws(FileError) {
        if isDurable.load(ordering: .relaxed) { return }
        try Disk.sync(descriptor, at: path)
        try Disk.syncDirectory(directory)
        try Disk.syncDirectory(directory.removingLastComponent())
        isDurable.store(true, ordering: .relaxed)
    }

    func isFile(_ stat: FileStat) -> Bool { stat.inode == inode && stat.device == device }

    /// Makes an owner file; nil where links and locks are not known to work, so that plain locks are to be used.
    ///
    /// The lock is taken before the record is written, and the record before anything is linked. Between making the
    /// file and locking it, a sweeper may take it for a dead owner's and remove it: then another is made.
    static func make(
        in directory: FilePath, id: String, counting made: inout Int, sharing: FileSharing
    ) throws(FileError) -> OwnerFile? {
        while true {
            // A new name for each try: the sweeper may still remove the old one.
            let record = OwnerRecord(id: id, number: made)
            let path = directory.appending(record.fileName)
            made += 1
            let fd: FileDescriptor
            do {
                fd = try Disk.create(path, readable: true, sharing: sharing)
            } catch {
                if refusal.contains(error.errno) { return nil }
                throw error
            }
            do throws(FileError) {
                switch try claim(fd, path) {
                case .plain:
                    _ = try? Disk.unlinkIfPresent(path)
                    try? fd.close()
                    return nil
                case .again:
                    _ = try? Disk.unlinkIfPresent(path)
                    try? fd.close()
                case .owned(let stat):
                    try Disk.write(record.contents, to: fd, at: path)
                    return OwnerFile(path, fd, stat)
                }
            } catch {
                _ = try? Disk.unlinkIfPresent(path)
                try? fd.close()
                throw error
            }
        }
    }

    /// No permission for a file of ours: locks beside the protected files may still be possible.
    private static let refusal: [Errno] = [.permissionDenied, .notPermitted, .readOnlyFileSystem]

    private enum Claim {
        case plain, again
        case owned(FileStat)
    }

    private static func claim(_ fd: FileDescriptor, _ path: FilePath) throws(FileError) -> Claim {
        guard strata_is_local_filesystem(fd.rawValue) == 1 else { return .plain }
        switch takeOwnerLock(fd) {
        case .taken: break
        case .held: return .again
        case .impossible: return .plain
        }
        let stat = try FileStat.fstat(fd, at: path)
        return stat.linkCount == 1 ? .owned(stat) : .again
    }
}

package enum OwnerLock {
    case taken, held, impossible
}

/// Takes the kernel's write lock on an owner file, if nobody has it: it lasts as long as the descriptor, so at most as long as the process.
package func takeOwnerLock(_ fd: FileDescriptor) -> OwnerLock {
    switch Disk.attempt({ Int(strata_ofd_lock(fd.rawValue)) }) {
    case .success: .taken
    case .failure(.resourceTemporarilyUnavailable), .failure(.permissionDenied): .held
    case .failure: .impossible
    }
}
