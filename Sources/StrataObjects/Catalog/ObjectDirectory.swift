import StrataIO
import StrataModel
import SystemPackage

/// One object directory of a repository, its own or an alternate, as it was listed.
final class ObjectDirectory: Sendable {
    let path: BytePath
    /// The path without symbolic links.
    let real: BytePath
    let loose: LooseObjects
    /// What packs and alternates are listed in, and how it looked when they were.
    private let (pack, alternates): ((path: FilePath, stamp: StatStamp), (path: FilePath, stamp: StatStamp))
    /// Which directory it was.
    private let identity: StatStamp
    /// For what is looked up often; nil = by the path.
    private let handle: DirectoryHandle?

    /// Notes how the directory looks, before it is listed.
    ///
    /// - Parameter loose: what is known of its loose objects.
    init(_ path: BytePath, real: BytePath, _ loose: LooseObjects) throws(ObjectError) {
        self.path = path
        self.real = real
        self.loose = loose
        do throws(FileError) {
            let (pack, alternates) = (path.appending("pack").filePath, path.appending("info/alternates").filePath)
            identity = try StatStamp.of(path.filePath)
            let packStamp = try StatStamp.of(pack)
            // Before the alternates: what comes after it shows there.
            handle = DirectoryHandle(path, pack: packStamp)
            self.pack = (pack, packStamp)
            self.alternates = (alternates, try StatStamp.of(alternates))
        } catch {
            throw .unavailable(error)
        }
    }

    /// Whether both are one directory, and not only in the same place.
    func isSame(as other: ObjectDirectory) -> Bool {
        path == other.path && identity.inode == other.identity.inode && identity.device == other.identity.device
    }

    /// Whether what it lists may have changed since.
    var mayBeStale: Bool {
        // By its path: were this directory another now, it would show here.
        if Self.mayBeStale(pack) { return true }
        if alternates.stamp.isAbsent, let handle {
            if handle.provesInfoUnchanged || handle.contains(Self.alternatesName.span) == false { return false }
        }
        return Self.mayBeStale(alternates)
    }

    private static let alternatesName = "info/alternates".utf8CString.map { $0 }

    private static func mayBeStale(_ one: (path: FilePath, stamp: StatStamp)) -> Bool {
        do throws(FileError) { return !one.stamp.isStill(try FileStat.stat(one.path)) } catch { return true }
    }

    /// Whether there is a file for a loose object. That there is none is so only if the directory is not stale after that.
    func containsLoose(_ id: ObjectID) throws(ObjectError) -> Bool {
        if let handle, let answer = LooseObjects.withName(of: id, handle.contains) { return answer }
        return try loose.contains(id)
    }

    /// How its loose objects are looked up.
    func reading(asKnown: Bool) -> ShardReading {
        ShardReading(asKnown: asKnown) { [handle] in handle?.shardStamp($0) }
    }
}
