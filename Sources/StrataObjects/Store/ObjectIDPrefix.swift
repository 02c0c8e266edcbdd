public import StrataModel

/// The leading digits of object ids: those from ``lowest`` to ``highest``.
public struct ObjectIDPrefix: Sendable, Hashable {
    /// The lowest id that starts with the digits.
    public let lowest: ObjectID
    public let highest: ObjectID

    /// Parses hexadecimal digits of either case, at most as many as an id has; nil when they are none.
    public init?(_ digits: Span<UInt8>, algorithm: HashAlgorithm) {
        guard digits.count <= algorithm.hexCount else { return nil }
        var padded = [UInt8](repeating: UInt8(ascii: "0"), count: algorithm.hexCount)
        for place in 0..<digits.count { padded[place] = digits[place] }
        guard let lowest = ObjectID(hex: padded.span) else { return nil }
        for place in digits.count..<padded.count { padded[place] = UInt8(ascii: "f") }
        guard let highest = ObjectID(hex: padded.span) else { return nil }
        self.lowest = lowest
        self.highest = highest
    }

    /// All ids whose first byte is `byte`.
    public init(firstByte byte: UInt8, algorithm: HashAlgorithm) {
        let word = UInt64(byte) << 56
        lowest = ObjectID(algorithm: algorithm, words: (word, 0, 0, 0))
        highest = ObjectID(algorithm: algorithm, words: (word | .max >> 8, .max, .max, .max))
    }

    @inlinable public func matches(_ id: ObjectID) -> Bool { !(id < lowest) && !(highest < id) }
}

extension ObjectID {
    /// The number of leading digits after which this id and `other` differ, the differing one included; 0 for the same id.
    func digitsDistinguishing(from other: ObjectID) -> Int {
        if self == other { return 0 }
        let words = [word0 ^ other.word0, word1 ^ other.word1, word2 ^ other.word2, word3 ^ other.word3]
        guard let different = words.firstIndex(where: { $0 != 0 }) else { return 0 }
        return different * 16 + words[different].leadingZeroBitCount / 4 + 1
    }
}
