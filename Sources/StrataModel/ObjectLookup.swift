/// How references ask about objects, so that nothing of references needs to know how objects are stored.
///
/// An answer of nil means *absent*, and only that: every place that could hold the object was read without error.
/// What cannot be understood or cannot be read is thrown. Every method may block on files; all may be called from
/// any thread at once.
public protocol ObjectLookup: Sendable {
    /// The algorithm that names the objects; an id of another algorithm is absent.
    var algorithm: HashAlgorithm { get }

    /// Whether the object is there. Its contents are not looked at.
    func contains(_ id: ObjectID) throws(ObjectError) -> Bool

    /// The object's kind, or nil when it is absent.
    func kind(of id: ObjectID) throws(ObjectError) -> ObjectKind?

    /// The object's kind and size, or nil when it is absent.
    func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader?

    /// What the tag `id` names itself, one step and unverified; nil when `id` is absent or is no tag.
    ///
    /// - Throws: `corrupt` when the tag cannot be parsed.
    func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID?

    /// The object at the end of the chain of tags that starts at `id`: `id` itself when it is no tag.
    ///
    /// nil when `id`, or an object that a tag of the chain names, is absent. With `verifyingTarget` false the last
    /// object is taken on the last tag's word, as when git lists what a tag peels to; with true it must exist.
    /// Answers to git's `peel_object`, with and without `PEEL_OBJECT_VERIFY_TAGGED_OBJECT_TYPE`.
    /// - Throws: `corrupt` when a tag cannot be parsed, or states another kind than the object that it names has.
    func peel(_ id: ObjectID, verifyingTarget: Bool) throws(ObjectError) -> TypedObjectID?
}

extension ObjectLookup {
    public func kind(of id: ObjectID) throws(ObjectError) -> ObjectKind? { try header(of: id)?.kind }

    /// `peel(_:verifyingTarget:)` with the last object verified.
    public func peel(_ id: ObjectID) throws(ObjectError) -> TypedObjectID? {
        try peel(id, verifyingTarget: true)
    }

    /// Peels by `kind(of:)` and `tagTarget(of:)`. The chain ends of itself: a tag's id depends on what it names.
    /// Files that lie are cut off after 1,000 tags.
    public func peel(_ id: ObjectID, verifyingTarget: Bool) throws(ObjectError) -> TypedObjectID? {
        guard let first = try kind(of: id) else { return nil }
        var current = TypedObjectID(id: id, kind: first)
        for _ in 0..<1000 {
            guard current.kind == .tag else { return current }
            guard let target = try tagTarget(of: current.id) else { return nil }
            if verifyingTarget || target.kind == .tag {
                guard let actual = try kind(of: target.id) else { return nil }
                guard actual == target.kind else {
                    throw ObjectError(
                        .corrupt, object: target.id,
                        "object \(target.id) is a \(actual), not a \(target.kind) as tag \(current.id) says")
                }
            }
            current = target
        }
        throw ObjectError(.corrupt, object: id, "chain of more than 1000 tags")
    }
}
