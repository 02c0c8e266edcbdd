import Glibc
import StrataIO
package import StrataModel
package import StrataRefs

extension PackedRefSnapshot {
    /// Whether both are of one file, which is open all the while, so that no other gets its number.
    private func isOfSameFile(as other: PackedRefSnapshot) -> Bool {
        guard let stamp = contents.stamp, let otherStamp = other.contents.stamp, !stamp.isAbsent, !otherStamp.isAbsent
        else { return false }
        return contents.isMapped && other.contents.isMapped && stamp.device == otherStamp.device
            && stamp.inode == otherStamp.inode
    }

    /// Whether nobody has written into the file that both are of.
    private func provesUnchanged(since other: PackedRefSnapshot) -> Bool {
        guard let stamp = contents.stamp, let otherStamp = other.contents.stamp else { return false }
        // Another name for it changes the other time.
        return stamp.size == otherStamp.size && stamp.modified == otherStamp.modified && !otherStamp.isRacy
    }

    /// The names whose records are not the same in `older`, some of them perhaps twice; nil = there are more than `limit`, what stands there is no
    /// record, or it cannot be told, because somebody may have written into the file, which git never does.
    ///
    /// What both files hold side by side is passed over as fast as memory is read. No record is left out, whatever the order of the lines: one that
    /// is not passed over in both is told of.
    ///
    /// - Throws: ``RefError/Code/unavailable`` when a file was cut short meanwhile.
    package func changedNames(since older: PackedRefSnapshot, limit: Int) throws(RefError) -> [RefName]? {
        if isOfSameFile(as: older) { return provesUnchanged(since: older) ? [] : nil }
        guard hashAlgorithm == older.hashAlgorithm else { return nil }
        let names = PackedRefsDifference(older.records, records).names(limit: limit)
        try contents.check(path: path)
        try older.contents.check(path: older.path)
        return names
    }
}

/// Two versions of the records of a file, gone through side by side.
@safe
private struct PackedRefsDifference {
    private let (old, new): (PackedRecords, PackedRecords)

    init(_ old: PackedRecords, _ new: PackedRecords) { (self.old, self.new) = (old, new) }

    func names(limit: Int) -> [RefName]? {
        var (a, b) = unsafe (old.start, new.start)
        var names: [RefName] = []
        while unsafe a < old.end || b < new.end {
            let room = unsafe min(old.end - a, new.end - b)
            let common = unsafe Self.commonCount(a, b, room)
            if common > 0 {
                // Back to the beginning of the record in which they part, which is the same in both.
                let (atOld, atNew) = unsafe (a + common, b + common)
                let isEnd = unsafe atOld == old.end && atNew == new.end
                let start =
                    unsafe isEnd || isBoundary(atOld, in: old) && isBoundary(atNew, in: new)
                    ? atOld : old.recordStart(at: atOld - 1, notBefore: a)
                unsafe (a, b) = (start, b + (start - a))
                if unsafe a == old.end && b == new.end { break }
            }
            let (x, y) = unsafe (a < old.end ? name(a, in: old) : nil, b < new.end ? name(b, in: new) : nil)
            if unsafe x == nil && a < old.end || y == nil && b < new.end || names.count >= limit { return nil }
            let order = unsafe Self.order(x, y)
            if order <= 0, let x = unsafe x {
                names.append(RefName(unchecked: unsafe Array(x)))
                unsafe a = old.recordEnd(after: a, notBehind: old.end)
            }
            if order >= 0, let y = unsafe y {
                if order > 0 { names.append(RefName(unchecked: unsafe Array(y))) }
                unsafe b = new.recordEnd(after: b, notBehind: new.end)
            }
        }
        return names
    }

    /// Whether a record begins at `place`, or the file ends.
    @unsafe
    private func isBoundary(_ place: UnsafePointer<UInt8>, in records: PackedRecords) -> Bool {
        if unsafe place > records.start, unsafe place[-1] != 0x0a { return false }
        return unsafe place == records.end || place.pointee != UInt8(ascii: "^")
    }

    @unsafe
    private func name(_ record: UnsafePointer<UInt8>, in records: PackedRecords) -> UnsafeBufferPointer<UInt8>? {
        let room = unsafe records.end - record - records.hexCount - 1
        guard room > 1 else { return nil }
        let start = unsafe record + records.hexCount + 1
        guard let feed = unsafe memchr(start, 0x0a, room) else { return nil }
        let count = unsafe UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) - start
        return count > 0 ? unsafe UnsafeBufferPointer(start: start, count: count) : nil
    }

    /// As the names stand; nil = behind all.
    @unsafe
    private static func order(_ x: UnsafeBufferPointer<UInt8>?, _ y: UnsafeBufferPointer<UInt8>?) -> Int {
        guard let x = unsafe x else { return 1 }
        guard let y = unsafe y else { return -1 }
        return unsafe RefNameOrder.compare(Span(_unsafeElements: x), Span(_unsafeElements: y))
    }

    @unsafe
    private static func commonCount(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ room: Int) -> Int {
        var count = 0
        let step = 4096
        while count + step <= room, unsafe memcmp(a + count, b + count, step) == 0 { count += step }
        let rest = min(step, room - count)
        let (x, y) = unsafe (
            Span(_unsafeElements: UnsafeBufferPointer(start: a + count, count: rest)),
            Span(_unsafeElements: UnsafeBufferPointer(start: b + count, count: rest))
        )
        return count + RefNameOrder.commonCount(x, y)
    }
}
