import CObjectHash
import StrataModel

/// The state of one of the hashes in C.
struct Hash: Sendable {
    private var state = strata_hash()

    mutating func start(_ kind: strata_hash_kind) { unsafe strata_hash_start(&state, kind) }

    mutating func add(_ bytes: Span<UInt8>) { unsafe bytes.withUnsafeBytes { unsafe add($0) } }

    @unsafe
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        unsafe strata_hash_add(&state, bytes.baseAddress, bytes.count)
    }

    /// The digest, and whether the bytes are part of an attack.
    func end(_ algorithm: HashAlgorithm) -> (digest: ObjectID, collides: Bool) {
        var state = state
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let collides = unsafe withUnsafeMutableBytes(of: &words) { digest in
            unsafe strata_hash_end(&state, digest.baseAddress) != 0
        }
        let id = ObjectID(
            algorithm: algorithm,
            words: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian))
        return (id, collides)
    }
}
