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
    private let (pack, alternates): ((path: BytePath, stamp: StatStamp), (path: BytePath, stamp: StatStamp))
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
            let (pack, alternates) = (path.appending("pack"), path.appending("info/alternates"))
            identity = try StatStamp.of(path.filePath)
            let packStamp = try StatStamp.of(pack.filePath)
            // Before the alternates: what comes after it shows there.
            handle = DirectoryHandle(path, pack: packStamp)
            self.pack = (pack, packStamp)
            self.alternates = (alternates, try StatStamp.of(alternates.filePath))
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
        if !pack.path.isStill(pack.stamp) { return true }
        if alternates.stamp.isAbsent, let handle {
            let isAbsent = lend(handle) { $0.provesInfoUnchanged || $0.contains(Self.alternatesName.span) == false }
            if isAbsent { return false }
        }
        return !alternates.path.isStill(alternates.stamp)
    }

    private static let alternatesName = "info/alternates".utf8CString.map { $0 }

    /// Whether there is a file for a loose object. That there is none is so only if the directory is not stale after that.
    func containsLoose(_ id: ObjectID) throws(ObjectError) -> Bool {
        if let handle {
            let answer = lend(handle) { handle in LooseObjects.withName(of: id) { handle.contains($0) } }
            if let answer { return answer }
        }
        return try loose.contains(id)
    }

    /// How its loose objects are looked up.
    func reading(asKnown: Bool) -> ShardReading {
        ShardReading(asKnown: asKnown) { [handle] in handle?.shardStamp($0) }
    }
}
