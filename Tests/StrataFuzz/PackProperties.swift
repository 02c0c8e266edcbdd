import Glibc
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport

/// Deltas, as instructions on a base: what they give is what a slow reading of the format gives, or they are damaged for both.
func fuzzDelta(_ bytes: [UInt8]) throws {
    let base = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let pack = HandmadePack([
        .init(name: 1, type: 3, data: base),
        .init(name: 2, type: 7, base: [UInt8](repeating: 1, count: 20), data: bytes),
        .init(name: 3, type: 7, base: [UInt8](repeating: 2, count: 20), data: bytes),
    ])
    let directory = try TemporaryDirectory()
    try pack.write(to: directory.path)
    let store = FilesObjectStore(objectDirectory: directory.path, algorithm: .sha1)
    let once = slowDelta(bytes, base)
    try require(try checkReadings(store, byte: 2)?.bytes == once, "a delta gives other bytes")
    let twice = once.flatMap { slowDelta(bytes, $0) }
    try require(try checkReadings(store, byte: 3)?.bytes == twice, "a delta of a delta gives other bytes")
}

/// What a delta makes of `base`, up to 1 MiB; nil when it is damaged.
private func slowDelta(_ delta: [UInt8], _ base: [UInt8]) -> [UInt8]? {
    var rest = delta[...]
    func number() -> Int? {
        var value = 0
        for place in 0..<9 {
            guard let byte = rest.popFirst() else { return nil }
            value |= Int(byte & 0x7f) << (7 * place)
            if byte < 0x80 { return value }
        }
        return nil
    }
    // Git takes none of fewer than four bytes.
    guard delta.count >= 4, number() == base.count, let size = number(), size <= 1 << 20 else { return nil }
    var output: [UInt8] = []
    while let instruction = rest.popFirst() {
        guard output.count <= size else { return nil }
        if instruction < 0x80 {
            guard instruction > 0, rest.count >= instruction else { return nil }
            output += rest.prefix(Int(instruction))
            rest = rest.dropFirst(Int(instruction))
            continue
        }
        var fields = [0, 0]
        for bit in 0..<7 where instruction >> bit & 1 == 1 {
            guard let byte = rest.popFirst() else { return nil }
            fields[bit / 4] |= Int(byte) << (8 * (bit % 4))
        }
        let length = fields[1] == 0 ? 0x10000 : fields[1]
        guard fields[0] + length <= base.count else { return nil }
        output += base[fields[0]..<fields[0] + length]
    }
    return output.count == size ? output : nil
}

/// The entries of a pack, four of which the index knows: the first bytes say where.
func fuzzPack(_ bytes: [UInt8]) throws {
    guard bytes.count >= 4 else { return }
    let body = Array(bytes.dropFirst(4))
    let pack = HandmadePack(body: body, names: [1, 2, 3, 4], offsets: bytes.prefix(4).map { 12 + Int($0) })
    let directory = try TemporaryDirectory()
    try pack.write(to: directory.path)
    let store = FilesObjectStore(objectDirectory: directory.path, algorithm: .sha1)
    for name: UInt8 in 1...4 { try checkReadings(store, byte: name) }
    let cursor = try store.cursor(.asStored(repeating: true))
    var count = 0
    while try cursor.next() != nil {
        count += 1
        _ = try? cursor.info([.kind, .size, .storedSize, .deltaBase, .place])
    }
    try require(count == 4, "a pack of 4 gives \(count)")
    try checkReceiving(body, count: Int(bytes[0] & 7), into: directory.path)
}

/// A pack of `body` that comes from outside: with all checks it is received and unpacked, or refused in words.
private func checkReceiving(_ body: [UInt8], count: Int, into directory: FilePath) throws {
    let pack = PackBuilder.sealed(Array("PACK".utf8) + PackBuilder.be32(2) + PackBuilder.be32(count) + body)
    var indexer = PackIndexer(algorithm: .sha1)
    indexer.limits.objectSize = 1 << 24
    indexer.limits.work = 1 << 26
    indexer.limits.bigFileThreshold = 1 << 10
    indexer.objectRules = ObjectRules(.strict)
    indexer.requiresLinks = true
    var unpacker = PackUnpacker(store: FilesObjectStore(objectDirectory: directory, algorithm: .sha1))
    unpacker.limits = indexer.limits
    unpacker.objectRules = indexer.objectRules
    // Files take time; one in four writes some.
    unpacker.isDryRun = body.count % 4 != 0
    do throws(ObjectError) {
        if body.count % 4 == 0 {
            _ = try indexer.receive(
                MemorySource(pack, pieceSize: 100), into: directory, as: directory.appending("received.pack"))
        }
        _ = try unpacker.unpack(MemorySource(pack, pieceSize: 100))
    } catch {
        try require(error.code == .corrupt || error.code == .tooLarge, "\(error.code): \(error)")
    }
}

/// The index of a pack: whatever it says, answers are those of the pack or errors.
func fuzzPackIndex(_ bytes: [UInt8]) throws {
    var pack = HandmadePack([
        .init(name: 1, type: 3, data: Array("one".utf8)), .init(name: 0x80, type: 3, data: Array("two".utf8)),
        .init(name: 0x81, type: 3, data: Array("three".utf8)),
    ])
    pack.index = bytes
    let directory = try TemporaryDirectory()
    try pack.write(to: directory.path)
    let store = FilesObjectStore(objectDirectory: directory.path, algorithm: .sha1)
    for name in [1, 0x80, 0x81, 0, 2, 0xff] as [UInt8] {
        let bytes = [UInt8](repeating: name, count: 20)
        let parsed = ObjectID(bytes: bytes.span)
        guard let id = parsed else { continue }
        do throws(ObjectError) {
            _ = try store.info(of: id, [.kind, .size, .storedSize, .deltaBase])
            _ = try store.read(id)
        } catch {
            try require(error.code == .corrupt || error.code == .tooLarge, "\(error.code): \(error)")
        }
        _ = try? store.distinguishingDigits(of: id)
        let digits = Array("\(id)".utf8.prefix(5))
        _ = try? store.resolveAbbreviation(digits.span)
    }
    for order in [ObjectOrder.byID, .asStored(repeating: false), .asStored(repeating: true)] {
        guard let cursor = try? store.cursor(order) else { continue }
        var count = 0
        while count <= bytes.count, (try? cursor.next()) != nil { count += 1 }
        try require(count <= bytes.count / 20, "\(count) objects in \(bytes.count) bytes of index")
    }
}

/// Writes a file into a directory, which is made.
func write(_ bytes: [UInt8], to directory: FilePath, _ name: String) throws {
    _ = unsafe directory.withPlatformString { unsafe mkdir($0, 0o777) }
    let file = try FileDescriptor.open(
        directory.appending(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
}
