import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Packs whose objects are written one by one.
@Suite struct UnpackTests {
    private func store(_ place: TemporaryDirectory, _ algorithm: HashAlgorithm = .sha1) -> FilesObjectStore {
        FilesObjectStore(objectDirectory: place.path.appending("objects"), algorithm: algorithm)
    }

    private func empty() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try git(["init", "--quiet", "--bare", "--template=", "."], in: directory.path)
        return directory
    }

    private func loose(_ place: TemporaryDirectory) throws -> Int {
        try store(place).counts().loose
    }

    @Test(arguments: HashAlgorithm.allCases, [1, 1000, Int.max]) func histories(
        _ algorithm: HashAlgorithm, _ pieces: Int
    ) throws {
        let place = try ReceivingPlace(algorithm, commits: 15)
        let empty = try place.empty()
        var unpacker = PackUnpacker(store: store(empty, algorithm))
        unpacker.objectRules = ObjectRules(.strict)
        let pack = try place.pack("--delta-base-offset")
        let result = try unpacker.unpack(MemorySource(pack + [1, 2], pieceSize: pieces))
        #expect(result.isWhole && (pieces > 1 ? result.rest.starts(with: [1]) : true))
        let theirs = try place.sample.git("cat-file", "--batch-all-objects", "--batch-check")
        #expect(try git(["cat-file", "--batch-all-objects", "--batch-check"], in: empty.path) == theirs)
        try git(["fsck", "--strict"], in: empty.path)
        #expect(!names(in: empty.path.appending("objects")).contains { $0.hasPrefix("tmp_") })
    }

    /// Chains whose bases come last, each delta with another beside it.
    @Test func basesThatComeLast() throws {
        let place = try empty()
        var texts: [[UInt8]] = [Array("0123456789".utf8)]
        for number in 1..<200 { texts.append(Array(texts[0].prefix(8)) + Array("+\(number)".utf8)) }
        var builder = PackBuilder()
        for number in (1..<200).reversed() {
            let base = texts[number - 1]
            builder.add(
                delta: PackBuilder.delta(from: base.count, keeping: 8, adding: Array("+\(number)".utf8)),
                on: try ObjectHasher.id(of: .blob, base.span, algorithm: .sha1))
        }
        builder.add(.blob, texts[0])
        let unpacker = PackUnpacker(store: store(place))
        #expect(try unpacker.unpack(MemorySource(builder.bytes)).count == 200)
        #expect(try loose(place) == 200)
        for text in texts {
            let id = try ObjectHasher.id(of: .blob, text.span, algorithm: .sha1)
            #expect(try store(place).read(id)?.bytes == text)
        }
        // What waits is limited.
        let another = try empty()
        var small = PackUnpacker(store: store(another))
        small.limits.objectSize = 1000
        let error = #expect(throws: ObjectError.self) { try small.unpack(MemorySource(builder.bytes)) }
        #expect(error?.code == .tooLarge)
    }

    /// A claim of size allocates nothing.
    @Test func claimsOfSize() throws {
        for type in [UInt8(3), 1, 6, 7] {
            let place = try empty()
            var builder = PackBuilder()
            builder.add(.blob, [1])
            let base: [UInt8] = type == 6 ? [9] : type == 7 ? [UInt8](repeating: 1, count: 20) : []
            builder.add(PackBuilder.Entry(type: type, base: base, data: [1, 2, 3], size: 1 << 50))
            var unpacker = PackUnpacker(store: store(place))
            for dry in [true, false] {
                unpacker.isDryRun = dry
                let error = #expect(throws: ObjectError.self) { try unpacker.unpack(MemorySource(builder.bytes)) }
                #expect(error?.code == .corrupt && error?.cause.hasPrefix("inflate returned") ?? false)
            }
        }
        // Nor does a delta that claims to give much.
        let place = try empty()
        var builder = PackBuilder()
        builder.add(.blob, [1])
        builder.add(delta: PackBuilder.number(1) + PackBuilder.number(1 << 40) + [0x90, 1], on: 0)
        let error = #expect(throws: ObjectError.self) {
            try PackUnpacker(store: store(place)).unpack(MemorySource(builder.bytes))
        }
        #expect(error?.cause == "failed to apply delta")
    }

    @Test func everyByteFlippedAndEveryLength() throws {
        var builder = PackBuilder()
        let first = Array("the first blob of them all\n".utf8)
        builder.add(.blob, first)
        builder.add(delta: PackBuilder.delta(from: first.count, keeping: 9, adding: Array("one".utf8)), on: 0)
        builder.add(
            delta: PackBuilder.delta(from: first.count, keeping: 4, adding: Array("two".utf8)),
            on: try ObjectHasher.id(of: .blob, first.span, algorithm: .sha1))
        builder.add(.tree, [])
        let pack = Array(builder.bytes.dropLast(20))
        let place = try empty()
        var unpacker = PackUnpacker(store: store(place))
        for byte in 0..<pack.count {
            var changed = pack
            changed[byte] ^= UInt8(1 << (byte % 8))
            unpacker.recovers = byte % 2 == 0
            unpacker.isDryRun = byte % 3 == 0
            do throws(ObjectError) { _ = try unpacker.unpack(MemorySource(PackBuilder.sealed(changed))) } catch {
                #expect([.corrupt, .tooLarge].contains(error.code), "\(byte): \(error)")
            }
            let error = #expect(throws: ObjectError.self) {
                try unpacker.unpack(MemorySource(Array(pack.prefix(byte))))
            }
            #expect(error?.code == .corrupt)
        }
        unpacker.objectRules = ObjectRules(.strict)
        unpacker.isDryRun = false
        let count = try loose(place)
        for length in 0..<pack.count {
            #expect(throws: ObjectError.self) { try unpacker.unpack(MemorySource(Array(pack.prefix(length)))) }
        }
        #expect(try loose(place) == count)
        #expect(!names(in: place.path.appending("objects")).contains { $0.hasPrefix("tmp_") })
    }

    /// Blobs above the threshold pass in pieces, also when what they contain is already there or damaged.
    @Test func largeBlobs() throws {
        let place = try empty()
        var unpacker = PackUnpacker(store: store(place))
        unpacker.limits.bigFileThreshold = 1000
        unpacker.limits.objectSize = 10_000
        unpacker.objectRules = ObjectRules(.strict)
        let large = [UInt8](repeating: 0x61, count: 1_000_000)
        var builder = PackBuilder()
        builder.add(.blob, large)
        builder.add(
            .tree, HandmadeTree.of("100644 large", try ObjectHasher.id(of: .blob, large.span, algorithm: .sha1)))
        for _ in 0..<2 { #expect(try unpacker.unpack(MemorySource(builder.bytes, pieceSize: 999)).isWhole) }
        try git(["fsck", "--strict"], in: place.path)
        #expect(try loose(place) == 2)
        var cut = PackBuilder()
        cut.add(PackBuilder.Entry(type: 3, data: large, size: 999_999))
        let error = #expect(throws: ObjectError.self) { try unpacker.unpack(MemorySource(cut.bytes)) }
        #expect(error?.cause == "inflate returned (-5)")
        #expect(try loose(place) == 2)
    }

    /// A directory that cannot be written, or a file that cannot be made, is told as such, and nothing of the pack is there.
    @Test func whereNothingCanBeWritten() throws {
        let place = try TemporaryDirectory()
        let unpacker = PackUnpacker(
            store: FilesObjectStore(objectDirectory: place.path.appending("no/objects"), algorithm: .sha1))
        var strict = unpacker
        strict.objectRules = ObjectRules(.strict)
        var builder = PackBuilder()
        builder.add(.blob, [1])
        #expect(throws: ObjectError.self) { try strict.unpack(MemorySource(builder.bytes)) }
        #expect(names(in: place.path) == [] || !names(in: place.path).contains("objects"))
    }
}

private enum HandmadeTree {
    static func of(_ entry: String, _ id: ObjectID) -> [UInt8] { Array(entry.utf8) + [0] + id.bytes }
}
