import Glibc
import StrataModel
public import StrataRefs

/// A walk over the records of a `packed-refs` file.
///
/// Every record on the way is checked as strictly as git checks what it lists: digits, blank, name, peeled id. A malformed but
/// safe name is yielded as broken. The views look into the snapshot, which they keep.
@safe
public struct PackedRefCursor: RefCursor {
    // Sendable: the walk keeps the snapshot, whose bytes do not change.
    private var walk: PackedRefWalk
    private nonisolated(unsafe) var position: UnsafePointer<UInt8>
    /// The end of the file, or the start of the next run of excluded records.
    private nonisolated(unsafe) var limit: UnsafePointer<UInt8>

    init(_ walk: PackedRefWalk) {
        self.walk = walk
        unsafe (position, limit) = walk.stretch(from: walk.start)
    }

    @unsafe
    func isBefore(_ place: UnsafePointer<UInt8>) -> Bool { unsafe position < place }

    public mutating func seek(_ scope: RefScope) throws(RefError) {
        self = try walk.snapshot.packedCursor(over: scope)
    }

    /// The next reference, or nil at the end.
    ///
    /// - Throws: ``RefError/Code/corrupt`` in git's words when the next record is none; again when called again.
    public mutating func next() throws(RefError) -> RefView? {
        if unsafe position >= limit {
            unsafe (position, limit) = walk.stretch(from: position)
            if unsafe position >= walk.end {
                try walk.snapshot.contents.check(path: walk.snapshot.path)
                return nil
            }
        }
        let digits = walk.hexCount
        let record = unsafe position
        let end = unsafe walk.end
        guard unsafe end - record >= digits &+ 2, unsafe PackedRefDigits.areHex(record, count: digits),
            unsafe Self.isBlank(record[digits])
        else { throw unsafe unexpected(record) }
        let name = unsafe record + (digits &+ 1)
        var count = 0
        var isWellFormed = true
        if let plain = unsafe PackedRefNameScan.plainCount(name, before: end) {
            count = plain
        } else {
            unsafe (count, isWellFormed) = try checkName(name, of: record)
        }

        var next = unsafe name + (count &+ 1)
        var peeled: UnsafePointer<UInt8>?
        if unsafe next < end, unsafe next.pointee == UInt8(ascii: "^") {
            guard unsafe end - next >= digits &+ 2, unsafe PackedRefDigits.areHex(next + 1, count: digits),
                unsafe next[digits &+ 1] == 0x0a
            else { throw unsafe unexpected(next) }
            unsafe peeled = next + 1
            unsafe next += digits &+ 2
        }
        guard try unsafe isInside(name, count) else {
            unsafe (position, limit) = (end, end)
            return nil
        }
        unsafe position = next
        return unsafe RefView(
            owner: walk.snapshot, name: UnsafeBufferPointer(start: name, count: count),
            value: UnsafeBufferPointer(start: record, count: digits), peeled: isWellFormed ? peeled : nil,
            form: isWellFormed ? .hex : .broken,
            flags: RefView.Flags(rawValue: isWellFormed ? Self.packed : Self.packedBadName))
    }

    // The options' own constants would be fetched from memory for each record.
    private static var packed: UInt8 { 5 }
    private static var packedBadName: UInt8 { 3 }

    /// What git's `isspace` takes for a blank.
    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// Whether the name begins with the scope's prefix. A name behind the prefix ends the walk; one before it is out of place.
    @unsafe
    @inline(__always)
    private func isInside(_ name: UnsafePointer<UInt8>, _ count: Int) throws(RefError) -> Bool {
        let wanted = walk.prefix.count
        if wanted == 0 { return true }
        if unsafe count >= wanted && walk.end - name >= 8 {
            let word = unsafe UnsafeRawPointer(name).loadUnaligned(as: UInt64.self)
            if (word ^ walk.prefixWord) & walk.prefixMask == 0 && wanted <= 8 { return true }
        }
        let order = unsafe walk.prefix.withUnsafeBufferPointer { prefix in
            unsafe memcmp(name, prefix.baseAddress.unsafelyUnwrapped, min(count, wanted))
        }
        if order == 0 && count >= wanted { return true }
        if order > 0 { return false }
        throw unsafe damage(PackedRefsError.unsorted(walk.snapshot.path, name: bytes(name, count)))
    }
}

/// What is not on the way of healthy files.
extension PackedRefCursor {
    /// The length of the name, and whether it is well formed rather than just safe.
    @unsafe
    @inline(never)
    private func checkName(
        _ name: UnsafePointer<UInt8>, of record: UnsafePointer<UInt8>
    ) throws(RefError) -> (count: Int, isWellFormed: Bool) {
        guard let feed = unsafe memchr(name, 0x0a, walk.end - name) else {
            throw unsafe damage(PackedRefsError.unterminatedLine(walk.snapshot.path, record, before: walk.end))
        }
        let path = walk.snapshot.path
        let count = unsafe UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) - name
        let span = unsafe Span(_unsafeStart: name, count: count)
        if RefNameRules.flaw(in: span, allowing: .oneLevel) == nil { return (count, true) }
        if unsafe memchr(name, 0, count) != nil {
            throw unsafe damage(PackedRefsError.nul(path, name: bytes(name, count)))
        }
        guard RefNameRules.isSafe(span) else {
            throw unsafe damage(PackedRefsError.dangerous(path, name: bytes(name, count)))
        }
        return (count, false)
    }

    @unsafe
    @inline(never)
    private func unexpected(_ line: UnsafePointer<UInt8>) -> RefError {
        unsafe damage(PackedRefsError.unexpectedLine(walk.snapshot.path, line, before: walk.end))
    }

    /// `error`, or its cause where the file was cut short under the mapping.
    private func damage(_ error: RefError) -> RefError {
        do throws(RefError) { try walk.snapshot.contents.check(path: walk.snapshot.path) } catch { return error }
        return error
    }

    @unsafe
    private func bytes(_ name: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: name, count: count))
    }
}
