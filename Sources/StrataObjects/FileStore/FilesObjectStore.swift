public import StrataModel
public import SystemPackage

/// The objects of a repository as git keeps them: packs first, its own and those of its alternates, then loose ones.
///
/// What git packs, repacks and prunes meanwhile is followed: a lookup that misses lists the packs anew when a directory changed. A damaged copy
/// does not hide a good one. Contents are not checked against their ids. Methods block on files and may be called from any thread at once.
/// `refs/replace` and grafts are not followed. Answers to git's `odb/source-files.c`, `packfile.c` and `object-file.c`.
public final class FilesObjectStore: ObjectStore {
    /// When a store looks again at what the directories hold.
    public enum Refresh: Sendable, Hashable {
        /// When all that is known has been searched in vain and a directory has changed. An abbreviation is looked for in all that there is now.
        case whenMissing
        /// As ``whenMissing``, for abbreviations too: the object of which alone it is known to be one is taken for it, though another may have come
        /// since. So does git.
        case whenMissingOnly
        /// Never: what was not known or listed at first is absent, of packs and of loose objects, and what other handles of the store have listed before
        /// counts. For jobs that know that nobody else writes.
        case never
    }

    public let algorithm: HashAlgorithm
    let catalog: ObjectCatalog
    let refresh: Refresh
    /// What is searched first and stays open.
    let pins: CatalogSnapshot?
    let writing: ObjectWriting
    let writer: LooseObjectWriter
    let freshened: FreshenedPacks

    /// A store of the objects under `objectDirectory` (`.git/objects`). Nothing is opened yet.
    ///
    /// - Parameters:
    ///   - alternates: the value of `GIT_ALTERNATE_OBJECT_DIRECTORIES`: paths separated by colons, perhaps C-quoted, relative to the working
    ///     directory.
    ///   - cache: where the bases of deltas are kept; may be shared by stores.
    ///   - writing: how objects are written, into `objectDirectory` only.
    public init(
        objectDirectory: FilePath, algorithm: HashAlgorithm, alternates: some Sequence<UInt8> = [],
        refresh: Refresh = .whenMissing, cache: DeltaBaseCache = DeltaBaseCache(),
        writing: ObjectWriting = ObjectWriting()
    ) {
        self.algorithm = algorithm
        let roots = ObjectRoots(
            objectDirectory: BytePath(objectDirectory),
            environment: Alternates.parse(alternates, separator: UInt8(ascii: ":")), algorithm: algorithm)
        catalog = ObjectCatalog(roots, cache: cache)
        self.refresh = refresh
        self.writing = writing
        writer = LooseObjectWriter(objects: catalog.loose, writing: writing)
        freshened = FreshenedPacks()
        pins = nil
    }

    private init(_ other: FilesObjectStore, refresh: Refresh, pins: CatalogSnapshot?) {
        algorithm = other.algorithm
        catalog = other.catalog
        self.refresh = refresh
        self.pins = pins
        writing = other.writing
        writer = other.writer
        freshened = other.freshened
    }

    /// The same store, with what it knows, for one that looks again at other times.
    public func refreshing(_ refresh: Refresh) -> FilesObjectStore {
        FilesObjectStore(self, refresh: refresh, pins: pins)
    }

    /// The directory that objects are written into (`.git/objects`).
    public var objectDirectory: FilePath { catalog.roots.objectDirectory.filePath }

    public var capabilities: ObjectStoreCapabilities { [.writes, .pins, .durable] }

    /// Opens every pack there is: removed ones stay readable for as long as the result is held. Loose objects are found in the pack that they went
    /// to, or are gone.
    public func pinned() throws(ObjectError) -> any ObjectStore {
        // As it is now: what has been removed already is not to be kept.
        var snapshot = catalog.current()
        if let newer = catalog.refresh(after: snapshot, force: false) { snapshot = newer }
        for table in snapshot.tables().tables { for pack in table.packs { _ = try pack.open() } }
        return FilesObjectStore(self, refresh: refresh, pins: snapshot)
    }

    // MARK: - One object

    /// Whether an index lists the object, or there is a file for it; whether it can be read is not looked at.
    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool {
        if isEmptyTree(id) { return true }
        return try find(id) { _ throws(ObjectError) in
            true
        } loose: { directory throws(ObjectError) in
            try directory.containsLoose(id) ? true : nil
        } ?? false
    }

