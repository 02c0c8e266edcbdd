import StrataIO
public import StrataModel
public import SystemPackage

/// How many objects there are, and what they take on the disk.
public struct ObjectCounts: Sendable, Hashable {
    /// Loose objects, and the bytes of the blocks that their files take.
    public var loose = 0
    public var looseSize: Int64 = 0
    /// The objects of the repository's own packs, an object in several packs counted in each; the packs; the bytes of packs and indexes.
    public var packed = 0
    public var packs = 0
    public var packSize: Int64 = 0
    /// Loose objects that a pack has too.
    public var prunePackable = 0
    /// Files that do not belong, and their bytes.
    public var garbage = 0
    public var garbageSize: Int64 = 0

    public init() {}
}

/// Why a file in an object directory does not belong there.
public enum ObjectGarbage: String, Sendable, Hashable {
    case noIndexNorPack = "no corresponding .idx or .pack"
    case garbage = "garbage found"
    case noIndex = "no corresponding .idx"
    case noPack = "no corresponding .pack"
}

extension FilesObjectStore {
    /// Counts the loose objects of the repository's own directory. With `garbage` also packs, what of the loose objects is packed, and files that do not belong, in alternates too: it is
    /// told of each. Answers to git's `count-objects`.
    public func counts(garbage: ((FilePath, ObjectGarbage) -> Void)? = nil) throws(ObjectError) -> ObjectCounts {
        var counting = Counting(catalog.latest(), own: writer.objects.directory, tell: garbage)
        for byte in UInt8.min...UInt8.max { try countShard(byte, &counting) }
        guard garbage != nil else { return counting.counts }
        try counting.lookForPackGarbage()
        let own = counting.own.appending("pack")
        for pack in counting.snapshot.tables().tables.flatMap(\.packs) where pack.path.isDirectly(in: own) {
            do throws(FileError) {
                let index = pack.index.file.path.filePath
                guard let size = try FileStat.stat(pack.path.filePath), let indexSize = try FileStat.stat(index)
                else { continue }
                counting.counts.packed += pack.index.count
                counting.counts.packs += 1
                counting.counts.packSize += size.size + indexSize.size
            } catch {
                throw .unavailable(error)
            }
        }
        return counting.counts
    }

    private func countShard(_ byte: UInt8, _ counting: inout Counting) throws(ObjectError) {
        let path = writer.objects.shards.path(byte)
        do throws(FileError) {
            guard var reader = try DirectoryReader(path.filePath) else { return }
            while try reader.next() {
                let file = path.filePath.appending(bytes: reader.name)
                let id = reader.withName { writer.objects.shards.id(byte, $0) }
                guard let id, let stat = try FileStat.lstat(file), stat.kind == .regular else {
                    counting.add(file, .garbage)
                    continue
                }
                counting.counts.loose += 1
                counting.counts.looseSize += stat.allocatedSize
                guard counting.tell != nil else { continue }
                // Git looks at the packs when it first needs them, and so tells of what is wrong with them here.
                do throws(ObjectError) { try counting.lookForPackGarbage() } catch { counting.failure = error }
                if isPacked(id, in: counting.snapshot) { counting.counts.prunePackable += 1 }
            }
        } catch {
            throw .unavailable(error)
        }
        if let failure = counting.failure { throw failure }
    }
}

/// A count that is being made.
private struct Counting {
    let snapshot: CatalogSnapshot
    let own: BytePath
    let tell: ((FilePath, ObjectGarbage) -> Void)?
    var counts = ObjectCounts()
    var failure: ObjectError?
    private var hasLooked = false

    init(_ snapshot: CatalogSnapshot, own: BytePath, tell: ((FilePath, ObjectGarbage) -> Void)?) {
        self.snapshot = snapshot
        self.own = own
        self.tell = tell
    }

    mutating func add(_ file: FilePath, _ reason: ObjectGarbage) {
        guard let tell else { return }
        counts.garbage += 1
        counts.garbageSize += (try? FileStat.stat(file))??.size ?? 0
        tell(file, reason)
    }

    /// Looks once through all directories of packs for what does not belong.
    mutating func lookForPackGarbage() throws(ObjectError) {
        if hasLooked { return }
        hasLooked = true
        for directory in snapshot.directories {
            let path = directory.path == own ? own : directory.real
            do throws(FileError) { try look(in: path.appending("pack").filePath) } catch { throw .unavailable(error) }
        }
    }

    private static let suffixes = ["idx", "rev", "pack", "bitmap", "keep", "promisor", "mtimes"]

    private mutating func look(in directory: FilePath) throws(FileError) {
        var groups: [[UInt8]: Set<[UInt8]>] = [:]
        guard var reader = try DirectoryReader(directory) else { return }
        while try reader.next() {
            let name = reader.name
            let dot = name.lastIndex(of: UInt8(ascii: "."))
            let suffix = dot.map { Array(name[($0 + 1)...]) } ?? []
            if name.starts(with: "multi-pack-index".utf8) {
                let rest = name.dropFirst(16)
                if rest.isEmpty || rest.elementsEqual(".d".utf8) { continue }
                if ["bitmap", "rev"].contains(where: { suffix.elementsEqual($0.utf8) }) { continue }
            }
            guard let dot, Self.suffixes.contains(where: { suffix.elementsEqual($0.utf8) }) else {
                add(directory.appending(bytes: name), .garbage)
                continue
            }
            groups[Array(name[...dot]), default: []].insert(suffix)
        }
        for (base, suffixes) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let reason: ObjectGarbage
            switch (suffixes.contains(Array("pack".utf8)), suffixes.contains(Array("idx".utf8))) {
            case (true, true): continue
            case (true, false): reason = .noIndex
            case (false, true): reason = .noPack
            case (false, false): reason = .noIndexNorPack
            }
            for suffix in suffixes.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                add(directory.appending(bytes: base + suffix), reason)
            }
        }
    }
}
