public import StrataIO
public import StrataModel

/// A store without its writes.
public struct ReadOnlyObjectStore: WrappingObjectStore {
    public let base: any ObjectStore

    public init(_ base: any ObjectStore) { self.base = base }

    public var capabilities: ObjectStoreCapabilities { base.capabilities.subtracting([.writes, .durable]) }

    /// False: the time of an object is written too.
    public func freshen(_ id: ObjectID) -> Bool { false }

    /// - Throws: `refused`.
    public func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID { throw Self.refusal }

    /// - Throws: `refused`.
    public func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        throw Self.refusal
    }

    public func pinned() throws(ObjectError) -> any ObjectStore { ReadOnlyObjectStore(try base.pinned()) }

    private static var refusal: ObjectError { ObjectError(.refused, "the store is read-only") }
}
