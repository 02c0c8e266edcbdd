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
    /// What is missing is looked for once more, all of it at once, in directories that are listed anew: others may have packed or written it meanwhile. In a clone
    /// without trees or blobs much is missing, and listing anew for each would take long where somebody writes all the time.
    ///
    /// - Parameters:
    ///   - bases: those of `store` that a thin pack brings a copy of, with a promise: what they lead to is followed as well, blobs included.
    ///   - isReceived: says what is on its way, with a promise.
    /// - Throws: `tooLarge` when more than ``ReceivingLimits/links`` are led to, and what reading an object throws that is there.
    func reachable(
        from links: consuming [ObjectID], bases: Set<ObjectID> = [], unless isReceived: (ObjectID) -> Bool
    ) throws(ObjectError) -> [ObjectID] {
        var walk = Walk(limit: limits.links)
        var store = store.refreshing(.never)
        try walk.follow(links)
        for base in bases where !isPromised(base) {
            try walk.follow(self.links(of: base, in: store.refreshing(.whenMissing)) ?? [])
        }
        for round in 1...Self.rounds {
            let before = walk.found.count
            while let id = walk.waiting.popLast() {
                if isReceived(id) || bases.contains(id) || isPromised(id) { continue }
                var links: [ObjectID]?
                do throws(ObjectError) { links = try self.links(of: id, in: store) } catch {
                    // Perhaps its pack has just gone.
                    guard error.code == .unavailable, round < Self.rounds else { throw error }
                }
                if let links {
                    walk.found.append(id)
                    try walk.follow(links)
                } else {
                    walk.missing.append(id)
                }
            }
            if walk.missing.isEmpty || round > 1 && walk.found.count == before { break }
            store = store.lookedAtAnew()
            swap(&walk.waiting, &walk.missing)
        }
        return walk.found
    }

    /// How often what is missing is looked for, as long as some of it is found.
    private static let rounds = 4

    /// Objects that are led to: each is looked at once.
    private struct Walk {
        let limit: Int
        var seen = LinkTable()
        var waiting: [ObjectID] = []
        var missing: [ObjectID] = []
        var found: [ObjectID] = []

        init(limit: Int) { self.limit = limit }

        mutating func follow(_ links: [ObjectID]) throws(ObjectError) {
            for id in links where seen.knowledge(of: id) == nil {
                _ = seen.say(id, is: nil, LinkTable.Knowledge.linked)
                waiting.append(id)
                if seen.count > limit {
                    throw ObjectError(.tooLarge, object: id, "more than \(limit) objects are linked to")
                }
            }
        }
    }

    private func isPromised(_ id: ObjectID) -> Bool { promised.contains { $0.position(of: id) != nil } }

    /// What an object leads to; nil where there is none of that name. Blobs are not read.
    private func links(of id: ObjectID, in store: FilesObjectStore) throws(ObjectError) -> [ObjectID]? {
        // A pack that cannot be read might have it, and does not keep others from being received.
        guard let kind = try? store.kind(of: id) else { return nil }
        if kind == .blob { return [] }
        return try store.read(id, limit: limits.objectSize).map { links(of: id, $0) }
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
        guard let files = store as? FilesObjectStore else { return }
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
        // They may be packed by others before they are read.
        let source = WholeObjectsSource(
            ids, in: files.refreshing(.whenMissing), limit: limits.objectSize, level: compressionLevel)
        do throws(ObjectError) {
            _ = try indexer.receive(source, into: objectDirectory)
        } catch {
            throw source.failure ?? error
        }
    }
}
