import Glibc
import StrataModel
import StrataRefs
import SystemPackage

/// What a `packed-refs` file turns out to be when it is opened: its header, and where its records are.
///
/// No more of the file is looked at than git looks at: the header, the last record and, where the header does not vouch for the
/// order, the start of every line.
struct PackedRefsLayout {
    let header: PackedRefsHeader
    let records: PackedRecords
    /// The records in order, where the file has them in another; they lie in here then.
    let sorted: PackedRefsMemory?

    /// The layout of the file whose bytes are from `start` to `end`.
    ///
    /// - Parameter distrusted: checks the order even if the header vouches for it.
    /// - Throws: ``RefError/Code/corrupt``, in git's words. Git's function: `create_snapshot`.
    @unsafe
    init(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ algorithm: HashAlgorithm, path: FilePath,
        distrusted: Bool = false
    ) throws(RefError) {
        var header = PackedRefsHeader.none
        var first = unsafe start
        if unsafe start < end, unsafe start.pointee == UInt8(ascii: "#") {
            guard let feed = unsafe memchr(start, 0x0a, end - start) else {
                throw unsafe PackedRefsError.unterminatedLine(path, start, before: end)
            }
            unsafe first = UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) + 1
            guard
                let found = unsafe PackedRefsHeader(
                    line: Array(UnsafeBufferPointer(start: start, count: first - start)))
            else { throw unsafe PackedRefsError.unexpectedLine(path, start, before: end) }
            header = found
        }
        self.header = header
        let records = unsafe PackedRecords(start: first, end: end, hexCount: algorithm.hexCount)
        try records.checkEnd(path: path)
        if !distrusted && header.traits.contains(.sorted) {
            self.records = records
            sorted = nil
            return
        }
        guard let memory = try records.sortedCopy(path: path) else {
            self.records = records
            sorted = nil
            return
        }
        sorted = memory
        self.records = unsafe PackedRecords(
            start: memory.base, end: memory.base + memory.count, hexCount: algorithm.hexCount)
        // Another record is the last one now, and it may be too short.
        try self.records.checkEnd(path: path)
    }
}

extension PackedRecords {
    /// Whether the last record ends with a line feed and is as long as a record has to be. Git's function: `verify_buffer_safe`.
    fileprivate func checkEnd(path: FilePath) throws(RefError) {
        guard byteCount > 0 else { return }
        let last = unsafe recordStart(at: end - 1, notBefore: start)
        guard unsafe (end - 1).pointee == 0x0a, unsafe end - last >= hexCount + 2 else {
            throw unsafe PackedRefsError.unexpectedLine(path, last, before: end)
        }
    }

    /// The records in the order of their names; nil when they stand in it already, without duplicates. Records of one name keep
    /// their order. Git's function: `sort_snapshot`.
    fileprivate func sortedCopy(path: FilePath) throws(RefError) -> PackedRefsMemory? {
        var places: [Range<Int>] = []
        places.reserveCapacity(byteCount / 80 + 20)
        var isSorted = true
        var line = unsafe start
        while unsafe line < end {
            guard let feed = unsafe memchr(line, 0x0a, end - line) else {
                throw unsafe PackedRefsError.unterminatedLine(path, line, before: end)
            }
            let lineEnd = unsafe UnsafePointer(feed.assumingMemoryBound(to: UInt8.self))
            guard unsafe lineEnd - line >= hexCount + 2 else {
                throw unsafe PackedRefsError.unexpectedLine(path, line, before: end)
            }
            var next = unsafe lineEnd + 1
            if unsafe next < end, unsafe next.pointee == UInt8(ascii: "^") {
                guard let feed = unsafe memchr(next, 0x0a, end - next) else {
                    throw unsafe PackedRefsError.unterminatedLine(path, next, before: end)
                }
                unsafe next = UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) + 1
            }
            let place = unsafe (line - start)..<(next - start)
            if isSorted, let last = places.last { isSorted = order(last, place) < 0 }
            places.append(place)
            unsafe line = next
        }
        guard !isSorted else { return nil }
        places.sort { a, b in
            let order = order(a, b)
            return order == 0 ? a.lowerBound < b.lowerBound : order < 0
        }
        return unsafe PackedRefsMemory(count: byteCount) { memory in
            var at = 0
            for place in places {
                let record = unsafe UnsafeBufferPointer(start: start + place.lowerBound, count: place.count)
                _ = unsafe UnsafeMutableBufferPointer(rebasing: memory[at..<at + place.count]).update(
                    fromContentsOf: record)
                at += place.count
            }
        }
    }

    /// The order of the names of two records, which are long enough to have some.
    private func order(_ a: Range<Int>, _ b: Range<Int>) -> Int {
        var i = hexCount + 1
        while true {
            // A record ends with a line feed; a file that changes meanwhile must not lead astray.
            guard i < a.count else { return i < b.count ? -1 : 0 }
            guard i < b.count else { return 1 }
            let (x, y) = unsafe (start[a.lowerBound + i], start[b.lowerBound + i])
            if x == 0x0a { return y == 0x0a ? 0 : -1 }
            if x != y { return y == 0x0a || x > y ? 1 : -1 }
            i += 1
        }
    }
}
