import CObjectHash
public import StrataModel

/// Computes the checksum at the end of a pack, an index or another file of git's: the repository's hash of all bytes before it. A copy goes
/// its own way; for one thread at a time.
///
/// No attack is looked for: a checksum says that a file is whole, not who wrote it.
public struct ChecksumHasher: Sendable {
    private var state = Hash()
    private let algorithm: HashAlgorithm

    public init(_ algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        state.start(algorithm == .sha1 ? strata_hash_sha1 : strata_hash_sha256)
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: Span<UInt8>) { state.add(bytes) }

    /// Takes in the next bytes.
    @unsafe
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { unsafe state.add(bytes) }

    /// The checksum of what was taken in. More may follow, and gives another checksum.
    public func finish() -> ObjectID { state.end(algorithm).digest }
}
