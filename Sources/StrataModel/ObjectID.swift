/// The name of an object: a SHA-1 (20 bytes) or SHA-256 (32 bytes) hash.
///
/// Held as machine words in the order of the hash's bytes, so that comparing, ordering and hashing work on words.
/// The order is that of the bytes, as in pack indexes; ids of different algorithms order by algorithm.
public struct ObjectID: Sendable {
    /// The first 8 bytes of the hash as one big-endian number.
    public let word0: UInt64
    /// Bytes 8 to 15.
    public let word1: UInt64
    /// Bytes 16 to 23; a SHA-1 fills the upper half only.
    public let word2: UInt64
    /// Bytes 24 to 31; zero for a SHA-1.
    public let word3: UInt64
    public let algorithm: HashAlgorithm

    /// An id from its words, as the properties describe them. The unused bits of a SHA-1 are cleared.
    @inlinable
    public init(algorithm: HashAlgorithm, words: (UInt64, UInt64, UInt64, UInt64)) {
        self.algorithm = algorithm
        word0 = words.0
        word1 = words.1
        if algorithm == .sha1 {
            word2 = words.2 & 0xffff_ffff_0000_0000
            word3 = 0
        } else {
            word2 = words.2
            word3 = words.3
        }
    }

    /// The id whose bytes are all zero: in transactions and reflogs, "no object".
    @inlinable
    public static func zero(_ algorithm: HashAlgorithm) -> ObjectID {
        ObjectID(algorithm: algorithm, words: (0, 0, 0, 0))
    }

    /// Whether all bytes are zero.
    @inlinable public var isZero: Bool { word0 | word1 | word2 | word3 == 0 }
}

extension ObjectID: Hashable {
    @inlinable
    public static func == (a: ObjectID, b: ObjectID) -> Bool {
        (a.word0 ^ b.word0) | (a.word1 ^ b.word1) | (a.word2 ^ b.word2) | (a.word3 ^ b.word3) == 0
            && a.algorithm == b.algorithm
    }

    /// Feeds the first word: the bytes of a hash are as good as random.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(word0)
    }
}

extension ObjectID: Comparable {
    @inlinable
    public static func < (a: ObjectID, b: ObjectID) -> Bool {
        if a.word0 != b.word0 { return a.word0 < b.word0 }
        if a.word1 != b.word1 { return a.word1 < b.word1 }
        if a.word2 != b.word2 { return a.word2 < b.word2 }
        if a.word3 != b.word3 { return a.word3 < b.word3 }
        return a.algorithm.rawValue < b.algorithm.rawValue
    }
}

extension ObjectID {
    /// The id whose raw bytes are `bytes`, or nil when their number is neither 20 nor 32.
    @inlinable
    public init?(bytes: Span<UInt8>) {
        let algorithm: HashAlgorithm
        switch bytes.count {
        case 20: algorithm = .sha1
        case 32: algorithm = .sha256
        default: return nil
        }
        self = unsafe bytes.withUnsafeBytes { bytes in
            func word(_ at: Int) -> UInt64 {
                unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            }
            if algorithm == .sha256 {
                return ObjectID(algorithm: .sha256, words: (word(0), word(8), word(16), word(24)))
            }
            let last = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            return ObjectID(algorithm: .sha1, words: (word(0), word(8), UInt64(last) << 32, 0))
        }
    }

    /// The raw bytes: 20 or 32.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(algorithm.byteCount)
        appendBytes(to: &bytes)
        return bytes
    }

    /// Appends the raw bytes to `output`.
    public func appendBytes(to output: inout [UInt8]) {
        let words = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        unsafe withUnsafeBytes(of: words) { unsafe output.append(contentsOf: $0[..<algorithm.byteCount]) }
    }

    /// The byte at `index`, which must be below the algorithm's byte count.
    public func byte(at index: Int) -> UInt8 {
        precondition(index >= 0 && index < algorithm.byteCount, "byte index outside the object id")
        let word = index < 8 ? word0 : index < 16 ? word1 : index < 24 ? word2 : word3
        return UInt8(truncatingIfNeeded: word >> UInt64(56 - (index & 7) * 8))
    }
}
