import Glibc
import StrataHash
public import StrataIO
public import StrataModel
import Synchronization
import SystemPackage

extension FilesObjectStore {
    /// Writes a loose object, unless there is a copy in a pack, here or in an alternate; that is freshened then, as git does: the pack's time is set, or the
    /// loose file's.
    public func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        let id = try ObjectHasher.id(of: kind, bytes, algorithm: algorithm)
        let syncing = writing.syncing(for: durability)
        if try freshen(id, ObjectHeader(kind: kind, size: UInt64(bytes.count)), syncing) { return id }
        try writer.write(kind, bytes, as: id, syncing)
        return id
    }

    public func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        let syncing = writing.syncing(for: durability)
        return try writer.write(stream, syncing) { id, header throws(ObjectError) in try freshen(id, header, syncing) }
    }

    public func freshen(_ id: ObjectID) throws(ObjectError) -> Bool {
        id.algorithm == algorithm ? try freshen(id, nil, .none) : false
    }

    /// Marks a copy that can be found without listing directories anew: what is new there is written once more.
    private func freshen(
        _ id: ObjectID, _ header: ObjectHeader?, _ syncing: ObjectWriting.Syncing
    ) throws(ObjectError) -> Bool {
        let snapshot = catalog.current()
        let packed = snapshot.search(id) { place throws(ObjectError) -> Bool? in
            freshened.mark(try place.location.pack) ? true : nil
        }
        if case .found = packed { return true }
        if try writer.freshen(id, header, syncing) { return true }
        for directory in snapshot.directories where directory.path != writer.objects.directory {
            // What cannot be had from an alternate is written here.
            let other = LooseObjectWriter(objects: directory.loose, writing: writing)
            if (try? other.freshen(id, header, syncing)) == true { return true }
        }
        return false
    }
}

/// The packs whose times have been set, and when.
final class FreshenedPacks: Sendable {
    private let times = Mutex<[UInt64: Int64]>([:])

    /// So long a pack counts as fresh.
    private static let seconds: Int64 = 60

    /// Sets the time of a pack; false when it is gone, may not be touched, or keeps what is to be removed by times of its own (`.mtimes`).
    func mark(_ pack: Pack) -> Bool {
        let now = Self.now
        let isFresh = times.withLock { times in times[pack.number].map { now - $0 < Self.seconds } ?? false }
        if isFresh { return true }
        let path = pack.path.filePath
        let cruft = FilePath(bytes: path.bytes.dropLast(4) + Array("mtimes".utf8))
        guard (try? FileStat.stat(cruft)) == .some(nil), (try? Disk.touch(path)) == true else { return false }
        times.withLock { times in
            times = times.filter { now - $0.value < Self.seconds }
            times[pack.number] = now
        }
        return true
    }

    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec)
    }
}
