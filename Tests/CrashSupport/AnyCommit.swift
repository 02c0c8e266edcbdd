public import StrataModel

/// Takes every id for a commit's.
public struct AnyCommit: ObjectLookup {
    public let algorithm = HashAlgorithm.sha1
    public init() {}
    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool { true }
    public func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader? {
        ObjectHeader(kind: .commit, size: 0)
    }
    public func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID? { nil }
    public func peel(_ id: ObjectID, verifyingTarget: Bool) throws(ObjectError) -> TypedObjectID? {
        TypedObjectID(id: id, kind: .commit)
    }
}
