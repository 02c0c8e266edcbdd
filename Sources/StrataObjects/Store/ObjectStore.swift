public import StrataIO
public import StrataModel

/// A store of objects: files as git keeps them, memory, or a composition of other stores.
///
/// Three answers are told apart everywhere. nil is *absent*: every place that could hold the object was read without error. *Corrupt* and
/// *unavailable* are thrown, and never hide a good copy elsewhere. Contents are not checked against their ids, as git does not when it reads;
/// ``VerifyingObjectStore`` does. All methods block on files and may be called from any thread at once.
public protocol ObjectStore: ObjectLookup {
    var capabilities: ObjectStoreCapabilities { get }

    /// What is known of an object without its contents; nil when it is absent.
    ///
    /// - Parameter fields: what is asked for. What the store cannot tell stays nil. Asking for nothing asks whether the object is there.
    func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo?

    /// The object's kind and contents; nil when it is absent.
    ///
    /// - Parameter limit: the number of bytes above which the object, or one that it is a delta of, is refused with `tooLarge`; nothing of that
    ///   size is allocated before.
    func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents?

    /// The object's contents piece by piece; nil when it is absent.
    ///
    /// Whole objects are inflated as they are asked for, in flat memory; an object that is stored as a delta is read whole first.
    func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)?

    /// A walk over all objects. What is written meanwhile may be missed; what is there all the time is not.
    func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor

    /// The ids that start with `prefix`, each once, in their order; of many, the lowest `count`.
    func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID]

    /// The fewest leading digits of `id` that no other object's id starts with; 0 when there is no other object. `id` itself need not be there.
    ///
    /// Where fewer than three would do the answer may be less: no abbreviation is so short.
    func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int

    /// About how many objects there are; for choosing the length of abbreviations, not for counting.
    func approximateCount() throws(ObjectError) -> Int

    /// Marks an object as wanted just now, so that nobody who removes what has long been of no use removes it.
    ///
    /// - Returns: false when the object is absent, or cannot be marked: it must be written then.
    func freshen(_ id: ObjectID) throws(ObjectError) -> Bool

    /// Writes an object, if it is not there yet; else it is freshened.
    ///
    /// - Parameter durability: what must have reached the disk when it returns; nil = as the store is configured.
    /// - Returns: its id.
    /// - Throws: `refused` by a store that cannot be written, `collision` when other contents have the same id; nothing has changed then.
    func write(_ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?) throws(ObjectError) -> ObjectID

    /// Writes what `stream` gives as one object, in flat memory.
    func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID

    /// The same objects, of which those that are found stay readable for as long as the result is held, whatever is repacked or pruned meanwhile;
    /// what is added may be seen too. A store that cannot promise it gives itself.
    func pinned() throws(ObjectError) -> any ObjectStore
}

/// What a store of objects can do.
public struct ObjectStoreCapabilities: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Objects can be written.
    public static let writes = Self(rawValue: 1)
    /// ``ObjectStore/pinned()`` keeps what was there.
    public static let pins = Self(rawValue: 2)
    /// What is written is there after a crash, as far as `durability` says.
    public static let durable = Self(rawValue: 4)
}

extension ObjectStore {
    /// The size above which an object is refused where the caller gives none: 64 MiB.
    public static var defaultLimit: Int { 64 << 20 }

    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool { try info(of: id, []) != nil }

    public func kind(of id: ObjectID) throws(ObjectError) -> ObjectKind? { try info(of: id, .kind)?.kind }

    /// For stores that nothing is removed from: whether the object is there.
    public func freshen(_ id: ObjectID) throws(ObjectError) -> Bool { try contains(id) }

    public func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader? {
        guard let info = try info(of: id, [.kind, .size]), let kind = info.kind, let size = info.size else {
            return nil
        }
        return ObjectHeader(kind: kind, size: size)
    }

    /// ``read(_:limit:)`` up to ``defaultLimit``.
    public func read(_ id: ObjectID) throws(ObjectError) -> ObjectContents? { try read(id, limit: Self.defaultLimit) }

    /// ``stream(_:limit:)``, of deltas up to ``defaultLimit``.
    public func stream(_ id: ObjectID) throws(ObjectError) -> (any ObjectStream)? {
        try stream(id, limit: Self.defaultLimit)
    }

    public func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID? {
        guard try kind(of: id) == .tag, let tag = try read(id), tag.kind == .tag else { return nil }
        guard let target = Tag.target(tag.bytes, algorithm: algorithm) else {
            throw ObjectError(.corrupt, object: id, "bad tag object \(id)")
        }
        return target
    }
}
