import StrataIO
import StrataModel
import SystemPackage

/// Objects that somebody made here and that promised ones lead to. Were they not packed as promised too, they would be taken for what nothing leads to: links of
/// promised objects are not followed. Answers to git's `repack_local_links`.
///
/// An object is promised when a pack has it that has a `.promisor`. What is nowhere, or cannot be read, is taken to be.
struct LocalObjects {
    private let store: FilesObjectStore
    private let limits: ReceivingLimits
    /// Commits whose parents are not followed.
    private let shallow: Set<ObjectID>
    private let promised: [IndexTable]

    init(_ store: FilesObjectStore, _ limits: ReceivingLimits, shallow: Set<ObjectID>) throws(ObjectError) {
        self.store = store
        self.limits = limits
        self.shallow = shallow
        var promised: [IndexTable] = []
        for table in store.catalog.latest().tables().tables {
            let marks = table.packs.map { $0.path.replacingPackSuffix(with: "promisor").filePath }
            let areThere = try ObjectError.onFiles { () throws(FileError) in
                var areThere = true
                for mark in marks where try FileStat.stat(mark) == nil { areThere = false }
                return areThere
            }
            if areThere { promised.append(table) }
        }
        self.promised = promised
    }

    /// What of `links` is here and not promised, with all that it leads to and that is so too, each before what it leads to.
    ///
    /// - Parameter isReceived: says what is on its way, with a promise.
    /// - Throws: `tooLarge` when there are more than ``ReceivingLimits/links``, and what reading an object throws that is there.
    func reachable(
        from links: [ObjectID], unless isReceived: (ObjectID) -> Bool
    ) throws(ObjectError) -> [ObjectID] {
        var seen = Set(links)
        var found: [ObjectID] = []
        var waiting = links
        while let id = waiting.popLast() {
            if isReceived(id) || promised.contains(where: { $0.position(of: id) != nil }) { continue }
            // A pack that cannot be read might have it, and does not keep others from being received.
            guard let kind = try? store.kind(of: id) else { continue }
            found.append(id)
            if kind == .blob { continue }
            guard let object = try store.read(id, limit: limits.objectSize) else { continue }
            for link in self.links(of: id, object) where seen.insert(link).inserted { waiting.append(link) }
            if seen.count > limits.links {
                throw ObjectError(.tooLarge, object: id, "more than \(limits.links) objects are linked to")
            }
        }
        return found
    }

    /// As far as it can be parsed.
    private func links(of id: ObjectID, _ object: ObjectContents) -> [ObjectID] {
        var links: [ObjectLinks.Link] = []
        let bytes = object.bytes.span
        switch object.kind {
        case .blob: break
        case .tree: _ = try? ObjectLinks.tree(bytes, id.algorithm, &links)
        case .commit:
            links = (try? ObjectLinks.commit(bytes, as: id)) ?? []
            if shallow.contains(id) { links.removeAll { $0.kind == .commit } }
        case .tag: links = (try? ObjectLinks.tag(bytes, as: id)).map { [$0] } ?? []
        }
        return links.map(\.id)
    }
}

extension PackIndexer {
    /// Packs what is here of the objects that received ones lead to, as promised too.
    func promise(_ received: ReceivedChecks, into objectDirectory: FilePath) throws(ObjectError) {
        guard let files = store as? FilesObjectStore else { return }
        let links = received.foreignLinks
        if links.isEmpty { return }
        let local = try LocalObjects(files, limits, shallow: shallow)
        let ids = try local.reachable(from: links, unless: received.hasReceived)
        if ids.isEmpty { return }
        // They stay where they are, and are not compared with themselves.
        var indexer = PackIndexer(algorithm: algorithm)
        indexer.limits = limits
        indexer.threads = threads
        indexer.writesReverseIndex = writesReverseIndex
        indexer.promisor = []
        indexer.packDurability = packDurability
        indexer.indexDurability = indexDurability
        indexer.sharing = sharing
        let source = WholeObjectsSource(ids, in: files, limit: limits.objectSize, level: compressionLevel)
        do throws(ObjectError) {
            _ = try indexer.receive(source, into: objectDirectory)
        } catch {
            throw source.failure ?? error
        }
    }
}
