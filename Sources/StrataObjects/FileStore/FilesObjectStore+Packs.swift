import StrataIO
import StrataModel
import SystemPackage

extension FilesObjectStore {
    /// All packs at one moment.
    struct Packs {
        let snapshot: CatalogSnapshot
        /// Their tables, and those of packs that are pinned and listed no more.
        let tables: [IndexTable]
        /// The first error of a place that could not be read.
        let failure: ObjectError?
    }

    /// The packs that there are when `look` has been through the loose objects of all directories.
    ///
    /// In this order nothing is missed that is packed meanwhile: it is loose still, or its pack is there already.
    /// - Parameters:
    ///   - asKnown: the packs that are known will do, as long as they are there.
    ///   - look: may be called again with directories that it has seen, when others have come or packs have gone.
    func packs(
        asKnown: Bool = false, after look: (ObjectDirectory) throws(ObjectError) -> Void
    ) throws(ObjectError) -> Packs {
        var snapshot = catalog.current()
        var patience = VanishingPacks()
        repeat {
            var looseFailure: ObjectError?
            for directory in snapshot.directories {
                do throws(ObjectError) { try look(directory) } catch { looseFailure = looseFailure ?? error }
            }
            let before = snapshot
            if !asKnown, refresh != .never, let newer = catalog.refresh(after: snapshot, force: false) {
                snapshot = newer
                guard snapshot.areDirectories(theSameAs: before) else { continue }
            }
            let (tables, failure, hasVanished) = tables(in: snapshot)
            guard hasVanished else {
                return Packs(snapshot: snapshot, tables: tables, failure: failure ?? looseFailure)
            }
            if refresh == .never { break }
            if let newer = catalog.refresh(after: snapshot, force: true) { snapshot = newer }
        } while patience.wait()
        throw vanishing()
    }

    /// Whether two files are one of its packs and the index of that.
    func has(_ pack: FilePath, indexedBy index: FilePath) -> Bool {
        func isSame(_ one: FilePath, _ other: FilePath) -> Bool {
            guard let one = try? FileStat.stat(one), let other = try? FileStat.stat(other) else { return false }
            return one.isSameFile(as: other)
        }
        let name = index.lastComponent
        return catalog.current().sources.contains { source in
            let path = source.path.filePath
            return path.lastComponent == name && isSame(path, index)
                && isSame(source.path.replacingIndexSuffix(with: "pack").filePath, pack)
        }
    }

    /// The loose objects whose first byte is `byte`, of all directories or of one, and those that have gone from there into packs that `tables`, of
    /// `snapshot`, are not of; some perhaps more than once.
    func looseIDs(
        _ byte: UInt8, in wanted: LooseObjects? = nil, since snapshot: CatalogSnapshot, _ tables: [IndexTable]
    ) throws(ObjectError) -> [ObjectID] {
        var ids: [ObjectID] = []
        let packs = try packs { directory throws(ObjectError) in
            let loose = directory.loose
            if wanted == nil || wanted === loose { ids += try loose.shards.list(byte) }
        }
        if let failure = packs.failure { throw failure }
        guard packs.snapshot !== snapshot else { return ids }
        let prefix = ObjectIDPrefix(firstByte: byte, algorithm: algorithm)
        let known = Set(tables.map(ObjectIdentifier.init))
        for table in packs.tables where !known.contains(ObjectIdentifier(table)) {
            var new: [ObjectID] = []
            table.add(startingWith: prefix, atMost: .max, to: &new)
            try table.checkSearch(for: prefix.lowest)
            ids += new.filter { id in !tables.contains { $0.position(of: id) != nil } }
        }
        return ids
    }
}
