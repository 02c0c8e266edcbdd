import Glibc
import StrataModel

/// The records of a `packed-refs` file as they lie in memory: lines of a hexadecimal id, one blank and a name, each with at most
/// one line `^<hex>` behind it that tells what the object peels to.
///
/// Finding one's way among them is forgiving as in git: no line is checked but the ones that are asked for. What is assumed is
/// no more than ``PackedRefsContents`` has seen to, that the last byte is a line feed; bounds are checked everywhere, as the file
/// may be written over while it is mapped.
@safe
struct PackedRecords: Sendable {
    // Sendable: the bytes are never written through these, and whoever holds this value holds what keeps them.
    nonisolated(unsafe) let start: UnsafePointer<UInt8>
    nonisolated(unsafe) let end: UnsafePointer<UInt8>
    /// The number of digits of an id.
    let hexCount: Int

    var byteCount: Int { unsafe end - start }

    /// Which record a search looks for.
    enum Edge {
        /// The first one whose name is not before the key.
        case first
        /// The first one whose name comes after all that begin with the key.
        case afterPrefix
    }

    /// The place of `key` among the sorted records, and whether a record there has just that name.
    ///
    /// Halves the bytes rather than the records, as git does: in a file that is not sorted although it says so, both find and
    /// miss the same names. `key` holds no line feed.
    @unsafe
    func locate(
        _ key: UnsafeBufferPointer<UInt8>, _ edge: Edge = .first
    ) -> (place: UnsafePointer<UInt8>, found: Bool) {
        var low = unsafe start
        var high = unsafe end
        while unsafe low != high {
            let middle = unsafe low + (high - low) / 2
            let record = unsafe recordStart(at: middle, notBefore: low)
            let order = unsafe compare(record, key, edge)
            if order < 0 {
                unsafe low = recordEnd(after: middle, notBehind: high)
            } else if order > 0 {
                unsafe high = record
            } else {
                return unsafe (record, true)
            }
        }
        return unsafe (low, false)
    }

    /// The start of the record that the byte at `place` belongs to, or `floor`.
    @unsafe
    @inline(__always)
    func recordStart(at place: UnsafePointer<UInt8>, notBefore floor: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var place = unsafe place
        while unsafe place > floor {
            unsafe place = lineStart(at: place, notBefore: floor)
            if unsafe place == floor || place.pointee != UInt8(ascii: "^") { break }
            unsafe place -= 1
        }
        return unsafe place
    }

    /// Behind the last line feed before `place`, or `floor`.
    @unsafe
    @inline(__always)
    private func lineStart(
        at place: UnsafePointer<UInt8>, notBefore floor: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        var place = unsafe place
        while unsafe place - floor >= 8 {
            let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
            let word = UInt64(littleEndian: unsafe UnsafeRawPointer(place - 8).loadUnaligned(as: UInt64.self))
            let bytes = word ^ 0x0a0a_0a0a_0a0a_0a0a
            // The high bit of every byte that is a line feed.
            let feeds = ~(((bytes & low) &+ low) | bytes | low)
            if feeds != 0 { return unsafe place - feeds.leadingZeroBitCount / 8 }
            unsafe place -= 8
        }
        while unsafe place > floor && place[-1] != 0x0a { unsafe place -= 1 }
        return unsafe place
    }

    /// The start of the record behind the one that the byte at `place` belongs to, or `ceiling`.
    @unsafe
    @inline(__always)
    func recordEnd(after place: UnsafePointer<UInt8>, notBehind ceiling: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var place = unsafe place
        while unsafe place < ceiling {
            guard let feed = unsafe memchr(place, 0x0a, ceiling - place) else { return unsafe ceiling }
            unsafe place = UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) + 1
            if unsafe place < ceiling, unsafe place.pointee != UInt8(ascii: "^") { return unsafe place }
        }
        return unsafe ceiling
    }

    /// Below zero, zero or above zero, as the name of `record` stands before, at or after `key`.
    @unsafe
    @inline(__always)
    func compare(_ record: UnsafePointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>, _ edge: Edge) -> Int {
        let room = unsafe end - record - hexCount - 1
        guard room > 0, let keyBase = key.baseAddress else { return -1 }
        let name = unsafe UnsafeRawPointer(record + hexCount + 1)
        let other = unsafe UnsafeRawPointer(keyBase)
        let shared = min(room, key.count)
        var i = 0
        while i + 8 <= shared {
            let a = UInt64(littleEndian: unsafe name.loadUnaligned(fromByteOffset: i, as: UInt64.self))
            let b = UInt64(littleEndian: unsafe other.loadUnaligned(fromByteOffset: i, as: UInt64.self))
            if a != b {
                let shift = UInt64((a ^ b).trailingZeroBitCount & ~7)
                return Self.order(UInt8(truncatingIfNeeded: a >> shift), UInt8(truncatingIfNeeded: b >> shift))
            }
            i += 8
        }
        while i < shared {
            let a = unsafe name.load(fromByteOffset: i, as: UInt8.self)
            let b = unsafe other.load(fromByteOffset: i, as: UInt8.self)
            if a != b { return Self.order(a, b) }
            i += 1
        }
        if i == room { return -1 }
        if unsafe name.load(fromByteOffset: i, as: UInt8.self) == 0x0a { return 0 }
        return edge == .first ? 1 : -1
    }

    /// The order of two bytes that differ, the first one from a record, whose name ends with a line feed.
    @inline(__always)
    private static func order(_ a: UInt8, _ b: UInt8) -> Int { a == 0x0a || a < b ? -1 : 1 }
}

extension PackedRecords {
    /// `name` as a key to search for. No record's name holds a line feed, so what follows one makes no difference.
    static func key(_ name: [UInt8]) -> [UInt8] {
        guard let feed = name.firstIndex(of: 0x0a) else { return name }
        return name[..<feed] + [0x0b]
    }

    /// Where `name` is or would be.
    @unsafe
    func place(of name: [UInt8], _ edge: Edge = .first) -> UnsafePointer<UInt8> {
        guard !name.isEmpty else { return unsafe edge == .first ? start : end }
        let key = Self.key(name)
        return unsafe key.withUnsafeBufferPointer { unsafe locate($0, edge).place }
    }
}
