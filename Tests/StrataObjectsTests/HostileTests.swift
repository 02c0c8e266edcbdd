import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Files that lie: a right answer or a typed error, and never a trap, a hang or a huge allocation.
@Suite struct HostileTests {
    /// A packed repository with few objects, the bytes of its files, and what is in it.
    private struct Victim {
        let repository: SampleRepository
        let index: FilePath
        let pack: FilePath
        let contents: [ObjectID: [UInt8]]
        let objects: [SampleRepository.Object]

        init(_ algorithm: HashAlgorithm, _ layout: Layout = .packed) throws {
            repository = try SampleRepository(algorithm, commits: 2)
            try layout.apply(to: repository)
            let directory = repository.objects.appending("pack")
            index = directory.appending(try #require(names(in: directory).first { $0.hasSuffix(".idx") }))
            pack = directory.appending(try #require(names(in: directory).first { $0.hasSuffix(".pack") }))
            contents = try repository.contents()
            objects = try repository.list()
        }

        /// Where entries start.
        func offsets() throws -> [Int] {
            let listing = try repository.git(["show-index"], stdin: try StrataObjectsTests.contents(of: index))
            return listing.split(separator: "\n").compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        }

        enum Outcome: Equatable {
            case right, wrong, absent, failed
        }

        /// Asks a fresh reader for three of the objects, others each `turn`, in every way.
        func ask(_ turn: Int) -> [Outcome] {
            let reader = repository.reader()
            return (0..<3).map { number in
                let object = objects[(turn + number * 5) % objects.count]
                do throws(ObjectError) {
                    _ = try? reader.header(of: object.id)
                    if number == 0 {
                        _ = try? reader.peel(object.id)
                        _ = try? reader.commit(object.id)
                        let digits = Array(object.id.hex.utf8.prefix(6))
                        _ = try? reader.resolveAbbreviation(digits.span)
                        _ = try? reader.abbreviationLength(of: object.id)
                    }
                    guard let read = try reader.read(object.id) else { return .absent }
                    return read.kind == object.header.kind && read.bytes == contents[object.id] ? .right : .wrong
                } catch {
                    return error.file == nil || error.cause.isEmpty ? .wrong : .failed
                }
            }
        }
    }

    @Test(arguments: [(HashAlgorithm.sha1, Layout.packed), (.sha1, .indexVersion1), (.sha256, .largeOffsets)])
    func bytesOfAnIndex(_ algorithm: HashAlgorithm, _ layout: Layout) throws {
        let victim = try Victim(algorithm, layout)
        let good = try contents(of: victim.index)
        #expect(victim.ask(0).allSatisfy { $0 == .right })
        var generator = SplitMix64(seed: 3)
        // Every second byte, but of the 256 slots of the fan-out table only some.
        for place in good.indices where place < 64 || (place > 1032 && place % 2 == 0) || place % 31 == 0 {
            var bad = good
            bad[place] ^= UInt8(generator.next() % 255) + 1
            try replace(victim.index, with: bad)
            // A changed name hides its object and a changed offset may hit another: git does not notice either.
            let outcomes = victim.ask(place)
            if place < 8, layout != .indexVersion1 {
                #expect(outcomes.allSatisfy { $0 == .failed }, "byte \(place)")
            }
        }
        for length in stride(from: good.count - 1, through: 0, by: -19) {
            try replace(victim.index, with: Array(good[..<length]))
            #expect(victim.ask(length).allSatisfy { $0 == .failed }, "cut at \(length)")
        }
    }

    /// A slot that says less or more, but not less than the one before: what a search between two slots passes over is not absent.
    @Test(arguments: [Layout.packed, .indexVersion1]) func aDamagedFanoutHidesNothing(_ layout: Layout) throws {
        let victim = try Victim(.sha1, layout)
        let good = try contents(of: victim.index)
        let table = layout == .indexVersion1 ? 0 : 8
        let ids = victim.objects.map(\.id)
        let firstBytes = Set(ids.map { Int($0.word0 >> 56) })
        var outcomes: Set<String> = []
        for slot in 0..<255 where firstBytes.contains(slot) || firstBytes.contains(slot + 1) {
            let neighbours = [
                slot == 0 ? [0, 0, 0, 0] : good[table + 4 * slot - 4..<table + 4 * slot],
                good[table + 4 * slot + 4..<table + 4 * slot + 8],
            ]
            for other in neighbours where !other.elementsEqual(good[table + 4 * slot..<table + 4 * slot + 4]) {
                var bad = good
                bad.replaceSubrange(table + 4 * slot..<table + 4 * slot + 4, with: other)
                try replace(victim.index, with: bad)
                let store = victim.repository.reader()
                for id in ids {
                    do throws(ObjectError) {
                        #expect(try store.contains(id), "slot \(slot)")
                        #expect(try store.resolve(10, digitsOf: id) == .unique(id))
                        outcomes.insert("there")
                    } catch {
                        #expect(error.code == .corrupt && error.file?.hasSuffix(".idx") == true)
                        outcomes.insert("error")
                    }
                }
            }
        }
        #expect(outcomes == ["there", "error"])
    }

    @Test(arguments: [Layout.packed, .refDeltas])
    func bytesOfAPack(_ layout: Layout) throws {
        let victim = try Victim(.sha1, layout)
        let good = try contents(of: victim.pack)
        let starts = try victim.offsets()
        var generator = SplitMix64(seed: 4)
        for place in good.indices where place < 32 || place % 2 == 0 {
            var bad = good
            bad[place] ^= UInt8(generator.next() % 255) + 1
            try replace(victim.pack, with: bad)
            let outcomes = victim.ask(place)
            // The kind, and which object a delta is of, stand in the header before what zlib checks.
            let isHeader = starts.contains { place >= $0 && place < $0 + 24 }
            if !isHeader { #expect(!outcomes.contains(.wrong), "byte \(place)") }
            #expect(!outcomes.contains(.absent), "byte \(place)")
        }
        for length in stride(from: good.count - 1, through: 0, by: -11) {
            try replace(victim.pack, with: Array(good[..<length]))
            #expect(victim.ask(length).allSatisfy { $0 == .failed }, "cut at \(length)")
        }
    }

    @Test func everyByteOfALooseObject() throws {
        let victim = try Victim(.sha1)
        let loose = try SampleRepository(.sha1, commits: 2)
        var generator = SplitMix64(seed: 5)
        for object in try loose.list() where [.commit, .tag].contains(object.header.kind) {
            let hex = object.id.hex
            let path = loose.objects.appending(String(hex.prefix(2))).appending(String(hex.dropFirst(2)))
            let good = try contents(of: path)
            let expected = try #require(victim.contents[object.id])
            func isRightOrFails() throws -> Bool {
                let reader = loose.reader()
                do throws(ObjectError) {
                    _ = try? reader.header(of: object.id)
                    guard let read = try reader.read(object.id) else { return false }
                    return read.kind == object.header.kind && read.bytes == expected
                } catch {
                    return error.code == .corrupt || error.code == .tooLarge
                }
            }
            for place in good.indices {
                var bad = good
                bad[place] ^= UInt8(generator.next() % 255) + 1
                try replace(path, with: bad)
                #expect(try isRightOrFails(), "\(hex) byte \(place)")
                try replace(path, with: Array(good[..<place]))
                #expect(try isRightOrFails(), "\(hex) cut at \(place)")
            }
            try replace(path, with: good + [0])
            #expect(throws: ObjectError.self) { try loose.reader().read(object.id) }
            try replace(path, with: good)
        }
    }

    @Test func whatIsNoFileIsUnavailableOrCorrupt() throws {
        let loose = try SampleRepository(.sha1, commits: 2)
        let id = try #require(try loose.list().first).id
        let path = loose.objects.appending(String(id.hex.prefix(2))).appending(String(id.hex.dropFirst(2)))
        for make in [["mkdir"], ["mkfifo"]] {
            removeTree(path)
            _ = try run(make[0], [path.string])
            #expect(throws: ObjectError.self) { try loose.reader().header(of: id) }
            #expect(throws: ObjectError.self) { try loose.reader().read(id) }
        }
    }

    /// A damaged copy does not hide a good one.
    @Test func aGoodCopyIsFoundBehindADamagedOne() throws {
        let victim = try Victim(.sha1)
        var bad = try contents(of: victim.pack)
        for place in 12..<bad.count - 20 { bad[place] = 0 }
        try replace(victim.pack, with: bad)
        #expect(victim.ask(0).allSatisfy { $0 == .failed })
        // Loose copies of everything, in a directory of their own.
        let other = try SampleRepository(.sha1, commits: 2)
        let list = other.objects.string + "\n"
        let info = victim.repository.objects.appending("info").appending("alternates")
        try replace(info, with: Array(list.utf8))
        #expect(victim.ask(0).allSatisfy { $0 == .right })
    }
}
