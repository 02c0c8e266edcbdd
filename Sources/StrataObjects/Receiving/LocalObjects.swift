import StrataHash
import StrataIO
import StrataModel
import SystemPackage

/// Objects that somebody made here and that promised ones lead to. Were they not packed as promised too, they would be taken for what nothing leads to: links of
/// promised objects are not followed. Answers to git's `repack_local_links`.
///
/// An object is promised when a pack has it that has a `.promisor`. What is nowhere is taken to be.
struct LocalObjects {
    let store: FilesObjectStore
    let limits: ReceivingLimits
    private let promised: [IndexTable]

    init(_ store: FilesObjectStore, _ limits: ReceivingLimits) throws(ObjectError) {
        self.store = store
        self.limits = limits
        var promised: [IndexTable] = []
        for table in store.catalog.latest().tables().tables {
            let path = table.packs.first.map { $0.path.replacingPackSuffix(with: "promisor").filePath }
            if let path, try ObjectError.onFiles({ () throws(FileError) in try FileStat.stat(path) }) != nil {
                promised.append(table)
            }
        }
        self.promised = promised
    }

    /// What of `links` is here and not promised, with all that it leads to and that is so too, each before what it leads to.
    ///
    /// - Throws: `tooLarge` when there are more than ``ReceivingLimits/links``, and what reading them throws.
    func reachable(from links: [ObjectID]) throws(ObjectError) -> [ObjectID] {
        var seen = Set(links)
        var found: [ObjectID] = []
        var waiting = links
        while let id = waiting.popLast() {
            if promised.contains(where: { $0.position(of: id) != nil }) { continue }
            guard let kind = try store.kind(of: id) else { continue }
            found.append(id)
            if kind == .blob { continue }
            guard let object = try store.read(id, limit: limits.objectSize) else { continue }
            for link in Self.links(of: id, object) where seen.insert(link).inserted { waiting.append(link) }
            if seen.count > limits.links {
                throw ObjectError(.tooLarge, object: id, "more than \(limits.links) objects are linked to")
            }
        }
        return found
    }

    private static func links(of id: ObjectID, _ object: ObjectContents) -> [ObjectID] {
        var links: [ObjectLinks.Link] = []
        let bytes = object.bytes.span
        switch object.kind {
        case .blob: break
        case .tree: _ = try? ObjectLinks.tree(bytes, id.algorithm, &links)
        case .commit: links = (try? ObjectLinks.commit(bytes, as: id)) ?? []
        case .tag: links = (try? ObjectLinks.tag(bytes, as: id)).map { [$0] } ?? []
        }
        return links.map(\.id)
    }
}

extension PackIndexer {
    /// Packs what is here of the objects that received ones lead to, as promised too.
    func promise(_ links: [ObjectID], into objectDirectory: FilePath) throws(ObjectError) {
        guard let files = store as? FilesObjectStore else { return }
        let ids = try LocalObjects(files, limits).reachable(from: links)
        if ids.isEmpty { return }
        // Where they are now they stay: what has the same name has the same contents.
        var indexer = PackIndexer(algorithm: algorithm)
        indexer.limits = limits
        indexer.threads = threads
        indexer.writesReverseIndex = writesReverseIndex
        indexer.promisor = []
        indexer.packDurability = packDurability
        indexer.indexDurability = indexDurability
        indexer.sharing = sharing
        let source = WholeObjectsSource(ids, files, limits, level: Int32(compressionLevel))
        do throws(ObjectError) {
            _ = try indexer.receive(source, into: objectDirectory)
        } catch {
            throw source.failure ?? error
        }
    }
}

/// A pack of objects of a store, each of them whole, made as it is read.
private final class WholeObjectsSource: ByteSource {
    let name: FilePath = "objects"
    let endsWithFile = true
    /// Why it ended before its end.
    private(set) var failure: ObjectError?
    private let store: FilesObjectStore
    private let limits: ReceivingLimits
    private let level: Int32
    private let ids: [ObjectID]
    private var next = 0
    private var hasEnded = false
    private var hasher: ChecksumHasher
    private var pending: [UInt8]
    private var place = 0

    init(_ ids: [ObjectID], _ store: FilesObjectStore, _ limits: ReceivingLimits, level: Int32) {
        self.ids = ids
        self.store = store
        self.limits = limits
        self.level = level
        pending = Array("PACK".utf8) + [0, 0, 0, 2]
        for shift in [24, 16, 8, 0] { pending.append(UInt8(truncatingIfNeeded: ids.count >> shift)) }
        var hasher = ChecksumHasher(store.algorithm)
        hasher.update(pending.span)
        self.hasher = hasher
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        if place == pending.count {
            do throws(ObjectError) { try fill() } catch {
                failure = error
                return 0
            }
        }
        let count = min(buffer.count, pending.count - place)
        unsafe pending.withUnsafeBytes { from in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[place..<place + count]))
        }
        place += count
        return count
    }

    /// Makes the next entry, or the checksum.
    private func fill() throws(ObjectError) {
        place = 0
        pending = []
        if next == ids.count {
            if !hasEnded { pending = hasher.finish().bytes }
            hasEnded = true
            return
        }
        let id = ids[next]
        guard let object = try store.read(id, limit: limits.objectSize) else {
            throw ObjectError(.unavailable, object: id, "object \(id) is not there any more")
        }
        guard try ObjectHasher.id(of: object.kind, object.bytes.span, algorithm: id.algorithm) == id else {
            throw ObjectError(.corrupt, object: id, "local object \(id) is corrupt")
        }
        pending = try WholeEntry(object, level: level).bytes
        var hasher = hasher
        hasher.update(pending.span)
        self.hasher = hasher
        next += 1
    }
}
