import StrataHash
public import StrataModel

/// A store whose contents are hashed when they are read: what is not the object that was asked for is corrupt.
///
/// Git does not look when it reads. Costs a pass of hashing (SHA-1: some 800 MB a second). What is told of an object without its contents is not checked.
public struct VerifyingObjectStore: WrappingObjectStore {
    public let base: any ObjectStore

    public init(_ base: any ObjectStore) { self.base = base }

    /// The object's kind and contents; nil when it is absent.
    ///
    /// - Throws: `corrupt` when the contents give another id, `collision` when they are part of an attack on SHA-1; what the store throws.
    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        guard let contents = try base.read(id, limit: limit) else { return nil }
        let found = try ObjectHasher.id(of: contents.kind, contents.bytes.span, algorithm: id.algorithm)
        guard found == id else { throw Self.mismatch(id, found) }
        return contents
    }

    /// The object's contents piece by piece. That they are wrong is found out at the end: whoever needs to know before uses nothing until then.
    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        try base.stream(id, limit: limit).map { VerifyingObjectStream($0, id) }
    }

    public func pinned() throws(ObjectError) -> any ObjectStore { VerifyingObjectStore(try base.pinned()) }

    static func mismatch(_ id: ObjectID, _ found: ObjectID) -> ObjectError {
        ObjectError(.corrupt, object: id, "hash mismatch: contents are those of \(found)")
    }
}

private final class VerifyingObjectStream: ObjectStream {
    private let base: any ObjectStream
    private let id: ObjectID
    private var hasher: ObjectHasher
    private var hasEnded = false

    init(_ base: any ObjectStream, _ id: ObjectID) {
        self.base = base
        self.id = id
        hasher = ObjectHasher(base.kind, size: base.size, algorithm: id.algorithm)
    }

    var kind: ObjectKind { base.kind }
    var size: UInt64 { base.size }

    func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool {
        if try base.next(&chunk) {
            hasher.update(chunk.span)
            return true
        }
        if hasEnded { return false }
        let found = try hasher.finish()
        guard found == id else { throw VerifyingObjectStore.mismatch(id, found) }
        hasEnded = true
        return false
    }
}
