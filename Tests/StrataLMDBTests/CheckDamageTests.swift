import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// That the whole check finds damage of a file: whatever is changed in it, either something is said or what is read is as it was.
@Suite struct CheckDamageTests {
    /// A record of a reference or of a reflog, as the check's own walk meets it.
    private struct Record: Equatable {
        let database: String
        let key: [UInt8]
        let value: [UInt8]
    }

    private final class Dump {
        var records: [Record] = []
    }

    /// Whether the one is the other but for the bytes of one value that is so long that it has pages for itself: nothing there tells
    /// whether they are right.
    private static func isSame(_ a: [Record], _ b: [Record]) -> Bool {
        guard a.count == b.count else { return false }
        let others = zip(a, b).filter { $0 != $1 }
        return others.isEmpty
            || others.count == 1
                && others.allSatisfy { $0.key == $1.key && $0.value.count == $1.value.count && $0.value.count > 4096 }
    }

    /// What the check reads; nil = it has found something.
    private static func silent(_ path: FilePath) throws -> [Record]? {
        let dump = Dump()
        let run = try? LMDBCheck.still(path) { run in
            unsafe run.visit = { database, key, value in
                unsafe dump.records.append(Record(database: database, key: Array(key), value: Array(value)))
            }
        }
        return run.flatMap { $0.report.findings.isEmpty ? dump.records : nil }
    }

    /// The places of bytes that say how the rest is to be read: heads and offsets of the pages in use, and heads of nodes.
    static func structure(of bytes: [UInt8], in path: FilePath) throws -> [Int] {
        let run = try #require(try? LMDBCheck.still(path) { _ in })
        let pageSize = run.meta.pageSize
        var places: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: pageSize) {
            guard start < 2 * pageSize || run.reached.contains(UInt64(start / pageSize)) else { continue }
            let lower = Int(bytes.native(at: start + 12, as: UInt16.self))
            let isTree = bytes[start + 10] & 3 != 0 && lower > 16 && lower < pageSize
            guard isTree else {
                places += start..<start + (start < 2 * pageSize ? 152 : 16)
                continue
            }
            places += start..<start + lower
            for at in stride(from: 16, to: lower, by: 2) {
                let node = Int(bytes.native(at: start + at, as: UInt16.self))
                if node + 8 <= pageSize { places += start + node..<start + node + 8 }
            }
        }
        return places
    }

    @Test func aFlippedBitIsFoundOrChangesNothingElse() throws {
        let sample = try SampleEnvironment(branches: 60)
        let before = try #require(try Self.silent(sample.data))
        #expect(before.count > 100)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let structure = try Self.structure(of: bytes, in: sample.data)
        var random = SplitMix64(seed: 7)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(isSanitized ? 40 : 15)
        var (tried, found, same, content) = (0, 0, 0, 0)
        while clock.now < end {
            let place =
                tried % 3 == 0
                ? Int.random(in: 0..<bytes.count, using: &random) : structure.randomElement(using: &random)!
            let flipped = bytes[place] ^ 1 << UInt8.random(in: 0..<8, using: &random)
            editor.write([flipped], at: place)
            defer { editor.write([bytes[place]], at: place) }
            tried += 1
            guard let after = try Self.silent(sample.data) else {
                found += 1
                continue
            }
            if after == before {
                same += 1
            } else {
                content += 1
                Self.expectOnly(bytes[place] ^ flipped, between: before, and: after, "byte \(place) of \(bytes.count)")
            }
        }
        #expect(
            found > tried / 3 && same > 0,
            "of \(tried) \(found) were found, \(same) changed nothing, \(content) a record")
    }

    /// The flipped bit may be in an id, a message or a name, or in the length of a value that has pages for itself: nothing contradicts
    /// those. It must be all that has changed.
    private static func expectOnly(_ bit: UInt8, between before: [Record], and after: [Record], _ what: Comment) {
        let changed = zip(before, after).filter { $0 != $1 }
        guard before.count == after.count, changed.count == 1, let (old, new) = changed.first else {
            Issue.record("\(what): \(before.count) records, and \(after.count), of which \(changed.count) are others")
            return
        }
        #expect(old.database == new.database, what)
        if old.value.count == new.value.count {
            #expect(old.key.count == new.key.count, what)
            #expect(zip(old.key + old.value, new.key + new.value).map { $0 ^ $1 }.filter { $0 != 0 } == [bit], what)
        } else {
            let both = [old.value, new.value].sorted { $0.count < $1.count }
            let distance = both[1].count - both[0].count
            #expect(old.key == new.key && both[1].starts(with: both[0]), what)
            #expect(both[1].count > 2000 && (distance == Int(bit) || distance == Int(bit) << 8), what)
        }
    }

    @Test func aFileThatWasCutIsFound() throws {
        let sample = try SampleEnvironment()
        let before = try #require(try Self.silent(sample.data))
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let pageSize = try LMDBCheck.check(sample.path).pageSize
        var found = 0
        for size in stride(from: pageSize / 2, to: bytes.count, by: pageSize / 2) {
            editor.resize(to: size)
            // Free pages alone are lost without harm.
            if let after = try Self.silent(sample.data) {
                let isSame = after == before
                #expect(isSame, "\(size) of \(bytes.count) bytes")
            } else {
                found += 1
            }
            editor.resize(to: bytes.count)
            editor.write(Array(bytes[size...]), at: size)
        }
        #expect(found > bytes.count / pageSize)
        editor.resize(to: bytes.count + 3 * pageSize + 100)
        let isSame = try Self.silent(sample.data) == before
        #expect(isSame)
        #expect(try LMDBCheck.check(sample.path).fileSize == Int64(bytes.count + 3 * pageSize + 100))
    }

    @Test func zeroedAndSwappedPagesAreFound() throws {
        let sample = try SampleEnvironment()
        let before = try #require(try Self.silent(sample.data))
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let pageSize = try LMDBCheck.check(sample.path).pageSize
        let count = bytes.count / pageSize
        func page(_ number: Int) -> [UInt8] { Array(bytes[number * pageSize..<(number + 1) * pageSize]) }
        var found = 0
        func look(_ what: Comment) throws {
            guard let after = try Self.silent(sample.data) else {
                found += 1
                return
            }
            let isSame = Self.isSame(after, before)
            #expect(isSame, what)
        }
        for number in 0..<count {
            for filling in [0, 0xff] as [UInt8] {
                editor.write(Array(repeating: filling, count: pageSize), at: number * pageSize)
                try look("page \(number) of \(filling)")
            }
            let other = (number + 1) % count
            editor.write(page(other), at: number * pageSize)
            try look("page \(number) is \(other)")
            editor.write(page(number), at: other * pageSize)
            try look("pages \(number) and \(other)")
            editor.write(page(number), at: number * pageSize)
            editor.write(page(other), at: other * pageSize)
        }
        #expect(found > count)
        let isSame = try Self.silent(sample.data) == before
        #expect(isSame)
    }

    /// Pages of other numbers and noise: nothing is believed, and nothing takes long.
    @Test func noiseIsNoTrap() throws {
        let sample = try SampleEnvironment(branches: 60)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let structure = try Self.structure(of: bytes, in: sample.data)
        var random = SplitMix64(seed: 11)
        for _ in 0..<300 {
            var noisy = bytes
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = structure.randomElement(using: &random)!
                noisy[place] =
                    Bool.random(using: &random)
                    ? .random(in: 0...255, using: &random) : [0, 0xff, 1].randomElement(using: &random)!
            }
            editor.write(noisy, at: 0)
            _ = try? LMDBCheck.check(sample.path)
        }
    }
}
