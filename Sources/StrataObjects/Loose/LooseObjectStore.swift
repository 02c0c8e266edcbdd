import StrataHash
public import StrataIO
public import StrataModel
public import SystemPackage

/// The loose objects of one object directory: each in a file of its own, as git keeps what is new.
///
/// Packs and alternates are not looked at: ``FilesObjectStore`` does. Methods block on files and may be called from any thread at once, and by many processes.
/// Answers to git's `odb/source-loose.c` and `object-file.c`.
public final class LooseObjectStore: ObjectStore {
    public let algorithm: HashAlgorithm
    let objects: LooseObjects
    private let writer: LooseObjectWriter
    private let writing: ObjectWriting

    /// A store of the loose objects under `directory` (`.git/objects`), which must be there when something is written.
    public convenience init(
        directory: FilePath, algorithm: HashAlgorithm, writing: ObjectWriting = ObjectWriting()
    ) {
        self.init(LooseObjects(BytePath(directory), algorithm), writing: writing)
    }

    init(_ objects: LooseObjects, writing: ObjectWriting) {
        algorithm = objects.algorithm
        self.objects = objects
        self.writing = writing
        writer = LooseObjectWriter(objects: objects, writing: writing)
    }

    public var capabilities: ObjectStoreCapabilities { [.writes, .durable] }

    // MARK: - Reading

    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool {
        id.algorithm == algorithm ? try objects.contains(id) : false
    }

    public func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        id.algorithm == algorithm ? try objects.info(of: id, fields) : nil
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        id.algorithm == algorithm ? try objects.read(id, limit: limit) : nil
    }

    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        id.algorithm == algorithm ? try objects.stream(id) : nil
    }

    /// Reads all of an object, in flat memory, and makes sure that its contents give its id.
    ///
    /// - Returns: its kind and size; nil when there is no file for it.
    /// - Throws: `corrupt` when the file is damaged or is another object's, `collision` when it is part of an attack on SHA-1.
    public func verify(_ id: ObjectID) throws(ObjectError) -> ObjectHeader? {
        id.algorithm == algorithm ? try objects.verify(id) : nil
    }

    // MARK: - Looking for many

    public func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor { LooseObjectCursor(self) }

    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        try objects.ids(startingWith: prefix, atMost: count)
    }

    public func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        try objects.distinguishingDigits(of: id)
    }

    public func approximateCount() throws(ObjectError) -> Int { try objects.approximateCount() }

    // MARK: - Writing

    /// Sets the time of the object's file.
    public func freshen(_ id: ObjectID) throws(ObjectError) -> Bool {
        id.algorithm == algorithm ? try writer.freshen(id, nil, .none) : false
    }

    /// Writes an object, if it is not there yet; else sets the time of its file.
    ///
    /// A file that is there and is damaged is replaced, if its header shows it. After a crash at any point the object is there whole or is not
    /// there; a file `tmp_obj_XXXXXX` may lie about, which git's `prune` removes.
    public func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        let id = try ObjectHasher.id(of: kind, bytes, algorithm: algorithm)
        let syncing = writing.syncing(for: durability)
        let header = ObjectHeader(kind: kind, size: UInt64(bytes.count))
        if try writer.freshen(id, header, syncing) { return id }
        try writer.write(kind, bytes, as: id, syncing)
        return id
    }

    public func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        let syncing = writing.syncing(for: durability)
        return try writer.write(stream, syncing) { id, header throws(ObjectError) in
            try writer.freshen(id, header, syncing)
        }
    }

    /// The store itself: what is removed is gone.
    public func pinned() -> any ObjectStore { self }
}

/// Gives all loose objects in the order of their ids, those of one first byte after the other.
final class LooseObjectCursor: ObjectCursor {
    private let store: LooseObjectStore
    private var ids: [ObjectID] = []
    private var place = 0
    private var nextShard = 0
    private var last: ObjectID?

    init(_ store: LooseObjectStore) { self.store = store }

    func next() throws(ObjectError) -> ObjectID? {
        while place == ids.count {
            guard nextShard < 256 else { return nil }
            ids = try store.objects.shards.list(UInt8(nextShard))
            place = 0
            nextShard += 1
        }
        place += 1
        last = ids[place - 1]
        return last
    }

    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        guard let last else { return nil }
        return try store.info(of: last, fields)
    }
}
