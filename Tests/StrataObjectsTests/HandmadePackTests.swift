import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Packs that git would not write: circles of deltas, bombs, offsets that lead nowhere.
@Suite struct HandmadePackTests {
    private typealias Entry = HandmadePack.Entry

    private static func id(_ name: UInt8) throws -> ObjectID {
        let bytes = [UInt8](repeating: name, count: 20)
        let id = ObjectID(bytes: bytes.span)
        return try #require(id)
    }

    private static func number(_ value: Int) -> [UInt8] { HandmadePack.number(value) }

    /// Writes the pack and its index; entries must come in the order of their names. Gives a reader of it.
    private func write(_ entries: [Entry], offsets lies: [Int: Int] = [:]) throws -> (
        TemporaryDirectory, FilesObjectStore
    ) {
        let directory = try TemporaryDirectory()
        try HandmadePack(entries, offsets: lies).write(to: directory.path)
        return (directory, FilesObjectStore(objectDirectory: directory.path, algorithm: .sha1))
    }

    private func expectCorrupt(_ reader: FilesObjectStore, _ name: UInt8, _ cause: String) throws {
        let id = try Self.id(name)
        for question in [{ _ = try reader.header(of: id) }, { _ = try reader.read(id) }] {
            let error = #expect(throws: ObjectError.self) { try question() }
            #expect(error?.code == .corrupt)
            #expect(error?.file?.hasSuffix("pack-x.pack") == true)
            #expect(error?.cause.contains(cause) == true, "\(error?.cause ?? "")")
        }
    }

    @Test func anHonestPackIsRead() throws {
        let blob = Array("hello".utf8)
        // Copies "hell", inserts "!".
        let delta = Self.number(5) + Self.number(5) + [0x90, 4, 1, UInt8(ascii: "!")]
        let entries = [
            Entry(name: 1, type: 3, data: blob),
            Entry(name: 2, type: 7, base: [UInt8](repeating: 1, count: 20), data: delta),
            Entry(name: 3, type: 1, data: []),
        ]
        let (directory, reader) = try write(entries)
        defer { withExtendedLifetime(directory) {} }
        #expect(try reader.read(Self.id(1))?.bytes == blob)
        #expect(try reader.read(Self.id(2))?.bytes == Array("hell!".utf8))
        #expect(try reader.header(of: Self.id(2)) == ObjectHeader(kind: .blob, size: 5))
        #expect(try reader.read(Self.id(3))?.bytes == [])
        #expect(try reader.read(Self.id(4)) == nil)
    }

    @Test func deltasInACircleEnd() throws {
        let delta = Self.number(5) + Self.number(5) + [0x90, 5]
        func entry(_ name: UInt8, of base: UInt8) -> Entry {
            Entry(name: name, type: 7, base: [UInt8](repeating: base, count: 20), data: delta)
        }
        let (directory, reader) = try write([entry(1, of: 2), entry(2, of: 3), entry(3, of: 1), entry(4, of: 4)])
        defer { withExtendedLifetime(directory) {} }
        for name: UInt8 in 1...4 { try expectCorrupt(reader, name, "chain of deltas does not end") }
    }

    @Test func basesAndOffsetsThatLeadNowhereAreCorrupt() throws {
        let delta = Self.number(5) + Self.number(5) + [0x90, 5]
        let entries = [
            Entry(name: 1, type: 7, base: [UInt8](repeating: 9, count: 20), data: delta),
            Entry(name: 2, type: 6, base: [0x7f], data: delta),
            Entry(name: 3, type: 6, base: [0], data: delta),
            Entry(name: 4, type: 6, base: [UInt8](repeating: 0xff, count: 12) + [0], data: delta),
            Entry(name: 5, type: 0, data: delta),
            Entry(name: 6, type: 5, data: delta),
            Entry(name: 7, type: 3, data: []),
            Entry(name: 8, type: 3, data: []),
        ]
        let (directory, reader) = try write(entries, offsets: [6: 3, 7: 1 << 30])
        defer { withExtendedLifetime(directory) {} }
        try expectCorrupt(reader, 1, "is not in the pack")
        try expectCorrupt(reader, 2, "out of bound")
        try expectCorrupt(reader, 3, "out of bound")
        try expectCorrupt(reader, 4, "offset value overflow for delta base object")
        try expectCorrupt(reader, 5, "unknown object type 0")
        try expectCorrupt(reader, 6, "unknown object type 5")
        try expectCorrupt(reader, 7, "outside the entries")
        try expectCorrupt(reader, 8, "outside the entries")
    }

    @Test func sizesThatLieAreCorruptAndNotAllocated() throws {
        let blob = Array("hello".utf8)
        let base = [UInt8](repeating: 1, count: 20)
        let entries = [
            Entry(name: 1, type: 3, data: blob),
            Entry(name: 2, type: 3, data: blob, size: 4),
            Entry(name: 3, type: 3, data: blob, size: 6),
            Entry(name: 4, type: 3, data: blob, size: 60 << 20),
            Entry(name: 5, type: 7, base: base, data: Self.number(5) + Self.number(6) + [0x90, 5]),
            Entry(name: 6, type: 7, base: base, data: Self.number(5) + Self.number(4) + [0x90, 5]),
            Entry(name: 7, type: 7, base: base, data: Self.number(6) + Self.number(5) + [0x90, 5]),
            Entry(name: 8, type: 7, base: base, data: Self.number(5) + Self.number(5) + [0x91, 1, 5]),
            Entry(name: 9, type: 7, base: base, data: Self.number(5) + Self.number(5) + [0]),
            Entry(name: 10, type: 7, base: base, data: Self.number(5) + Self.number(5) + [5, 1, 2]),
        ]
        let (directory, reader) = try write(entries)
        defer { withExtendedLifetime(directory) {} }
        for name: UInt8 in 2...10 {
            let error = try #require(#expect(throws: ObjectError.self) { try reader.read(Self.id(name)) })
            #expect(error.code == .corrupt, "\(name)")
        }
    }

    /// A few kilobytes that would give gigabytes: each delta copies its base 200 times.
    @Test func bombsAreTooLarge() throws {
        var entries = [Entry(name: 1, type: 3, data: [UInt8](repeating: 7, count: 60000))]
        var size = 60000
        for name: UInt8 in 2...5 {
            let copy = [0xf0] + [size, size >> 8, size >> 16].map { UInt8(truncatingIfNeeded: $0) }
            let next = min(size, 0xffffff) * 200
            let data = Self.number(size) + Self.number(next) + (0..<200).flatMap { _ in copy }
            entries.append(Entry(name: name, type: 7, base: [UInt8](repeating: name - 1, count: 20), data: data))
            size = next
        }
        let (directory, reader) = try write(entries)
        defer { withExtendedLifetime(directory) {} }
        #expect(try reader.read(Self.id(2))?.bytes.count == 12_000_000)
        for name: UInt8 in 3...5 {
            let error = #expect(throws: ObjectError.self) { try reader.read(Self.id(name)) }
            #expect(error?.code == .tooLarge)
            #expect(try reader.kind(of: Self.id(name)) == .blob)
        }
    }
}
