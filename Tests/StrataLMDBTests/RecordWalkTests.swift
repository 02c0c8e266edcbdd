import CLMDB
import StrataIO
import TestSupport
import Testing

@testable import StrataLMDB
@testable import StrataRefs

/// Records read and changed as they lie in pages, beside LMDB's own steps and a dictionary.
@Suite struct RecordWalkTests {
    private typealias Record = (key: [UInt8], value: [UInt8])

    /// Of many lengths; some values need pages of their own.
    private struct Source {
        var random: SplitMix64

        init(_ seed: Int) { random = SplitMix64(seed: UInt64(seed) &* 991) }

        mutating func bytes(_ count: Int, _ letters: UInt64 = 256) -> [UInt8] {
            (0..<count).map { _ in UInt8(random.next() % letters) }
        }

        mutating func key(_ letters: UInt64) -> [UInt8] {
            bytes(5 + Int(random.next() % (random.next() % 8 == 0 ? 400 : 6)), letters)
        }

        mutating func value() -> [UInt8] {
            switch random.next() % 60 {
            case 0: bytes(3000 + Int(random.next() % 9000))
            case 1...5: bytes(Int(random.next() % 1500))
            default: bytes(Int(random.next() % 60))
            }
        }
    }

    /// Puts, gets, steps and deletions in several transactions, with what they leave.
    private func fill(_ environment: LMDBEnvironment, _ source: inout Source, _ rounds: Int) throws -> [Record] {
        var all: [[UInt8]: [UInt8]] = [:]
        for round in 0..<rounds {
            try environment.write(.none, until: .never) { writer throws(RefError) in
                // In order, too: then each change begins where the last has ended.
                let isInOrder = round % 2 == 0
                var keys = (0..<300).map { _ in source.key(round % 3 == 0 ? 3 : 256) }
                if isInOrder { keys.sort { $0.lexicographicallyPrecedes($1) } }
                for key in keys {
                    let isDeletion = source.random.next() % (round % 4 == 3 ? 2 : 16) == 0
                    let value = source.value()
                    try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
                        let wanted = unsafe strata_lmdb_key(bytes)
                        switch source.random.next() % 4 {
                        case 0:
                            let found = unsafe try writer.get(writer.refs, wanted)
                            #expect(unsafe found.map { unsafe Array($0) } == all[key])
                        case 1:
                            let found = unsafe try writer.move(writer.refs, MDB_SET_RANGE, wanted)
                            let next = unsafe found.map { unsafe Self.record($0) }
                            if let value = all[key] { #expect(next?.key == key && next?.value == value) }
                            if let next {
                                #expect(all[next.key] == next.value)
                                #expect(!next.key.lexicographicallyPrecedes(key))
                            }
                        default: break
                        }
                        if isDeletion {
                            unsafe try writer.delete(writer.refs, wanted)
                            all[key] = nil
                        } else {
                            unsafe try writer.put(writer.refs, wanted, value)
                            all[key] = value
                        }
                    }
                }
            }
        }
        return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    private static func record(_ found: strata_lmdb_record) -> Record {
        unsafe (
            Array(UnsafeRawBufferPointer(start: found.key, count: found.key_count)),
            Array(UnsafeRawBufferPointer(start: found.value, count: found.value_count))
        )
    }

    private func isSame(_ walk: LMDBRecordWalk, _ records: ArraySlice<Record>) throws -> Bool {
        for record in records {
            guard let found = unsafe try walk.next() else { return false }
            let next = unsafe Self.record(found)
            guard next.key == record.key, next.value == record.value else { return false }
        }
        return true
    }

    @Test(arguments: 1...8) func itGivesWhatWasPut(_ seed: Int) throws {
        let directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        var source = Source(seed)
        let all = try fill(environment, &source, 12)
        try #require(all.count > 1000)
        let transaction = try environment.read()
        #expect(transaction.mapping != nil)
        let walk = try LMDBRecordWalk(transaction, transaction.refs)
        #expect(try isSame(walk, all[...]))
        #expect(unsafe try walk.next() == nil)
        for _ in 0..<200 {
            let from = source.random.next() % 2 == 0 ? source.key(256) : all[Int.random(in: 0..<all.count)].key
            let start = all.firstIndex { !$0.key.lexicographicallyPrecedes(from) } ?? all.count
            let count = min(Int(source.random.next() % 300), all.count - start)
            try unsafe from.span.withUnsafeBytes { bytes throws(RefError) in
                unsafe try walk.seek(strata_lmdb_key(bytes))
            }
            #expect(try isSame(walk, all[start..<start + count]))
        }
    }

    /// Two offsets that lead to one node, before a value that LMDB is asked for: it could lead back to the first of them again and again.
    @Test(arguments: [0, 1, 2]) func itDoesNotGoRound(_ place: Int) throws {
        let directory = try TemporaryDirectory()
        let count = 60
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        try environment.write(.none, until: .never) { writer throws(RefError) in
            for number in 0..<count {
                try unsafe [UInt8](repeating: UInt8(number), count: 8).span.withUnsafeBytes { bytes throws(RefError) in
                    let isLong = place < 2 && number == 40
                    let value = [UInt8](repeating: 7, count: isLong ? 5000 : 20)
                    unsafe try writer.put(writer.refs, strata_lmdb_key(bytes), value)
                }
            }
        }
        let editor = FileEditor(directory.appending("data.mdb"))
        let bytes = try editor.bytes
        let leaves = stride(from: 8192, to: bytes.count, by: 4096).filter {
            bytes[$0 + 10] == 2 && Int(bytes[$0 + 12]) + Int(bytes[$0 + 13]) << 8 == 16 + 2 * count
        }
        try #require(!leaves.isEmpty)
        // Its last before the long value, or of all, is the first or one that a search comes to.
        let (last, first) = place < 2 ? (39, place == 0 ? 0 : 30) : (count - 1, 0)
        for leaf in leaves {
            editor.write(Array(bytes[leaf + 16 + 2 * first..<leaf + 18 + 2 * first]), at: leaf + 16 + 2 * last)
        }
        let transaction = try environment.read()
        let walk = try LMDBRecordWalk(transaction, transaction.refs)
        var given = 0
        do throws(RefError) {
            while unsafe try walk.next() != nil, given <= count { given += 1 }
        } catch {
            #expect(error.code == .corrupt)
        }
        #expect(given <= count)
    }

    private func number16(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }

    /// A leaf that two nodes of a branch lead to, with a first key behind its last: by its last key the way leads to where it stood before.
    @Test func aLeafThatComesTwiceIsNotGoneRound() throws {
        let sample = try SampleEnvironment(branches: 600)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        var changed = 0
        for page in stride(from: 8192, to: bytes.count, by: 4096) where number16(bytes, page + 10) == 1 {
            guard (number16(bytes, page + 12) - 16) / 2 >= 6 else { continue }
            let (once, again) = (page + number16(bytes, page + 18), page + number16(bytes, page + 24))
            let leaf = 4096 * number16(bytes, once)
            guard number16(bytes, leaf + 10) == 2 else { continue }
            editor.write(Array(bytes[once..<once + 6]), at: again)
            let node = leaf + number16(bytes, leaf + 16)
            let count = number16(bytes, node + 6)
            editor.write([0x7a], at: node + 8 + count - 4)
            editor.write([0x7a], at: node + 8 + 11 + 4)
            changed += 1
        }
        try #require(changed > 0)
        let transaction = try sample.open().read()
        let walk = try LMDBRecordWalk(transaction, transaction.refs)
        var given = 0
        do throws(RefError) {
            while unsafe try walk.next() != nil, given < 10_000 { given += 1 }
        } catch {
            #expect(error.code == .corrupt)
        }
        #expect(given < 10_000)
    }

    /// The last leaf cannot be copied, and begins with a key before those of the first: what is added at the end comes to it by another way than a search.
    @Test(arguments: [UInt8(10), 250]) func theEndIsLookedAtWhereSomethingIsAdded(_ key: UInt8) throws {
        let directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        try environment.write(.none, until: .never) { writer throws(RefError) in
            for number in 0..<UInt8(200) {
                try unsafe [UInt8](repeating: number, count: 8).span.withUnsafeBytes { bytes throws(RefError) in
                    unsafe try writer.put(writer.refs, strata_lmdb_key(bytes), [UInt8](repeating: 7, count: 100))
                }
            }
        }
        let editor = FileEditor(directory.appending("data.mdb"))
        let bytes = try editor.bytes
        var changed = 0
        for page in stride(from: 8192, to: bytes.count, by: 4096) where number16(bytes, page + 10) == 2 {
            let count = (number16(bytes, page + 12) - 16) / 2
            let (first, last) = (number16(bytes, page + 16), number16(bytes, page + 16 + 2 * (count - 1)))
            guard number16(bytes, page + last + 6) == 8, bytes[page + last + 8] == 199 else { continue }
            editor.write([UInt8](repeating: 0, count: 8), at: page + first + 8)
            editor.write([0xf8, 0xff], at: page + 14)
            changed += 1
        }
        try #require(changed > 0)
        let error = #expect(throws: RefError.self) {
            try environment.write(.none, until: .never) { writer throws(RefError) in
                try unsafe [key, key, key + 1].span.withUnsafeBytes { bytes throws(RefError) in
                    unsafe try writer.append(writer.refs, strata_lmdb_key(bytes), [1, 2, 3])
                }
            }
        }
        #expect(error?.code == .corrupt)
    }

