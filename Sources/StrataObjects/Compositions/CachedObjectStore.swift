import StrataIO
public import StrataModel

/// A store that remembers the contents of small objects that were read, bounded in bytes.
///
/// What an id names never changes, so what is remembered is right for good; an object that is removed meanwhile may be found for as long as it is
/// remembered. That an object is absent is never remembered: it may come at any moment. Where and how an object is stored is asked anew. Safe to share between threads.
public final class CachedObjectStore: WrappingObjectStore {
    public let base: any ObjectStore
    private let cache: ObjectContentsCache
    private let objectLimit: Int

    /// - Parameters:
    ///   - limit: the most bytes that are kept, each object with 160 more than it has.
    ///   - objectLimit: the size above which an object is not kept.
    public init(_ base: any ObjectStore, limit: Int = 32 << 20, objectLimit: Int = 64 << 10) {
        self.base = base
        self.objectLimit = objectLimit
        cache = ObjectContentsCache(limit: limit)
    }

    private init(_ base: any ObjectStore, like other: CachedObjectStore) {
        self.base = base
        cache = other.cache
        objectLimit = other.objectLimit
    }

    /// The number of bytes that are kept now.
    public var byteCount: Int { cache.byteCount }

    /// Forgets all.
    public func removeAll() { cache.removeAll() }

    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool {
        if cache.contents(id) != nil { return true }
        return try base.contains(id)
    }

    public func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        if fields.isSubset(of: [.kind, .size]), let known = cache.contents(id) {
            return ObjectInfo(kind: known.kind, size: UInt64(known.bytes.count))
        }
        return try base.info(of: id, fields)
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        if let known = cache.contents(id) {
            guard known.bytes.count <= limit else {
                throw ObjectError(.tooLarge, object: id, "object of \(known.bytes.count) bytes is too large")
            }
            return known
        }
        guard let contents = try base.read(id, limit: limit) else { return nil }
        if contents.bytes.count <= objectLimit { cache.keep(contents, id) }
        return contents
    }

    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        if let known = cache.contents(id) { return MemoryObjectStream(known) }
        return try base.stream(id, limit: limit)
    }

    /// The pinned store with the same memory.
    public func pinned() throws(ObjectError) -> any ObjectStore {
        CachedObjectStore(try base.pinned(), like: self)
    }
}
