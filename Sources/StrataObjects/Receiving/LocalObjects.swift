import StrataIO
import StrataModel
import SystemPackage

/// Objects that somebody made here and that promised ones lead to. Were they not packed as promised too, they would be taken for what nothing leads to: links of
/// promised objects are not followed. Answers to git's `repack_local_links`.
///
/// An object is promised when a pack has it that has a `.promisor`. What is nowhere, or cannot be read, is taken to be. Beyond git, what the bases lead to that
/// a thin pack was completed with is looked for too: they are promised from then on, and their own links not followed either.
struct LocalObjects {
    private let store: FilesObjectStore
    private let limits: ReceivingLimits
    /// Commits whose parents are not followed.
    private let shallow: Set<ObjectID>
    private let promised: [IndexTable]

    init(_ store: FilesObjectStore, _ limits: ReceivingLimits, shallow: Set<ObjectID>) {
        self.store = store
        self.limits = limits
        self.shallow = shallow
        promised = store.catalog.latest().tables().tables.filter { table in
            table.packs.allSatisfy {
                let mark = $0.path.replacingPackSuffix(with: "promisor").filePath
                return (try? FileStat.stat(mark)).flatMap { $0 } != nil
            }
        }
    }

    /// What of `links` is here and not promised, with all that it leads to and that is so too, each before what it leads to.
    ///
    /// - Parameters:
    ///   - bases: those of `store` that a thin pack brings a copy of, with a promise: what they lead to is followed as well, blobs included.
    ///   - isReceived: says what is on its way, with a promise.
    /// - Throws: `tooLarge` when there are more than ``ReceivingLimits/links``, and what reading an object throws that is there.
    func reachable(
        from links: consuming [ObjectID], bases: Set<ObjectID> = [], unless isReceived: (ObjectID) -> Bool
    ) throws(ObjectError) -> [ObjectID] {
        var waiting = links
        for base in bases where !isPromised(base) {
            if let kind = try kind(of: base), kind != .blob { waiting += try self.links(of: base) }
        }
        var seen: Set<ObjectID> = []
        var found: [ObjectID] = []
        while let id = waiting.popLast() {
            if isReceived(id) || bases.contains(id) || seen.contains(id) || isPromised(id) { continue }
            guard let kind = try kind(of: id) else { continue }
            seen.insert(id)
            found.append(id)
            if kind != .blob { waiting += try self.links(of: id) }
            if waiting.count + seen.count > limits.links {
                throw ObjectError(.tooLarge, object: id, "more than \(limits.links) objects are linked to")
            }
        }
        return found
    }

    private func isPromised(_ id: ObjectID) -> Bool { promised.contains { $0.position(of: id) != nil } }

    /// A pack that cannot be read might have it, and does not keep others from being received.
    private func kind(of id: ObjectID) throws(ObjectError) -> ObjectKind? {
        do throws(ObjectError) { return try store.kind(of: id) } catch {
            // But it is there, perhaps, when packs come and go faster than they are looked through.
            if error.code == .unavailable, error.errno == nil { throw error }
            return nil
        }
    }

    private func links(of id: ObjectID) throws(ObjectError) -> [ObjectID] {
        try store.read(id, limit: limits.objectSize).map { links(of: id, $0) } ?? []
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
    ///
    /// - Parameter bases: the objects that were added to a thin pack.
    func promise(
        _ received: ReceivedChecks, bases: some Sequence<ObjectID>, into objectDirectory: FilePath
    ) throws(ObjectError) {
        // What others pack and write meanwhile is looked for: what is missed here may be pruned.
        guard let files = (store as? FilesObjectStore)?.refreshing(.whenMissing) else { return }
        let local = LocalObjects(files, limits, shallow: shallow)
        let ids = try local.reachable(
            from: received.foreignLinks, bases: Set(bases), unless: received.hasReceived)
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
