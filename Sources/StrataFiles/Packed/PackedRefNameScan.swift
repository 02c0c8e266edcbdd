import StrataModel

/// Finds the end of a refname and whether the name is well formed in one go, sixteen bytes at a time.
enum PackedRefNameScan {
    private typealias Block = SIMD16<UInt8>
    private typealias Mask = SIMDMask<SIMD16<Int8>>

    /// The length of the name that starts at `name` and ends before a line feed, if it is plainly well formed. Nil says nothing:
    /// the name may be malformed, unusual, too close to `end` or not ended at all.
    @unsafe
    @inline(__always)
    static func plainCount(_ name: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>) -> Int? {
        let base = unsafe UnsafeRawPointer(name)
        // Each block looks one byte further than it is long.
        let room = unsafe end - name - 17
        var dots = Block(repeating: 0)
        var i = 0
        while i <= room {
            let byte = unsafe base.loadUnaligned(fromByteOffset: i, as: Block.self)
            let next = unsafe base.loadUnaligned(fromByteOffset: i &+ 1, as: Block.self)
            dots |= bits(byte .== Block(repeating: UInt8(ascii: ".")))
            if let stop = firstIndex(suspects(byte, next)) {
                let count = i &+ stop
                guard count > 1, unsafe name[count] == 0x0a, unsafe name[count &- 1] != UInt8(ascii: "/"),
                    unsafe name[0] != UInt8(ascii: "/")
                else { return nil }
                if isZero(dots) { return count }
                return unsafe areDotsPlain(name, count) ? count : nil
            }
            i &+= 16
        }
        return nil
    }

    /// Bytes that end a name or may make it malformed; dots are not among them.
    @inline(__always)
    private static func suspects(_ byte: Block, _ next: Block) -> Mask {
        // Control characters and the blank. (Comparisons of unsigned bytes are single instructions; of signed ones, loops.)
        var found = byte .<= Block(repeating: 0x20)
        // [ \ ] ^ and { | } ~
        found .|= ((byte | Block(repeating: 0x20)) &- Block(repeating: 0x7b)) .<= Block(repeating: 3)
        found .|= byte .== Block(repeating: 0x7f)
        // * and :
        found .|= (byte | Block(repeating: 0x10)) .== Block(repeating: 0x3a)
        found .|= byte .== Block(repeating: UInt8(ascii: "?"))
        let slash = Block(repeating: UInt8(ascii: "/"))
        found .|= (byte .== slash) .& (next .== slash)
        return found
    }

    /// Whether no dot of the name is first in a component, last in the name, before another or the start of `.lock`.
    @unsafe
    @inline(__always)
    private static func areDotsPlain(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard unsafe name[0] != UInt8(ascii: "."), unsafe name[count &- 1] != UInt8(ascii: ".") else { return false }
        var i = 1
        while i < count {
            if unsafe name[i] == UInt8(ascii: ".") {
                // The byte behind the name is a line feed.
                let (before, after) = unsafe (name[i &- 1], name[i &+ 1])
                if before == UInt8(ascii: "/") || after == UInt8(ascii: ".") || after == UInt8(ascii: "l") {
                    return false
                }
            }
            i &+= 1
        }
        return true
    }

    @inline(__always)
    private static func bits(_ mask: Mask) -> Block { unsafe unsafeBitCast(mask, to: Block.self) }

    @inline(__always)
    private static func isZero(_ block: Block) -> Bool {
        let words = unsafe unsafeBitCast(block, to: SIMD2<UInt64>.self)
        return words[0] | words[1] == 0
    }

    /// The first byte that `mask` is set for.
    @inline(__always)
    private static func firstIndex(_ mask: Mask) -> Int? {
        let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        let (low, high) = (UInt64(littleEndian: words[0]), UInt64(littleEndian: words[1]))
        if low | high == 0 { return nil }
        return low != 0 ? low.trailingZeroBitCount >> 3 : 8 &+ high.trailingZeroBitCount >> 3
    }
}
