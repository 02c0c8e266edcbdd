import Glibc
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Which records of two versions of a file are not the same.
@Suite("difference of packed-refs") struct PackedDifferenceTests {
    /// An id, and what it peels to.
    private struct Value: Equatable { var digit: UInt8, peeled: UInt8? }

    private static let digits = Array("0123456789abcdef".utf8)

    private func file(_ refs: [String: Value], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(PackedLines.header.utf8)
        for (name, value) in refs.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            bytes += [UInt8](repeating: value.digit, count: 40) + Array(" \(name)\n".utf8)
            if let peeled = value.peeled { bytes += [94] + [UInt8](repeating: peeled, count: 40) + [10] }
        }
        return bytes
    }

    private func value(_ random: inout SplitMix64) -> Value {
        Value(
            digit: Self.digits[Int(random.next() % 15) + 1],
            peeled: random.next() % 3 == 0 ? Self.digits[Int(random.next() % 15) + 1] : nil)
    }

    private func snapshot(_ bytes: [UInt8]) throws -> PackedRefSnapshot {
        try PackedRefSnapshot(bytes: bytes, hashAlgorithm: .sha1)
    }

    @Test("it is what has come, gone and changed", arguments: 1...60)
    func isExact(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var old: [String: Value] = [:]
        for _ in 0..<[0, 1, 5, 60, 900][seed % 5] {
            old["refs/heads/\(random.next() % 5)/\(String(random.next() % 5000, radix: 7))"] = value(&random)
        }
        var new = old
        for _ in 0..<Int(random.next() % 12) {
            switch random.next() % 5 {
            case 0: new["refs/heads/\(random.next() % 7)/new\(random.next() % 50)"] = value(&random)
            case 1: if let name = new.keys.randomElement(using: &random) { new[name] = nil }
            case 2: if let name = new.keys.randomElement(using: &random) { new[name]?.peeled = nil }
            case 3: if let name = new.keys.randomElement(using: &random) { new[name]?.peeled = 0x61 }
            default: if let name = new.keys.randomElement(using: &random) { new[name] = value(&random) }
            }
        }
        let expected = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
        let (a, b) = (try snapshot(file(old, &random)), try snapshot(file(new, &random)))
        let names = try #require(try b.changedNames(since: a, limit: 100))
        #expect(names.count == expected.count && Set(names.map(\.description)) == expected)
        #expect(try a.changedNames(since: a, limit: 0) == [])
        if !expected.isEmpty { #expect(try a.changedNames(since: b, limit: expected.count - 1) == nil) }
        #expect(try a.changedNames(since: b, limit: expected.count)?.count == expected.count)
    }

    /// Whatever stands there: a line that one file has and the other does not is told of, or nothing is.
    @Test("nothing is left out of files that are damaged", arguments: 1...8)
    func damage(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed &* 31))
        var refs: [String: Value] = [:]
        for number in 0..<150 { refs["refs/heads/\(random.next() % 9)/\(number)"] = value(&random) }
        let sound = file(refs, &random)
        let (a, header) = (try snapshot(sound), PackedLines.header.utf8.count)
        var (told, refused) = (0, 0)
        for _ in 0..<300 {
            var bad = sound
            for _ in 0...random.next() % 4 {
                let place = header + Int(random.next() % UInt64(bad.count - header))
                switch random.next() % 4 {
                case 0: bad[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bad.remove(at: place)
                case 2: bad.insert([10, 94, 32, 97][Int(random.next() % 4)], at: place)
                default: bad.removeSubrange(place..<min(bad.count, place + Int(random.next() % 120)))
                }
            }
            guard let b = try? snapshot(bad) else { continue }
            for (one, other) in [(a, b), (b, a)] {
                guard let names = try one.changedNames(since: other, limit: 10_000) else {
                    refused += 1
                    continue
                }
                told += 1
                let texts = Set(names.map { String(decoding: $0.bytes, as: UTF8.self) })
                let lines = [sound, bad].map { Set($0.dropFirst(header).split(separator: 10)) }
                for line in lines[0].symmetricDifference(lines[1]) where line.first != 94 && line.count > 41 {
                    let name = String(decoding: line.dropFirst(41), as: UTF8.self)
                    #expect(texts.contains(name), "\(name) \(texts)")
                }
            }
        }
        #expect(told > 100, "\(told) \(refused)")
    }

    @Test("a file that nobody has replaced is not read")
    func sameFile() throws {
        let repository = try PackedRepository()
        var random = SplitMix64(seed: 4)
        var refs: [String: Value] = [:]
        for number in 0..<1500 { refs["refs/heads/\(number)"] = value(&random) }
        try repository.write(file(refs, &random))
        let (a, b) = (
            try PackedRefSnapshot(at: repository.file, .sha1), try PackedRefSnapshot(at: repository.file, .sha1)
        )
        // It is too young: somebody may just write into it.
        #expect(try b.changedNames(since: a, limit: 0) == nil)
        usleep(50_000)
        let (d, e) = (
            try PackedRefSnapshot(at: repository.file, .sha1), try PackedRefSnapshot(at: repository.file, .sha1)
        )
        #expect(try e.changedNames(since: d, limit: 0) == [])
        let lock = try repository.store().lock()
        try lock.stage([.remove(RefName("refs/heads/77"))])
        try lock.commit()
        let c = try PackedRefSnapshot(at: repository.file, .sha1)
        #expect(try c.changedNames(since: a, limit: 5)?.map(\.description) == ["refs/heads/77"])
    }

    /// What is mapped shows what was written since: nothing can be told.
    @Test("a file that somebody has written into is read anew", arguments: [10, 1500])
    func writtenInPlace(_ count: Int) throws {
        let repository = try PackedRepository()
        var random = SplitMix64(seed: 8)
        var refs: [String: Value] = [:]
        for number in 0..<count { refs["refs/heads/\(number)"] = Value(digit: 0x61, peeled: nil) }
        try repository.write(file(refs, &random))
        usleep(50_000)
        let before = try PackedRefSnapshot(at: repository.file, .sha1)
        refs["refs/heads/5"] = Value(digit: 0x62, peeled: nil)
        try repository.write(file(refs, &random))
        let after = try PackedRefSnapshot(at: repository.file, .sha1)
        let names = try after.changedNames(since: before, limit: 10)
        #expect(count == 10 ? names?.map(\.description) == ["refs/heads/5"] : names == nil)
    }
}
