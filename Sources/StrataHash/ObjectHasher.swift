import CObjectHash
public import StrataModel

/// Computes an object's id from its contents, piece by piece. A copy goes its own way; for one thread at a time.
///
/// SHA-1 is computed with collision detection, as git does: contents that one of the known attacks on SHA-1 has made, of which there are others
/// with the same id, have no id. It costs a third of SHA-1's speed where the processor has instructions for SHA-1.
public struct ObjectHasher: Sendable {
    private var state = Hash()
    private let algorithm: HashAlgorithm

    /// Begins an object of `size` bytes: exactly so many must follow, else the id is that of no object.
    public init(_ kind: ObjectKind, size: UInt64, algorithm: HashAlgorithm) {
        self.init(storedFormOf: algorithm)
        var header = Array(kind.name.utf8)
        header.append(UInt8(ascii: " "))
        header.append(contentsOf: String(size).utf8)
        header.append(0)
        update(header.span)
    }

    /// Begins an object whose header, `<kind> <size>\0`, follows with its bytes, as loose objects have it.
    public init(storedFormOf algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        state.start(algorithm == .sha1 ? strata_hash_sha1_guarded : strata_hash_sha256)
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: Span<UInt8>) { state.add(bytes) }

    /// Takes in the next bytes.
    @unsafe
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { unsafe state.add(bytes) }

    /// The id of what was taken in. More may follow, and gives another id.
    ///
    /// - Throws: `collision` where the bytes are part of an attack on SHA-1; the error names the id that plain SHA-1 gives.
    public func finish() throws(ObjectError) -> ObjectID {
        let (id, collides) = state.end(algorithm)
        if collides {
            throw ObjectError(.collision, object: id, "SHA-1 appears to be part of a collision attack: \(id)")
        }
        return id
    }

    /// The id of an object with these contents.
    ///
    /// - Throws: as ``finish()`` does.
    public static func id(
        of kind: ObjectKind, _ bytes: Span<UInt8>, algorithm: HashAlgorithm
    ) throws(ObjectError) -> ObjectID {
        var hasher = ObjectHasher(kind, size: UInt64(bytes.count), algorithm: algorithm)
        hasher.update(bytes)
        return try hasher.finish()
    }
}
