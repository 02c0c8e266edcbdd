import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Packs that are damaged, or made to do damage: the right objects or a typed error, in git's words where git has some, and nothing left behind.
@Suite struct HostilePackTests {
    /// A small pack with everything: whole objects, both kinds of deltas, a chain.
    private static func smallPack(_ algorithm: HashAlgorithm = .sha1) throws -> PackBuilder {
        var builder = PackBuilder(algorithm)
        let text = Array("a line\nand another line\nand a third\n".utf8)
        let first = builder.add(.blob, text)
        let second = builder.add(
            delta: PackBuilder.delta(from: text.count, keeping: 20, adding: Array("changed".utf8)), on: first)
        builder.add(delta: PackBuilder.delta(from: 27, keeping: 7, adding: Array("again".utf8)), on: second)
        let id = try ObjectHasher.id(of: .blob, text.span, algorithm: algorithm)
        builder.add(delta: PackBuilder.delta(from: text.count, keeping: 0, adding: Array("other".utf8)), on: id)
        builder.add(.tree, [])
        builder.add(
            .commit,
            Array("tree \(ObjectID.emptyTree(algorithm))\nauthor a <b> 1 +0000\ncommitter a <b> 1 +0000\n\nx\n".utf8))
        return builder
    }

    private func receive(
        _ bytes: [UInt8], into place: TemporaryDirectory, _ change: (inout PackIndexer) -> Void = { _ in }
    ) -> Result<PackIndexer.Result, any Error> {
        var indexer = PackIndexer(algorithm: .sha1)
        indexer.threads = 2
        change(&indexer)
        return Result { try indexer.receive(MemorySource(bytes, pieceSize: 50), into: place.path.appending("objects")) }
    }

    /// The last line of what git says; nil when it takes the pack. (Before it may stand what zlib says.)
    private func gitSays(_ bytes: [UInt8], in place: TemporaryDirectory) throws -> String? {
        let result = try gitResult(["index-pack", "--stdin"], in: place.path, stdin: bytes)
        return result.status == 0 ? nil : result.errText.split(separator: "\n").last.map(String.init) ?? ""
    }

    private func repository() throws -> TemporaryDirectory {
        let place = try TemporaryDirectory()
        try git(["init", "--quiet", "--bare", "--template=", "."], in: place.path)
        return place
    }