    /// Damaged leaves: the walk ends, with no more records than they have, and what it gives lies in the file.
    @Test(arguments: 1...40) func damagedLeavesEnd(_ seed: Int) throws {
        let sample = try SampleEnvironment(branches: 600)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        var source = Source(seed)
        let leaves = stride(from: 8192, to: bytes.count, by: 4096).filter { bytes[$0 + 10] == 2 && bytes[$0 + 12] > 40 }
        try #require(!leaves.isEmpty)
        for leaf in leaves {
            var page = Array(bytes[leaf..<leaf + 4096])
            let count = (Int(page[12]) | Int(page[13]) << 8) / 2 - 8
            for _ in 0..<Int(source.random.next() % 4 + 1) {
                let (a, b) = (Int(source.random.next() % UInt64(count)), Int(source.random.next() % UInt64(count)))
                switch seed % 4 {
                // Keys that are not in order, or come twice.
                case 0: for byte in 0..<2 { page.swapAt(16 + 2 * a + byte, 16 + 2 * b + byte) }
                case 1: for byte in 0..<2 { page[16 + 2 * a + byte] = page[16 + 2 * b + byte] }
                case 2: page[16 + 2 * a + 1] = UInt8(source.random.next() % 256)
                default:
                    page[Int(page[16 + 2 * a]) | Int(page[17 + 2 * a] & 15) << 8] ^= UInt8(source.random.next() % 256)
                }
            }
            editor.write(page, at: leaf)
        }
        let environment = try sample.open()
        let transaction = try environment.read()
        let walk = try LMDBRecordWalk(transaction, transaction.refs)
        let most = leaves.count * 2040
        var (count, sum) = (0, 0)
        do throws(RefError) {
            while let found = unsafe try walk.next(), count <= most {
                let record = unsafe Self.record(found)
                sum += record.key.reduce(0) { $0 + Int($1) } + (record.value.count < 4096 ? record.value.count : 0)
                count += 1
            }
        } catch {
            #expect(error.code == .corrupt || error.code == .unavailable, "\(error)")
        }
        #expect(count <= most && sum >= 0)
    }
}
