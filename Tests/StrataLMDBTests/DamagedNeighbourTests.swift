import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// Damage beside the page that a change is made in.
@Suite struct DamagedNeighbourTests {
    /// Leaves with nothing but branches, each with those beside it below one page; a change of a page is tried on copies of the file.
    private func onLeaves(
        _ body: (_ original: [UInt8], _ names: [RefName], _ beside: [UInt64]) throws -> Void
    ) throws {
        let sample = try SampleEnvironment(branches: 600)
        let original = try FileEditor(sample.data).bytes
        let run = try #require(try LMDBCheck.still(sample.data) { _ in })
        let file = try #require(try LMDBPageFile(sample.data))
        let (branch, leaf) = (LMDBPage(pageSize: 4096), LMDBPage(pageSize: 4096))
        for number in 2..<UInt64(original.count / 4096) where run.reached.contains(number) {
            guard branch.load(number, from: file) == nil, branch.isBranch else { continue }
            let children = branch.nodes.map(\.page)
            for child in 1..<children.count {
                guard leaf.load(children[child], from: file) == nil, !leaf.isBranch else { continue }
                let keys: [[UInt8]] = leaf.nodes.map { unsafe Array(leaf.part($0.key).dropFirst(4)) }
                guard keys.allSatisfy({ $0.starts(with: "refs/heads/topic-".utf8) }), keys.count > 4 else { continue }
                let beside = [child - 1, child + 1].filter(children.indices.contains).map { children[$0] }
                try body(original, keys.map { RefName(unchecked: $0) }, beside)
            }
        }
    }

    /// What a transaction comes to in a copy of a file.
    private func outcome(_ edits: [RefEdit], in bytes: [UInt8]) throws -> (error: RefError?, store: LMDBRefStore) {
        let place = try TemporaryDirectory()
        try writeFile(place.appending("data.mdb"), bytes)
        let store = LMDBRefStore(try LMDBEnvironment.open(place.path, OpeningTests.options()))
        do throws(RefError) {
            try store.commit(RefTransaction(edits), SampleEnvironment.context)
            return (nil, store)
        } catch { return (error, store) }
    }

    /// Names are read before they are deleted, on a way without neighbours: a deletion that joins pages looks at these all the same.
    @Test(arguments: 0..<5) func aDamagedNeighbourIsSeenAfterReading(_ kind: Int) throws {
        var tried = 0
        try onLeaves { original, names, beside in
            for page in beside {
                var bytes = original
                let at = Int(page) * 4096
                switch kind {
                case 0: bytes[at + 13] ^= 0x40
                case 1: bytes.replaceSubrange(at + 12..<at + 16, with: [18, 0, 16, 0])
                case 2: bytes.replaceSubrange(at + 16..<at + 18, with: [0xf0, 0xff])
                case 3: bytes.replaceSubrange(at..<at + 4096, with: repeatElement(0, count: 4096))
                default: bytes.replaceSubrange(at + 14..<at + 16, with: [0xf8, 0x0f])
                }
                let error = try outcome(names.dropLast().map { .delete($0) }, in: bytes).error
                #expect(error.map { "\($0)".contains("page \(page):") } ?? false, "\(error as Any)")
                tried += 1
            }
        }
        #expect(tried > 8)
    }

    /// A cursor that steps to a leaf whose first record is anywhere says nothing of what there is.
    @Test(arguments: [0xfff0, 0x1ff0, 0x3010, 0x2ff8]) func aRecordThatIsElsewhereHidesNothing(_ offset: Int) throws {
        let there = try SampleEnvironment.name("refs/tags/v7")
        var tried = 0
        try onLeaves { original, names, beside in
            guard beside.count == 2, let last = names.last else { return }
            var bytes = original
            let at = Int(beside[1]) * 4096
            bytes.replaceSubrange(at + 16..<at + 18, with: [UInt8(offset & 255), UInt8(offset >> 8)])
            let new = RefName(unchecked: last.bytes + Array("0".utf8))
            let (error, store) = try outcome(
                [.create(new, at: SampleEnvironment.id(3)), .create(there, at: SampleEnvironment.id(4))], in: bytes)
            #expect(error != nil)
            #expect(try store.snapshot().read(there) == .object(SampleEnvironment.id(7), peeled: nil))
            tried += 1
        }
        #expect(tried > 4)
    }

    /// The names on each leaf, in their order, under each branch.
    private func leaves(of data: FilePath) throws -> [[(page: UInt64, names: [RefName], sizes: [Int])]] {
        let run = try #require(try LMDBCheck.still(data) { _ in })
        let file = try #require(try LMDBPageFile(data))
        let (branch, leaf) = (LMDBPage(pageSize: 4096), LMDBPage(pageSize: 4096))
        let count = UInt64(try FileEditor(data).bytes.count / 4096)
        var all: [[(page: UInt64, names: [RefName], sizes: [Int])]] = []
        for number in 2..<count where run.reached.contains(number) {
            guard branch.load(number, from: file) == nil, branch.isBranch else { continue }
            all.append([])
            for child in branch.nodes.map(\.page) where leaf.load(child, from: file) == nil && !leaf.isBranch {
                let keys: [[UInt8]] = leaf.nodes.map { unsafe Array(leaf.part($0.key).dropFirst(4)) }
                guard keys.allSatisfy({ $0.starts(with: "refs/heads/topic-".utf8) }) else { continue }
                let sizes = leaf.nodes.map { 2 + (8 + $0.key.count + ($0.value?.count ?? 0) + 1) / 2 * 2 }
                all[all.count - 1].append((child, keys.map { RefName(unchecked: $0) }, sizes))
            }
        }
        return all
    }

    /// A leaf that is emptied takes records from the one before, joins it when that has few, and then comes to the one before that, which is beside
    /// nothing that is changed.
    @Test func joinedPagesLeadFarther() throws {
        var tried = 0
        for place in 2..<6 {
            let sample = try SampleEnvironment(branches: 600)
            guard let group = try leaves(of: sample.data).first(where: { $0.count > place + 1 }) else { break }
            let (few, emptied) = (group[place - 1], group[place])
            do {
                let store = LMDBRefStore(try sample.open())
                // A quarter of a page is as little as LMDB leaves alone.
                var (used, kept) = (0, 0)
                while used < (4096 - 16) * 27 / 100 { (used, kept) = (used + few.sizes[kept], kept + 1) }
                let gone = few.names[kept...].map { RefEdit.delete($0) }
                try store.commit(RefTransaction(Array(gone)), SampleEnvironment.context)
            }
            let now = try #require(
                try leaves(of: sample.data).first { $0.contains { $0.names.contains(emptied.names[0]) } })
            let index = try #require(now.firstIndex { $0.names.contains(emptied.names[0]) })
            try #require(now[index].names == emptied.names && now[index - 1].names.count < few.names.count)
            let damaged = now[index - 2].page
            let editor = FileEditor(sample.data)
            let at = Int(damaged) * 4096 + 13
            let whole = try editor.bytes[at]
            editor.write([whole ^ 0x40], at: at)
            let store = LMDBRefStore(try sample.open())
            let edits = RefTransaction(emptied.names.map { .delete($0) })
            let error = #expect(throws: RefError.self) { try store.commit(edits, SampleEnvironment.context) }
            #expect(error.map { "\($0)".contains("page \(damaged):") } ?? false, "\(error as Any)")
            editor.write([whole], at: at)
            try store.commit(edits, SampleEnvironment.context)
            #expect(try LMDBCheck.check(sample.path).findings.isEmpty)
            tried += 1
        }
        #expect(tried > 1)
    }
}