    public func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        if let found = try find(
            id,
            packed: { place throws(ObjectError) in
                try place.location.info(fields)
            },
            loose: { directory throws(ObjectError) in
                try directory.loose.info(of: id, fields)
            })
        {
            return found
        }
        guard isEmptyTree(id) else { return nil }
        return ObjectInfo(kind: .tree, size: 0, storedSize: 0, deltaBase: .zero(algorithm), place: .memory)
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        let limit = min(limit, 1 << 40)
        let found = try find(id) { place throws(ObjectError) in
            let location = try place.location
            return try location.read(reading(limit, without: location.pack))
        } loose: { directory throws(ObjectError) in
            try directory.loose.read(id, limit: limit)
        }
        if let found { return found }
        return isEmptyTree(id) ? ObjectContents(kind: .tree, bytes: []) : nil
    }

    /// How contents are read from a pack; damaged bases are got round by copies in other places.
    func reading(_ limit: Int, without pack: Pack) -> PackReading {
        PackReading(limit: limit, cache: catalog.cache) { id throws(ObjectError) in
            let snapshot = self.catalog.current()
            let found = snapshot.search(id) { place throws(ObjectError) -> ObjectContents? in
                let location = try place.location
                guard location.pack !== pack else { return nil }
                // Two packs that lie could lead to each other without end.
                return try location.read(PackReading(limit: limit, cache: self.catalog.cache, otherCopy: nil))
            }
            if case .found(let contents) = found { return contents }
            for directory in snapshot.directories {
                if let contents = try? directory.loose.read(id, limit: limit) { return contents }
            }
            return nil
        }
    }

    /// The tree without entries is in every repository, stored or not.
    func isEmptyTree(_ id: ObjectID) -> Bool { id == .emptyTree(algorithm) }

    // MARK: - Looking in every place

    /// The first answer that a place gives: packs first, then loose objects. A place that cannot be read does not hide a copy elsewhere; its error is
    /// thrown when no place has an answer.
    @inline(__always)
    func find<Answer>(
        _ id: ObjectID,
        packed: (IndexPlace) throws(ObjectError) -> Answer?,
        loose: (ObjectDirectory) throws(ObjectError) -> Answer?
    ) throws(ObjectError) -> Answer? {
        guard id.algorithm == algorithm else { return nil }
        if let pins, case .found(let answer) = pins.search(id, packed) { return answer }
        return try inEveryState { snapshot throws(ObjectError) in
            switch snapshot.search(id, packed) {
            case .found(let answer): return .found(answer)
            case .missing(var failure, let hasVanished):
                for directory in snapshot.directories {
                    if refresh == .never, directory.loose.shards.knowsAbsent(id) { continue }
                    do throws(ObjectError) {
                        if let answer = try loose(directory) { return .found(answer) }
                    } catch {
                        failure = failure ?? error
                    }
                }
                return .missing(failure, vanished: hasVanished)
            }
        }
    }

    /// The tables of a snapshot, and with them those of packs that are pinned and listed no more; the first error of those that cannot be loaded, and
    /// whether one was gone.
    func tables(in snapshot: CatalogSnapshot) -> (tables: [any IndexTable], failure: ObjectError?, hasVanished: Bool) {
        var found = snapshot.tables()
        guard let pins, pins !== snapshot else { return found }
        let listed = Set(found.tables.map(ObjectIdentifier.init))
        found.tables += pins.tables().tables.filter { !listed.contains(ObjectIdentifier($0)) }
        return found
    }

    /// The table of all of them, where it has been made or is worth it.
    func merged(_ snapshot: CatalogSnapshot, _ tables: [any IndexTable]) -> MergedIndex? {
        guard let merged = snapshot.merge(), merged.isComplete, merged.index.tables.count == tables.count else {
            return nil
        }
        return merged.index
    }

    /// Looks until something is found, or nothing changes between two looks, or packs keep vanishing.
    func inEveryState<Answer>(
        _ look: (CatalogSnapshot) throws(ObjectError) -> CatalogSnapshot.Finding<Answer>
    ) throws(ObjectError) -> Answer? {
        var snapshot = catalog.current()
        var patience = VanishingPacks()
        for _ in 0..<Self.mostChanges {
            switch try look(snapshot) {
            case .found(let answer): return answer
            case .missing(let failure, let hasVanished):
                if refresh != .never, let next = catalog.refresh(after: snapshot, force: hasVanished) {
                    snapshot = next
                    continue
                }
                if let failure { throw failure }
                if !hasVanished { return nil }
            }
            if refresh == .never || !patience.wait() { break }
        }
        throw vanishing()
    }

    /// The most states of the directories that are looked through for one answer.
    private static let mostChanges = 100

    func vanishing() -> ObjectError {
        ObjectError(.unavailable, file: catalog.roots.objectDirectory.text, "packs vanish faster than they can be read")
    }
}

extension PackedLocation {
    /// What is known of the object; nil when its pack is gone.
    @inline(__always)
    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        var info = ObjectInfo()
        if fields.isEmpty { return info }
        if fields.contains(.place) { info.place = .packed(pack: pack.number, offset: UInt64(offset)) }
        guard let data = try pack.open() else { return nil }
        let entry = try pack.entry(data, at: offset)
        if fields.contains(.kind) { info.kind = try pack.kind(data, of: entry) }
        if fields.contains(.size) { info.size = UInt64(try pack.size(data, of: entry)) }
        if fields.contains(.storedSize) { info.storedSize = UInt64(try pack.storedSize(data, at: offset)) }
        if fields.contains(.deltaBase) { info.deltaBase = try pack.deltaBase(data, of: entry) }
        try pack.checkWhole(data)
        return info
    }

    /// The object's kind and contents; nil when its pack is gone.
    func read(_ reading: PackReading) throws(ObjectError) -> ObjectContents? {
        guard let data = try pack.open() else { return nil }
        let contents = try pack.read(data, at: offset, reading)
        try pack.checkWhole(data)
        return contents
    }
}

extension ObjectID {
    /// The tree without entries.
    public static func emptyTree(_ algorithm: HashAlgorithm) -> ObjectID {
        switch algorithm {
        case .sha1:
            ObjectID(
                algorithm: .sha1, words: (0x4b82_5dc6_42cb_6eb9, 0xa060_e54b_f8d6_9288, 0xfbee_4904_0000_0000, 0))
        case .sha256:
            ObjectID(
                algorithm: .sha256,
                words: (
                    0x6ef1_9b41_225c_5369, 0xf1c1_04d4_5d8d_85ef, 0xa9b0_57b5_3b14_b4b9, 0xb939_dd74_decc_5321
                ))
        }
    }
}