    /// Compares what we say of a pack with what git says. What git takes, we take, and the other way round.
    private func compare(_ bytes: [UInt8], in place: TemporaryDirectory, _ what: String) throws {
        let result = receive(bytes, into: place)
        switch result {
        case .success(let result):
            if gitIsCurrent { #expect(try gitSays(bytes, in: place) == nil, "\(what)") }
            for path in [
                result.pack, result.index,
                result.index.removingLastComponent().appending("pack-\(result.checksum).rev"),
            ] {
                _ = try? Disk.unlink(path)
            }
        case .failure(let error as ObjectError):
            if gitIsCurrent {
                let (theirs, ours) = (try gitSays(bytes, in: place), "fatal: \(error.cause)")
                #expect(theirs == ours, "\(what)")
            }
        case .failure(let error): Issue.record("\(what): \(error)")
        }
        for name in names(in: place.path.appending("objects/pack")) {
            #expect(!name.hasPrefix("tmp_") || name.hasPrefix("tmp_pack_") && !name.contains("_undo"), "\(what)")
            _ = try? Disk.unlink(place.path.appending("objects/pack").appending(name))
        }
    }

    /// A pack that is there is read by one thread or by two that trust its index for where to begin: both say the same of every damage to either file, and
    /// of no damage.
    @Test func whatThreadsSayOfAKnownPack() throws {
        let place = try repository()
        let bytes = try Self.smallPack().bytes
        let result = try receive(bytes, into: place).get()
        let index = try contents(of: result.index)
        func say(_ threads: Int) -> String {
            var indexer = PackIndexer(algorithm: .sha1)
            indexer.threads = threads
            do { return "\(try indexer.verify(result.pack).count)" } catch { return "\(error)" }
        }
        #expect(say(1) == "6" && say(2) == "6")
        func compare(_ path: FilePath, _ changed: [UInt8], _ what: String) throws {
            try replace(path, with: changed)
            let alone = say(1)
            #expect(say(2) == alone, "\(what)")
            #expect(alone != "6" || changed == bytes || changed == index, "\(what)")
        }
        for at in bytes.indices {
            var changed = bytes
            changed[at] ^= 0x11
            try compare(result.pack, changed, "byte \(at) of the pack")
            // The same with a checksum that hides it.
            guard at < bytes.count - 20 else { continue }
            var hasher = ChecksumHasher(.sha1)
            hasher.update(changed.span.extracting(droppingLast: 20))
            let checksum = hasher.finish()
            try compare(
                result.pack, changed.dropLast(20) + (0..<20).map { checksum.byte(at: $0) }, "byte \(at), checksum too")
        }
        for count in 0..<bytes.count { try compare(result.pack, Array(bytes.prefix(count)), "cut to \(count)") }
        try compare(result.pack, bytes + [0], "a byte more")
        try replace(result.pack, with: bytes)
        for at in index.indices {
            var changed = index
            changed[at] ^= 0x11
            try compare(result.index, changed, "byte \(at) of the index")
        }
    }

    /// The right checksum behind each change, so that what was changed is looked at.
    @Test func everyByteFlipped() throws {
        let place = try repository()
        let pack = try Self.smallPack().bytes
        var random = SplitMix64(seed: 1)
        for at in 0..<pack.count - 20 {
            var changed = Array(pack.dropLast(20))
            changed[at] ^= at % 3 == 0 ? 0xff : 1 << UInt8.random(in: 0...7, using: &random)
            // Git takes its time with counts of billions.
            if (8..<11).contains(at) { continue }
            try compare(PackBuilder.sealed(changed), in: place, "byte \(at)")
        }
        for at in 8..<11 {
            var changed = Array(pack.dropLast(20))
            changed[at] ^= 0xff
            let error = #expect(throws: ObjectError.self) {
                try receive(PackBuilder.sealed(changed), into: place).get()
            }
            #expect(error?.cause == "early EOF" || error?.cause.hasPrefix("pack has bad object") == true)
        }
        // And with the checksum as it was.
        for at in 12..<pack.count {
            var changed = pack
            changed[at] ^= 0x10
            let error = #expect(throws: ObjectError.self) { try receive(changed, into: place).get() }
            #expect(error?.code == .corrupt, "byte \(at): \(String(describing: error))")
        }
        #expect(names(in: place.path.appending("objects/pack")) == [])
    }

