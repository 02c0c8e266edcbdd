import Glibc
import StrataFiles
import StrataModel
import StrataRefs
import SystemPackage

/// A reflog: both directions and every block size see the same entries, an entry comes back as written, and expiring changes what it
/// says and nothing else.
func fuzzReflog(_ bytes: [UInt8]) throws {
    let file = try unnamedFile(bytes)
    defer { try? file.close() }
    var expected = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) + [0x0a] }
    expected.removeLast()  // what stands behind the last line feed
    for (block, longest) in [(8192, 1 << 22), (64, 1 << 22), (16, 100), (1, 3)] where bytes.count <= 256 * block {
        for backward in [false, true] {
            var lines = try lines(of: file, backward, block, longest)
            if backward { lines.reverse() }
            let isSome = isSubsequence(lines, of: expected)
            let hasShort = isSubsequence(expected.filter { $0.count <= longest }, of: lines)
            try require(isSome && hasShort, "lines in blocks of \(block) bytes, \(backward ? "backward" : "forward")")
        }
    }
    for algorithm in HashAlgorithm.allCases {
        var log: [(line: [UInt8], entry: ReflogEntry)] = []
        for line in expected {
            guard let entry = ReflogLine.parse(line.span, algorithm) else { continue }
            log.append((line, entry))
            let again = ReflogLine.parse(ReflogLine.bytes(of: entry).span, algorithm)
            try require(again == entry, "'\(shown(line))' is \(entry), written and read \(String(describing: again))")
            try require(entry.new.hex.utf8.elementsEqual(digits(line, algorithm)), "the new id of '\(shown(line))'")
        }
        for rewrites in [false, true] { try checkExpiry(log, algorithm, rewrites) }
    }
}

private func digits(_ line: [UInt8], _ algorithm: HashAlgorithm) -> [UInt8] {
    line.dropFirst(algorithm.hexCount + 1).prefix(algorithm.hexCount).map {
        (0x41...0x46).contains($0) ? $0 | 0x20 : $0
    }
}

private func checkExpiry(_ log: [(line: [UInt8], entry: ReflogEntry)], _ algorithm: HashAlgorithm, _ rewrites: Bool)
    throws
{
    func keep(_ entry: ReflogEntry) -> Bool { entry.new.word0.nonzeroBitCount % 3 != 0 }
    func expire(_ log: [(line: [UInt8], entry: ReflogEntry)]) throws -> ReflogRewrite {
        var rewrite = ReflogRewrite(algorithm, rewrites: rewrites)
        for (line, entry) in log {
            try rewrite.add(line.span, entry) { (entry) throws(RefError) in keep(entry) }
        }
        return rewrite
    }
    let result = try expire(log)
    var last = ObjectID.zero(algorithm)
    var kept: [(line: [UInt8], entry: ReflogEntry)] = []
    for line in result.kept.split(separator: 0x0a).map({ Array($0) + [0x0a] }) {
        guard let entry = ReflogLine.parse(line.span, algorithm) else {
            throw FuzzFinding("expiring left '\(shown(line))'")
        }
        kept.append((line, entry))
    }
    let expected = log.filter { keep($0.entry) }.map { old in
        var entry = old.entry
        if rewrites { entry.old = last }
        last = entry.new
        return entry
    }
    try require(kept.map(\.entry) == expected, "expiring left other entries")
    try require(result.dropped == log.count - expected.count, "\(result.dropped) entries dropped")
    if !result.isNeeded { try require(result.kept == log.flatMap(\.line), "nothing was needed, but lines differ") }
    let second = try expire(kept)
    try require(!second.isNeeded && second.kept == result.kept, "expiring twice changes something")
}

private func lines(of file: FileDescriptor, _ backward: Bool, _ block: Int, _ longest: Int) throws -> [[UInt8]] {
    let scan = ReflogScan(file: file.rawValue, longestLine: longest, block: block) {
        RefError(.unavailable, "errno \($0)")
    }
    var lines: [[UInt8]] = []
    let body = { (line: Span<UInt8>) throws(RefError) -> Bool in
        lines.append(unsafe line.withUnsafeBufferPointer { unsafe Array($0) })
        return true
    }
    if backward { try scan.backward(body) } else { try scan.forward(body) }
    // What has no line feed is handed out by one direction only; a parser refuses it.
    return lines.filter { $0.last == 0x0a }
}

private func isSubsequence(_ some: [[UInt8]], of all: [[UInt8]]) -> Bool {
    var rest = some[...]
    for line in all where line == rest.first { rest.removeFirst() }
    return rest.isEmpty
}

/// A file with `bytes` in it that has no name any more.
private func unnamedFile(_ bytes: [UInt8]) throws -> FileDescriptor {
    var name = Array("/tmp/strata-fuzz-XXXXXX".utf8CString)
    let raw = unsafe mkstemp(&name)
    guard raw >= 0 else { throw Errno(rawValue: errno) }
    unsafe unlink(name)
    let file = FileDescriptor(rawValue: raw)
    try file.writeAll(bytes)
    return file
}
