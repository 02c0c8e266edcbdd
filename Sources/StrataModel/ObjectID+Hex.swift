/// Hexadecimal, eight digits at a time in one machine word.
@usableFromInline
enum HexWords {
    /// The 32 bits written by eight ASCII digits, the first digit in the word's highest byte; nil when one is no hex digit.
    @inline(__always)
    @inlinable
    static func decode(_ digits: UInt64) -> UInt64? {
        let high: UInt64 = 0x8080_8080_8080_8080
        let lower = digits | 0x2020_2020_2020_2020
        // A byte's high bit is set in a term where the comparison holds; no sum carries, as every byte is below 0x80.
        guard digits & high == 0 else { return nil }
        let isDigit = (digits &+ 0x5050_5050_5050_5050) & ~(digits &+ 0x4646_4646_4646_4646)  // '0'...'9'
        let isLetter = (lower &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(lower &+ 0x1919_1919_1919_1919)  // 'a'...'f'
        guard (isDigit | isLetter) & high == high else { return nil }
        return decode(checked: digits)
    }

    /// The 32 bits written by eight ASCII digits that are known to be hex digits.
    @inline(__always)
    @inlinable
    static func decode(checked digits: UInt64) -> UInt64 {
        let nibbles = (digits & 0x0f0f_0f0f_0f0f_0f0f) &+ ((digits >> 6) & 0x0101_0101_0101_0101) &* 9
        let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff
        let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff
        return (quads | quads >> 16) & 0xffff_ffff
    }

    /// The eight lower-case digits of 32 bits, the first digit in the word's highest byte.
    @inline(__always)
    @inlinable
    static func encode(_ bits: UInt64) -> UInt64 {
        let quads = (bits | bits << 16) & 0x0000_ffff_0000_ffff
        let pairs = (quads | quads << 8) & 0x00ff_00ff_00ff_00ff
        let nibbles = (pairs | pairs << 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }
}

extension ObjectID {
    /// The id that `hex` writes in full, in either case, or nil. `hex` must have 40 or 64 digits.
    @inlinable
    public init?(hex: UnsafeRawBufferPointer) {
        guard let algorithm = HashAlgorithm(hexCount: hex.count), let base = hex.baseAddress else { return nil }
        unsafe self.init(hexAt: base, algorithm: algorithm)
    }

    /// The id written by the digits from `base` on, as many as `algorithm` has; nil when one is no hex digit.
    ///
    /// For parsers that have checked the bounds. - Warning: reads `algorithm.hexCount` bytes, whatever is there.
    @unsafe
    @inlinable
    public init?(hexAt base: UnsafeRawPointer, algorithm: HashAlgorithm) {
        guard let a = unsafe Self.hexWord(base), let b = unsafe Self.hexWord(base + 16),
            let c = unsafe Self.hexHalf(base + 32)
        else { return nil }
        if algorithm == .sha1 {
            self.init(algorithm: .sha1, words: (a, b, c << 32, 0))
            return
        }
        guard let d = unsafe Self.hexHalf(base + 40), let e = unsafe Self.hexWord(base + 48) else { return nil }
        self.init(algorithm: .sha256, words: (a, b, c << 32 | d, e))
    }

    /// The id written by the digits from `base` on, which are known to be hex digits. Others give some id or other.
    ///
    /// - Warning: reads `algorithm.hexCount` bytes, whatever is there.
    @unsafe
    @inlinable
    package init(checkedHexAt base: UnsafeRawPointer, algorithm: HashAlgorithm) {
        func half(_ offset: Int) -> UInt64 {
            HexWords.decode(
                checked: UInt64(bigEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        }
        let (a, b, c) = (half(0) << 32 | half(8), half(16) << 32 | half(24), half(32) << 32)
        if algorithm == .sha1 {
            self.init(algorithm: .sha1, words: (a, b, c, 0))
        } else {
            self.init(algorithm: .sha256, words: (a, b, c | half(40), half(48) << 32 | half(56)))
        }
    }

    @inline(__always)
    @inlinable
    static func hexHalf(_ p: UnsafeRawPointer) -> UInt64? {
        HexWords.decode(UInt64(bigEndian: unsafe p.loadUnaligned(as: UInt64.self)))
    }

    @inline(__always)
    @inlinable
    static func hexWord(_ p: UnsafeRawPointer) -> UInt64? {
        guard let high = unsafe hexHalf(p), let low = unsafe hexHalf(p + 8) else { return nil }
        return high << 32 | low
    }

    /// The id that `hex` writes in full, in either case, or nil.
    public init?(hex: Span<UInt8>) {
        let id: ObjectID? = unsafe hex.withUnsafeBytes { unsafe ObjectID(hex: $0) }
        guard let id else { return nil }
        self = id
    }

    /// The id that `hex` writes in full, in either case, or nil.
    public init?(hex: some StringProtocol) {
        var text = String(hex)
        let id: ObjectID? = text.withUTF8 { unsafe ObjectID(hex: UnsafeRawBufferPointer($0)) }
        guard let id else { return nil }
        self = id
    }

    /// Calls `body` with the lower-case hexadecimal digits, 40 or 64 bytes, without allocating.
    @inlinable
    public func withHex<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        var digits: [8 of UInt64] = .init(repeating: 0)
        let words: [4 of UInt64] = [word0, word1, word2, word3]
        for i in 0..<4 {
            digits[2 * i] = HexWords.encode(words[i] >> 32).bigEndian
            digits[2 * i + 1] = HexWords.encode(words[i] & 0xffff_ffff).bigEndian
        }
        return try unsafe body(digits.span.bytes.extracting(first: algorithm.hexCount)._unsafeView(as: UInt8.self))
    }

    /// The lower-case hexadecimal digits.
    public var hex: String {
        withHex { digits in
            unsafe String(unsafeUninitializedCapacity: 64) { buffer in
                for i in 0..<digits.count { unsafe buffer[i] = digits[i] }
                return digits.count
            }
        }
    }

    /// Appends the lower-case hexadecimal digits to `output`.
    public func appendHex(to output: inout [UInt8]) {
        withHex { digits in
            unsafe digits.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
        }
    }
}

extension ObjectID: CustomStringConvertible {
    public var description: String { hex }
}
