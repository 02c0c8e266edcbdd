import StrataModel
import StrataRefs

/// What the record of a reflog's line says. Its key is the number of the reflog and that of the line, eight bytes each, the greatest first.
///
///     1  form      0 = the line as it stands in a file, without its line feed; 1 = split:
///        old, new  the ids' bytes
///        rest      the committer, and behind a tab the message, as in a file
enum LMDBLogLine {
    static let keyCount = 16

    static func key(_ log: UInt64, _ line: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(keyCount)
        key.append(number: log)
        key.append(number: line)
        return key
    }

    /// The record of an entry.
    static func bytes(of entry: ReflogEntry) -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.reserveCapacity(128 + entry.message.count)
        entry.old.appendBytes(to: &bytes)
        entry.new.appendBytes(to: &bytes)
        ReflogLine.appendRest(of: entry, to: &bytes)
        return bytes
    }

    /// The record of a line of a file, without its line feed.
    static func bytes(ofLine line: some Collection<UInt8>, _ algorithm: HashAlgorithm) -> [UInt8] {
        let line = Array(line)
        // Only what can be put together again byte for byte is taken apart.
        if let entry = ReflogLine.parse((line + [0x0a]).span, algorithm), ReflogLine.bytes(of: entry) == line + [0x0a] {
            return bytes(of: entry)
        }
        return [0] + line
    }

    /// The line as it stands in a file, with its line feed.
    static func line(_ record: UnsafeRawBufferPointer, _ algorithm: HashAlgorithm) throws(LMDBFailure) -> [UInt8] {
        switch unsafe record.first {
        case 0: return unsafe Array(record[1...]) + [0x0a]
        case 1:
            let count = algorithm.byteCount
            guard record.count >= 1 + 2 * count else { break }
            var line: [UInt8] = []
            line.reserveCapacity(record.count + 2 * count + 3)
            for start in [1, 1 + count] {
                let bytes = unsafe UnsafeRawBufferPointer(rebasing: record[start..<start + count])
                unsafe ObjectID(bytes: Span(_bytes: RawSpan(_unsafeBytes: bytes)))?.appendHex(to: &line)
                line.append(0x20)
            }
            unsafe line.append(contentsOf: record[(1 + 2 * count)...])
            line.append(0x0a)
            return line
        default: break
        }
        throw .damaged("a line of a reflog is of no known form")
    }
}
