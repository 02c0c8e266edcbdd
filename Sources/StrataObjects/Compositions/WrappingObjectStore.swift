public import StrataIO
public import StrataModel

/// A store that hands on to another what it does not do otherwise itself.
public protocol WrappingObjectStore: ObjectStore {
    /// The store that does the work.
    var base: any ObjectStore { get }
}

extension WrappingObjectStore {
    public var algorithm: HashAlgorithm { base.algorithm }

    public var capabilities: ObjectStoreCapabilities { base.capabilities }

    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool { try base.contains(id) }

    public func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        try base.info(of: id, fields)
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        try base.read(id, limit: limit)
    }

    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        try base.stream(id, limit: limit)
    }

    public func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor { try base.cursor(order) }

    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        try base.ids(startingWith: prefix, atMost: count)
    }

    public func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        try base.distinguishingDigits(of: id)
    }

    public func approximateCount() throws(ObjectError) -> Int { try base.approximateCount() }

    public func freshen(_ id: ObjectID) throws(ObjectError) -> Bool { try base.freshen(id) }

    public func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        try base.write(kind, bytes, durability: durability)
    }

    public func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        try base.write(stream, durability: durability)
    }
}