    @Test func everyLength() throws {
        let place = try repository()
        let pack = try Self.smallPack().bytes
        for count in 0..<pack.count {
            let error = #expect(throws: ObjectError.self) { try receive(Array(pack[..<count]), into: place).get() }
            #expect(error?.cause == "early EOF")
        }
        #expect(names(in: place.path.appending("objects/pack")) == [])
        // Behind it may be more, if it is not a file.
        let result = try receive(pack + [7, 8, 9], into: place).get()
        #expect(result.rest == Array([7, 8, 9].prefix(result.rest.count)))
        let file = place.path.appending("x.pack")
        try replace(file, with: pack + [7])
        let error = #expect(throws: ObjectError.self) { try PackIndexer(algorithm: .sha1).index(file) }
        #expect(error?.cause == "pack has junk at the end")
        let descriptor = try FileDescriptor.open(file, .readOnly)
        defer { try? descriptor.close() }
        let again = #expect(throws: ObjectError.self) {
            try PackIndexer(algorithm: .sha1).receive(
                DescriptorSource(descriptor, name: "stdin"), into: place.path.appending("objects"))
        }
        #expect(again?.cause == "pack has junk at the end")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let make: @Sendable () throws -> [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ make: @escaping @Sendable () throws -> [UInt8]) { (self.name, self.make) = (name, make) }
    }

    private static func pack(
        version: Int = 2, count: Int? = nil, _ make: (inout PackBuilder) throws -> Void
    ) rethrows -> [UInt8] {
        var builder = PackBuilder()
        builder.version = version
        builder.count = count
        try make(&builder)
        return builder.bytes
    }

    static let cases: [Case] = [
        Case("nothing") { pack { _ in } },
        Case("no pack") { Array("a text that is longer than a header".utf8) },
        Case("version 3") { pack(version: 3) { $0.add(.blob, [1]) } },
        Case("version 4") { pack(version: 4) { $0.add(.blob, [1]) } },
        Case("more entries than there are") { pack(count: 3) { $0.add(.blob, [1]) } },
        Case("fewer entries than there are") {
            pack(count: 1) { for byte in 1...2 as ClosedRange<UInt8> { $0.add(.blob, [byte]) } }
        },
        Case("type 0") { pack { $0.add(.init(type: 0, data: [1])) } },
        Case("type 5") { pack { $0.add(.init(type: 5, data: [1])) } },
        Case("more than declared") { pack { $0.add(.init(type: 3, data: [1, 2, 3], size: 2)) } },
        Case("less than declared") { pack { $0.add(.init(type: 3, data: [1, 2, 3], size: 4)) } },
        Case("much more than declared") {
            pack { $0.add(.init(type: 3, data: .init(repeating: 5, count: 100_000), size: 1)) }
        },
        Case("nothing declared") { pack { $0.add(.init(type: 3, data: [1], size: 0)) } },
        Case("no zlib stream") { pack { $0.add(.init(type: 3, data: [1, 2], stream: [1, 2, 3, 4, 5, 6, 7, 8])) } },
        Case("a wrong Adler sum") {
            pack {
                var stream = PackBuilder.deflate([1, 2])
                stream[stream.count - 1] ^= 1
                $0.add(.init(type: 3, data: [1, 2], stream: stream))
            }
        },
        Case("a delta on itself") { pack { $0.add(.init(type: 6, base: [0], data: [1, 1, 1, 1])) } },
        Case("a base before the pack") { pack { $0.add(.init(type: 6, base: [13], data: [1, 1, 1, 1])) } },
        Case("a base too far") {
            pack { $0.add(.init(type: 6, base: .init(repeating: 0xff, count: 20), data: [1, 1, 1, 1])) }
        },
        Case("a base between entries") {
            pack {
                $0.add(.blob, [1, 2, 3])
                $0.add(.init(type: 6, base: [5], data: PackBuilder.delta(from: 3, keeping: 3, adding: [4])))
            }
        },
        Case("no such base") {
            try pack {
                $0.add(
                    delta: PackBuilder.delta(from: 3, keeping: 3, adding: []),
                    on: try #require(ObjectID(hex: String(repeating: "1", count: 40))))
            }
        },
        Case("a base of another size") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: PackBuilder.delta(from: 4, keeping: 3, adding: []), on: base)
            }
        },
        Case("a copy beyond the base") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: PackBuilder.delta(from: 3, keeping: 4, adding: []), on: base)
            }
        },
        Case("a delta with a reserved instruction") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: [3, 1, 0], on: base)
            }
        },
        Case("a delta that is cut short") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: [3, 5, 5, 1, 2], on: base)
            }
        },
        Case("a delta that gives too much") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: [3, 1, 2, 7, 7], on: base)
            }
        },
        Case("an empty delta") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: [], on: base)
            }
        },
        Case("a delta that gives nothing") {
            pack {
                let base = $0.add(.blob, [1, 2, 3])
                $0.add(delta: [3, 0], on: base)
            }
        },
        Case("an object twice, deltas on both") {
            try pack {
                $0.add(.blob, [1, 2, 3])
                $0.add(.blob, [1, 2, 3])
                let id = try ObjectHasher.id(of: .blob, [1, 2, 3].span, algorithm: .sha1)
                for add in 4..<9 as Range<UInt8> {
                    $0.add(delta: PackBuilder.delta(from: 3, keeping: 3, adding: [add]), on: id)
                }
                $0.add(delta: PackBuilder.delta(from: 3, keeping: 3, adding: []), on: id)
            }
        },
    ]

    @Test(arguments: cases)
    func odd(_ odd: Case) throws { try compare(try odd.make(), in: repository(), odd.name) }

    // MARK: - Budgets

    /// Sizes that are only claimed allocate nothing, and what is too much is refused before it is there.
    @Test func claimsOfSize() throws {
        let place = try repository()
        for size in [1 << 30, 1 << 40, 1 << 56, Int.max >> 1] {
            for type in [1, 3, 6, 7] as [UInt8] {
                var builder = PackBuilder()
                builder.add(.blob, [1])
                let base = type == 6 ? [14] : type == 7 ? [UInt8](repeating: 1, count: 20) : []
                builder.add(.init(type: type, base: base, data: [1, 2, 3], size: size))
                let error = #expect(throws: ObjectError.self) { try receive(builder.bytes, into: place).get() }
                #expect(error?.code == .tooLarge || error?.code == .corrupt, "\(String(describing: error))")
            }
        }
        // A delta that says it gives a gigabyte.
        var builder = PackBuilder()
        let base = builder.add(.blob, [1])
        builder.add(delta: PackBuilder.number(1) + PackBuilder.number(1 << 29) + [0x91, 0, 1], on: base)
        let error = #expect(throws: ObjectError.self) { try receive(builder.bytes, into: place).get() }
        #expect(error?.cause.hasSuffix("failed to apply delta") == true)
        #expect(names(in: place.path.appending("objects/pack")) == [])
    }

    /// Some hundred bytes of instructions that give gigabytes.
    @Test func amplification() throws {
        let place = try repository()
        var builder = PackBuilder()
        var previous = builder.add(.blob, .init(repeating: 65, count: 0x10000))
        var size = 0x10000
        for _ in 0..<12 {
            // Copies all of the base eight times.
            var delta = PackBuilder.number(size) + PackBuilder.number(size * 8)
            for _ in 0..<8 {
                for start in stride(from: 0, to: size, by: 0x10000 * 128) {
                    let count = min(size - start, 0x10000 * 128)
                    delta += [0xff] + (0..<4).map { UInt8(truncatingIfNeeded: start >> (8 * $0)) }
                    delta += (0..<3).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
                }
            }
            previous = builder.add(delta: delta, on: previous)
            size *= 8
            if size > 1 << 40 { break }
        }
        let error = #expect(throws: ObjectError.self) {
            try receive(builder.bytes, into: place) { $0.limits.objectSize = 64 << 20 }.get()
        }
        #expect(error?.code == .tooLarge)
        let work = #expect(throws: ObjectError.self) {
            try receive(builder.bytes, into: place) { $0.limits.work = 5 << 20 }.get()
        }
        #expect(
            work?.code == .tooLarge && work?.cause.contains("more than is allowed") ?? work!.cause.contains("give more")
        )
        #expect(names(in: place.path.appending("objects/pack")) == [])
    }

    @Test func inputSizes() throws {
        let place = try repository()
        let pack = try Self.smallPack().bytes
        for limit in [1, 11, 100, pack.count - 1] {
            let error = #expect(throws: ObjectError.self) {
                try receive(pack, into: place) { $0.maxInputSize = UInt64(limit) }.get()
            }
            #expect(error?.code == .tooLarge)
            let theirs = try gitResult(
                ["index-pack", "--stdin", "--max-input-size=\(limit)"], in: place.path, stdin: pack)
            if gitIsCurrent { #expect(theirs.errText == "fatal: \(error?.cause ?? "")\n") }
        }
        _ = try receive(pack, into: place) { $0.maxInputSize = UInt64(pack.count) }.get()
    }

    /// Chains of thousands of deltas, each with others beside it, resolve in bounded memory by any number of threads.
    @Test(arguments: [1, 2, 7])
    func deepChains(_ threads: Int) throws {
        let place = try repository()
        var builder = PackBuilder()
        let first = Array("0123456789".utf8)
        var last = builder.add(.blob, first)
        var size = first.count
        for number in 0..<3000 {
            let text = Array("\(number)".utf8)
            let kept = min(size, 200)
            if number % 3 == 0 { builder.add(delta: PackBuilder.delta(from: size, keeping: 5, adding: text), on: last) }
            last = builder.add(delta: PackBuilder.delta(from: size, keeping: kept, adding: text), on: last)
            size = kept + text.count
        }
        let result = try receive(builder.bytes, into: place) {
            $0.threads = threads
            $0.limits.deltaBases = 1000
        }.get()
        #expect(result.count == 4001)
        try git(["verify-pack", result.index.string], in: place.path)
    }
}
