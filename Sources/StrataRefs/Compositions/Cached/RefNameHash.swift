/// A hash of a name, eight bytes at a time. Seeded, so that nobody outside can choose names that collide.
enum RefNameHash {
    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

    @unsafe
    @inline(__always)
    static func hash(_ name: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
        var state = fold(seed ^ UInt64(truncatingIfNeeded: name.count), factor)
        var at = 0
        while at < name.count {
            state = unsafe fold(state ^ word(name, at), factor)
            at &+= 8
        }
        return fold(state ^ seed, factor)
    }

    /// The eight bytes from `at` on, which must lie inside, the first one lowest; zeros where the name has ended.
    @unsafe
    @inline(__always)
    static func word(_ name: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt64 {
        let left = name.count &- at
        guard let base = unsafe name.baseAddress.map({ unsafe UnsafeRawPointer($0) }) else { return 0 }
        if left >= 8 { return unsafe UInt64(littleEndian: (base + at).loadUnaligned(as: UInt64.self)) }
        if at > 0 {
            // The last eight bytes, without those that belong to the word before.
            let last = unsafe UInt64(littleEndian: (base + (name.count &- 8)).loadUnaligned(as: UInt64.self))
            return last >> UInt64(8 &* (8 &- left))
        }
        var word: UInt64 = 0
        for i in 0..<left { word |= unsafe UInt64(name[i]) << UInt64(8 &* i) }
        return word
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
