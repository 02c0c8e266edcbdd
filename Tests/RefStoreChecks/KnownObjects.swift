public import StrataModel

/// Objects of which only the kinds are known.
public struct KnownObjects: ObjectLookup {
    public let algorithm = HashAlgorithm.sha1
    public var kinds: [ObjectID: ObjectKind]
    public var targets: [ObjectID: TypedObjectID]
    /// Thrown for whatever is asked.
    public var failure: ObjectError?

    public init(kinds: [ObjectID: ObjectKind], targets: [ObjectID: TypedObjectID] = [:]) {
        self.kinds = kinds
        self.targets = targets
    }

    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool {
        if let failure { throw failure }
        return kinds[id] != nil
    }

    public func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader? {
        if let failure { throw failure }
        return kinds[id].map { ObjectHeader(kind: $0, size: 0) }
    }

    public func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID? {
        if let failure { throw failure }
        return targets[id]
    }
}
