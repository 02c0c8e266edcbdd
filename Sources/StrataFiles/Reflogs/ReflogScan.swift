import Glibc
package import StrataRefs

/// Walks the lines of a file in blocks, forwards or backwards, without ever holding the whole file.
///
/// The descriptor's position is not used. A file that grows meanwhile is read as far as it went at the start.
package struct ReflogScan {
    private let file: Int32
    /// Lines longer than about this many bytes are passed over like malformed ones.
    private let longestLine: Int
    /// How much is read at once, where lines are no longer.
    private let block: Int
    /// The error for an `errno`.
    private let unreadable: (Int32) -> RefError

    package init(
        file: Int32, longestLine: Int = 1 << 22, block: Int = 1 << 13, unreadable: @escaping (Int32) -> RefError
    ) {
        self.file = file
        self.longestLine = longestLine
        self.block = block
        self.unreadable = unreadable
    }

    private func size() -> Int? {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return nil }
        return Int(status.st_size)
    }

    /// Calls `body` with each line, its line feed included, first to last, until it returns false. What stands behind the last
    /// line feed is no line.
    package func forward(_ body: (Span<UInt8>) throws(RefError) -> Bool) throws(RefError) {
        guard let size = size() else { throw unreadable(errno) }
        var pending: [UInt8] = []
        var (offset, step, tooLong) = (0, block, false)
        while offset < size {
            let count = try read(min(step, size - offset), at: offset, onto: &pending)
            if count == 0 { return }
            var searched = pending.count - count
            offset += count
            var start = 0
            while let end = pending[searched...].firstIndex(of: 0x0a) {
                if tooLong {
                    tooLong = false
                } else {
                    if try !body(pending.span.extracting(start..<end + 1)) { return }
                }
                (start, searched) = (end + 1, end + 1)
            }
            pending.removeFirst(start)
            if pending.count > longestLine {
                tooLong = true
                pending.removeAll(keepingCapacity: true)
            }
            step = max(block, pending.count)
        }
    }

    /// Calls `body` with each line, its line feed included, last to first, until it returns false.
    package func backward(_ body: (Span<UInt8>) throws(RefError) -> Bool) throws(RefError) {
        guard var start = size() else { throw unreadable(errno) }
        // The end of a line whose beginning lies before `start`.
        var tail: [UInt8] = []
        while start > 0 {
            let wanted = min(max(block, tail.count), start)
            var buffer: [UInt8] = []
            buffer.reserveCapacity(wanted + tail.count)
            let count = try read(wanted, at: start - wanted, onto: &buffer)
            guard count == wanted else { return }  // cut short meanwhile: its lines are gone
            start -= count
            buffer.append(contentsOf: tail)
            var end = buffer.count
            while end > 0, let feed = buffer[..<(end - 1)].lastIndex(of: 0x0a) {
                if try !body(buffer.span.extracting(feed + 1..<end)) { return }
                end = feed + 1
            }
            if start == 0, end > 0 {
                _ = try body(buffer.span.extracting(0..<end))
            }
            // A tail without its line feed is no line, whatever comes before it.
            tail = end > longestLine ? [0] : Array(buffer[..<end])
        }
    }

    /// Appends up to `count` bytes from `offset` on; fewer at the end of the file only.
    private func read(_ count: Int, at offset: Int, onto buffer: inout [UInt8]) throws(RefError) -> Int {
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: count))
        var done = 0
        while done < count {
            let got = unsafe buffer.withUnsafeMutableBytes {
                unsafe pread(file, $0.baseAddress.map { unsafe $0 + old + done }, count - done, off_t(offset + done))
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw unreadable(errno)
            }
            done += got
        }
        buffer.removeLast(count - done)
        return done
    }
}
