/// Hexadecimal digits, checked without being decoded.
enum PackedRefDigits {
    /// Whether `count` digits, at least 16, stand at `base`. `count` is a multiple of eight.
    @unsafe
    @inline(__always)
    static func areHex(_ base: UnsafePointer<UInt8>, count: Int) -> Bool {
        let base = unsafe UnsafeRawPointer(base)
        var all = unsafe digits(base + (count - 16))
        var i = 0
        while i + 16 < count {
            unsafe all .&= digits(base + i)
            i += 16
        }
        let words = unsafe unsafeBitCast(all, to: SIMD2<UInt64>.self)
        return words[0] & words[1] == UInt64.max
    }

    @unsafe
    @inline(__always)
    private static func digits(_ base: UnsafeRawPointer) -> SIMDMask<SIMD16<Int8>> {
        let byte = unsafe base.loadUnaligned(as: SIMD16<UInt8>.self)
        let lower = byte | SIMD16(repeating: 0x20)
        return ((byte &- SIMD16(repeating: 0x30)) .<= SIMD16(repeating: 9))
            .| ((lower &- SIMD16(repeating: 0x61)) .<= SIMD16(repeating: 5))
    }
}
