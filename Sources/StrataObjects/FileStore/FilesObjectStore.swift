import StrataIO
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

    private init(
        _ other: FilesObjectStore, refresh: Refresh, pins: CatalogSnapshot?, catalog: ObjectCatalog? = nil
    ) {
        algorithm = other.algorithm
        self.catalog = catalog ?? other.catalog
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

    /// The same objects as a store that knows nothing yet, and does not look again at what it has once seen.
    func lookedAtAnew() -> FilesObjectStore {
        let catalog = ObjectCatalog(self.catalog.roots, cache: self.catalog.cache)
        return FilesObjectStore(self, refresh: .never, pins: nil, catalog: catalog)
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
                try place.withLocation { pack, offset throws(ObjectError) in try pack.info(at: offset, fields) }
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
            try place.withLocation { pack, offset throws(ObjectError) in
                try lend(catalog.cache) { cache throws(ObjectError) in
                    try pack.read(at: offset, limit: limit, cache: cache, others: self)
                }
            }
        } loose: { directory throws(ObjectError) in
            try directory.loose.read(id, limit: limit)
        }
        if let found { return found }
        return isEmptyTree(id) ? ObjectContents(kind: .tree, bytes: []) : nil
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
                for place in snapshot.directories.indices {
                    do throws(ObjectError) {
                        let answer = try snapshot.directories.lend(place) { directory throws(ObjectError) -> Answer? in
                            if refresh == .never, directory.loose.shards.knowsAbsent(id) { return nil }
                            return try loose(directory)
                        }
                        if let answer { return .found(answer) }
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
    func tables(in snapshot: CatalogSnapshot) -> (tables: [IndexTable], failure: ObjectError?, hasVanished: Bool) {
        var found = snapshot.tables()
        guard let pins, pins !== snapshot else { return found }
        let listed = Set(found.tables.map(ObjectIdentifier.init))
        found.tables += pins.tables().tables.filter { !listed.contains(ObjectIdentifier($0)) }
        return found
    }

    /// The table of all of them, where it has been made or is worth it.
    func merged(_ snapshot: CatalogSnapshot, _ tables: [IndexTable]) -> MergedIndex? {
        guard let merged = snapshot.merge(), merged.isComplete, merged.index.tables.count == tables.count else {
            return nil
        }
        return merged.index
    }

    /// Looks until something is found, or nothing changes between two looks, or packs keep vanishing.
    @inline(__always)
    func inEveryState<Answer>(
        _ look: (CatalogSnapshot) throws(ObjectError) -> CatalogSnapshot.Finding<Answer>
    ) throws(ObjectError) -> Answer? {
        var patience = VanishingPacks()
        var outcome = try catalog.withCurrent { snapshot throws(ObjectError) -> Outcome<Answer> in
            try self.outcome(of: try look(snapshot), in: snapshot, &patience)
        }
        for _ in 1..<Self.mostChanges {
            guard case .again(let snapshot) = outcome else { break }
            outcome = try self.outcome(of: try look(snapshot), in: snapshot, &patience)
        }
        if case .answer(let answer) = outcome { return answer }
        throw vanishing()
    }

    /// What to do after a look through all places.
    private enum Outcome<Answer> {
        case answer(Answer?)
        case again(CatalogSnapshot)
    }

    @inline(__always)
    private func outcome<Answer>(
        of finding: CatalogSnapshot.Finding<Answer>, in snapshot: CatalogSnapshot, _ patience: inout VanishingPacks
    ) throws(ObjectError) -> Outcome<Answer> {
        switch finding {
        case .found(let answer): return .answer(answer)
        case .missing(let failure, let hasVanished):
            if refresh != .never, let next = catalog.refresh(after: snapshot, force: hasVanished) {
                return .again(next)
            }
            if let failure { throw failure }
            if !hasVanished { return .answer(nil) }
        }
        if refresh == .never || !patience.wait() { throw vanishing() }
        return .again(snapshot)
    }

    /// The most states of the directories that are looked through for one answer.
    static let mostChanges = 100

    func vanishing() -> ObjectError {
        ObjectError(.unavailable, file: catalog.roots.objectDirectory.text, "packs vanish faster than they can be read")
    }
}

extension FilesObjectStore: OtherCopies {
    func copy(of base: ObjectID, outside pack: Pack, limit: Int) throws(ObjectError) -> ObjectContents? {
        let snapshot = catalog.current()
        let found = snapshot.search(base) { place throws(ObjectError) -> ObjectContents? in
            let location = try place.location
            guard location.pack !== pack else { return nil }
            // It has no other copies in its turn: two packs that lie could lead to each other without end.
            return try location.pack.read(at: location.offset, limit: limit, cache: catalog.cache)
        }
        if case .found(let contents) = found { return contents }
        for directory in snapshot.directories {
            if let contents = try? directory.loose.read(base, limit: limit) { return contents }
        }
        return nil
    }
}

extension PackedLocation {
    /// What is known of the object; nil when its pack is gone.
    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? { try pack.info(at: offset, fields) }
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
