import CLMDB
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// Writing into a database that was damaged behind LMDB's back: an error that says so, the end of no process, and the rest can be written.
@Suite struct DamagedWriteTests {
    /// Bits in the heads of pages and of records, where LMDB takes from what it moves: each in a process of its own, which would end.
    @Test func writersOfDamagedPagesDoNotTrap() throws {
        let sample = try SampleEnvironment(branches: 200)
        let bytes = try #require(try readFile(sample.data))
        let structure = try CheckDamageTests.structure(of: bytes, in: sample.data)
        let server = try ChildProcess(productPath("StrataProbe"), ["damaged"])
        server.patience = 60_000
        var random = SplitMix64(seed: 11)
        var (made, refused) = (0, 0)
        for round in 0..<(processEnvironment()["STRATA_CRASH"] == "all" ? 3000 : scaled(80)) {
            let place = try #require(structure.randomElement(using: &random))
            let bit = UInt8.random(in: 0..<8, using: &random)
            var damaged = bytes
            damaged[place] ^= 1 << bit
            try writeFile(sample.data, damaged)
            server.send(Array("\(sample.path)\t200\t\(round * 31)\n".utf8))
            let answer = try #require(server.readLine())
            let words = answer.split(separator: " ").compactMap { Int($0) }
            guard answer.hasPrefix("done "), words.count == 2 else {
                Issue.record("page \(place / 4096), byte \(place % 4096), bit \(bit): \(answer)")
                continue
            }
            made += words[0]
            refused += words[1]
        }
        #expect(made > 100 && refused > 10)
    }

    enum Damage: CaseIterable {
        case zeros, anotherPage, backwards, tooLong, tooFull

        func change(_ bytes: inout [UInt8], _ page: Int, record: Int) {
            switch self {
            case .zeros: bytes.replaceSubrange(page..<page + 4096, with: repeatElement(0, count: 4096))
            case .anotherPage: bytes.replaceSubrange(page..<page + 4096, with: bytes[..<4096])
            case .backwards: bytes.replaceSubrange(page..<page + 4096, with: bytes[page..<page + 4096].reversed())
            // The value of a record goes beyond the page.
            case .tooLong: bytes[record + 1] = 0x7f
            // The free space ends before it begins.
            case .tooFull: bytes.replaceSubrange(page + 14..<page + 16, with: [18, 0])
            }
        }
    }

    /// The environment refuses what is on the page, goes on with the rest, and with all once the page is as it was.
    @Test(arguments: Damage.allCases) func onlyThePageIsRefused(_ damage: Damage) throws {
        let sample = try SampleEnvironment(branches: 200)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let name = try SampleEnvironment.name("refs/heads/topic-90/work")
        // The bytes of the name stand in its record, eight bytes behind its beginning and four of the worktree.
        let text = Array("refs/heads/topic-90/work".utf8)
        let all = bytes.indices.filter { bytes[$0...].starts(with: text) }
        let run = try #require(try LMDBCheck.still(sample.data) { _ in })
        // Not in a branch.
        let isIn = { (place: Int) in run.reached.contains(UInt64(place / 4096)) && bytes[place / 4096 * 4096 + 10] == 2
        }
        let record = try #require(all.first(where: isIn)) - 12
        let page = record / 4096 * 4096
        let store = LMDBRefStore(try sample.open())
        var damaged = bytes
        damage.change(&damaged, page, record: record)
        editor.write(Array(damaged[page..<page + 4096]), at: page)
        for edit in [RefEdit.update(name, to: SampleEnvironment.id(77), message: "moved"), .delete(name)] {
            let error = #expect(throws: RefError.self) {
                try store.commit(RefTransaction([edit]), SampleEnvironment.context)
            }
            guard case .damaged = error?.cause as? LMDBFailure else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(error?.code == .corrupt && error?.path != nil)
        }
        let other = try SampleEnvironment.name("refs/zz/other")
        try store.commit(RefTransaction([.create(other, at: SampleEnvironment.id(78))]), SampleEnvironment.context)
        editor.write(Array(bytes[page..<page + 4096]), at: page)
        try store.commit(RefTransaction([.delete(name)]), SampleEnvironment.context)
        #expect(try store.snapshot().read(name) == nil && store.snapshot().read(other) != nil)
        #expect(try LMDBCheck.check(sample.path).findings.isEmpty)
    }

    /// Where the keys of a branch are not in order LMDB comes to other pages than the order tells: to pages that nobody looked at, if that were believed.
    @Test(arguments: 1...12) func branchesOutOfOrderAreRefused(_ seed: Int) throws {
        let sample = try SampleEnvironment(branches: 900)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        var random = SplitMix64(seed: UInt64(seed))
        let run = try #require(try LMDBCheck.still(sample.data) { _ in })
        let pages = stride(from: 8192, to: bytes.count, by: 4096).filter { run.reached.contains(UInt64($0 / 4096)) }
        let branches = pages.filter { bytes[$0 + 10] == 1 && bytes[$0 + 12] > 24 }
        try #require(!branches.isEmpty)
        let store = LMDBRefStore(try sample.open())
        let names = try (0..<900).map { try SampleEnvironment.name("refs/heads/topic-\($0)/work") }
        let edits = (0..<6).map { part in
            RefEdit.update(names[Int(random.next() % 150) + 150 * part], to: SampleEnvironment.id(5))
        }
        var damaged = bytes
        for page in branches {
            let count = (Int(damaged[page + 12]) | Int(damaged[page + 13]) << 8) / 2 - 8
            for _ in 0..<3 {
                let (a, b) = (page + 16 + 2 * (1 + Int(random.next() % UInt64(count - 1))), page + 16 + 2 * (count - 1))
                for byte in 0..<2 { damaged.swapAt(a + byte, b + byte) }
            }
        }
        // One key leads where it leads. Where a second leads can be told by the order of keys alone.
        for page in branches { editor.write(Array(damaged[page..<page + 4096]), at: page) }
        let disorder = #expect(throws: RefError.self) { try store.commit(RefTransaction(edits)) }
        #expect(disorder.map { "\($0.message) \($0.cause.map { "\($0)" } ?? "")" }?.contains("not in order") ?? false)
        // A page with this is copied from behind its end.
        for page in pages where bytes[page + 10] == 2 && random.next() % 2 == 0 {
            (damaged[page + 14], damaged[page + 15]) = (0xf0, 0xff)
        }
        for page in pages { editor.write(Array(damaged[page..<page + 4096]), at: page) }
        var refused = 0
        for edit in edits {
            do throws(RefError) {
                try store.commit(RefTransaction([edit]), SampleEnvironment.context)
            } catch {
                #expect(error.code == .corrupt, "\(error)")
                refused += 1
            }
        }
        do throws(RefError) { try store.commit(RefTransaction(edits.shuffled())) } catch { refused += 1 }
        #expect(refused > 0)
    }

    /// A branch that claims thousands of pages, each in turn: what leads over it is refused, and all can be changed once it is as it was.
    @Test func damagedBranchesAreRefused() throws {
        let sample = try SampleEnvironment(branches: 600)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let run = try #require(try LMDBCheck.still(sample.data) { _ in })
        let branches = stride(from: 8192, to: bytes.count, by: 4096).filter {
            run.reached.contains(UInt64($0 / 4096)) && bytes[$0 + 10] == 1
        }
        #expect(branches.count >= 2)
        var refused = 0
        let store = LMDBRefStore(try sample.open())
        let names = try (0..<600).filter { $0 % 29 == 0 }.map {
            try SampleEnvironment.name("refs/heads/topic-\($0)/work")
        }
        for branch in branches {
            // A commit has copied what it has changed, and this may be a page of nobody by now.
            let whole = Array(try editor.bytes[branch..<branch + 4096])
            editor.write([whole[13] ^ 0x40], at: branch + 13)
            for (number, name) in names.enumerated() {
                let edit = RefEdit.update(name, to: SampleEnvironment.id(number), message: "moved")
                do throws(RefError) {
                    try store.commit(RefTransaction([edit]), SampleEnvironment.context)
                } catch {
                    guard case .damaged = error.cause as? LMDBFailure else {
                        Issue.record("\(error)")
                        continue
                    }
                    refused += 1
                }
            }
            editor.write(whole, at: branch)
        }
        #expect(refused > 0)
        for name in names { try store.commit(RefTransaction([.delete(name)]), SampleEnvironment.context) }
        #expect(try LMDBCheck.check(sample.path).findings.isEmpty)
    }

    /// All but what is on a damaged leaf is deleted in one transaction, so that the pages beside it are joined and come to it.
    @Test func joinedPagesDoNotLeadToADamagedOne() throws {
        let sample = try SampleEnvironment(branches: 300)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let run = try #require(try LMDBCheck.still(sample.data) { _ in })
        let file = try #require(try LMDBPageFile(sample.data))
        let names = try (0..<300).map { try SampleEnvironment.name("refs/heads/topic-\($0)/work") }
        let page = LMDBPage(pageSize: 4096)
        let store = LMDBRefStore(try sample.open())
        var refused = 0
        for number in 2..<UInt64(bytes.count / 4096) where run.reached.contains(number) {
            guard page.load(number, from: file) == nil, !page.isBranch else { continue }
            let onIt = Set(page.nodes.map { unsafe Array(page.part($0.key).dropFirst(4)) })
            let others = names.filter { !onIt.contains(Array($0.bytes)) }
            guard others.count < names.count else { continue }
            editor.write([bytes[Int(number) * 4096 + 13] ^ 0x40], at: Int(number) * 4096 + 13)
            let error = #expect(throws: RefError.self) {
                try store.commit(RefTransaction(others.map { .delete($0) }), SampleEnvironment.context)
            }
            guard case .damaged = error?.cause as? LMDBFailure else {
                Issue.record("\(String(describing: error))")
                continue
            }
            refused += 1
            editor.write([bytes[Int(number) * 4096 + 13]], at: Int(number) * 4096 + 13)
        }
        #expect(refused > 2)
        try store.commit(RefTransaction(names.map { .delete($0) }), SampleEnvironment.context)
        #expect(try LMDBCheck.check(sample.path).findings.isEmpty)
    }

    /// LMDB would take as many pages as a list of free ones says it has.
    @Test func aListOfFreePagesWithTooManyIsRefused() throws {
        let sample = try SampleEnvironment(branches: 20)
        let editor = FileEditor(sample.data)
        let file = try #require(try LMDBPageFile(sample.data))
        let root = try #require(try LMDBMetaPage.Pair(file).latest.free.root)
        let page = LMDBPage(pageSize: 4096)
        #expect(page.load(root, from: file) == nil && !page.isBranch)
        let value = try #require(page.nodes.first?.value)
        let place = Int(root) * 4096 + value.lowerBound + 3
        let whole = try editor.bytes[place]
        let store = LMDBRefStore(try sample.open())
        let name = try SampleEnvironment.name("refs/heads/topic-9/work")
        editor.write([whole ^ 0x40], at: place)
        let error = #expect(throws: RefError.self) {
            try store.commit(RefTransaction([.delete(name)]), SampleEnvironment.context)
        }
        guard case .damaged = error?.cause as? LMDBFailure else {
            Issue.record("\(String(describing: error))")
            return
        }
        editor.write([whole], at: place)
        try store.commit(RefTransaction([.delete(name)]), SampleEnvironment.context)
        #expect(try LMDBCheck.check(sample.path).findings.isEmpty)
    }

    // MARK: Calls that LMDB breaks off

    /// What LMDB itself finds wrong in the middle of a change, also where it has tracked cursors of its own stack.
    enum Broken: CaseIterable {
        /// The root has one child: met on the way to a record.
        case lonelyRoot
        /// A page has one record and less than no room: met when another is joined to it.
        case overfullNeighbour
    }

    @Test(arguments: Broken.allCases) func aCallThatIsBrokenOffLeavesNothing(_ broken: Broken) throws {
        let directory = try TemporaryDirectory()
        func key(_ number: Int) -> [UInt8] { Array("key \(10_000 + number)".utf8) }
        try withRawDatabase(directory.path) { put in
            for number in 0..<600 { put(key(number), Array(repeating: 7, count: 40)) }
        }
        let editor = FileEditor(directory.appending("data.mdb"))
        let file = try #require(try LMDBPageFile(editor.path))
        let root = try #require(try LMDBMetaPage.Pair(file).latest.main.root)
        let branch = LMDBPage(pageSize: 4096)
        #expect(branch.load(root, from: file) == nil && branch.isBranch && branch.nodes.count > 4)
        let place = Int(broken == .lonelyRoot ? root : branch.nodes[1].page) * 4096
        let whole = Array(try editor.bytes[place..<place + 4096])
        // Where its free space begins, and where it ends.
        editor.write(broken == .lonelyRoot ? [18, 0] : [18, 0, 16, 0], at: place + 12)
        unsafe try withRawEnvironment(directory.path) { environment in
            for isPut in broken == .lonelyRoot ? [true, false] : [false] {
                let (txn, database) = try unsafe begin(environment)
                var result: Int32 = 0
                // Of the third leaf, until little is left on it.
                let numbers = broken == .lonelyRoot ? [300] : Array(0..<600)
                for number in numbers where result == 0 || result == MDB_NOTFOUND {
                    let isOfThird = try broken == .lonelyRoot || order(branch, number, key(number))
                    guard isOfThird else { continue }
                    result = unsafe withLMDBKey(key(number)) { key in
                        unsafe isPut
                            ? strata_lmdb_put(txn, database, key, [1], 1, 0) : strata_lmdb_delete(txn, database, key)
                    }
                }
                #expect(result == MDB_CORRUPTED)
                unsafe mdb_txn_abort(txn)
            }
            editor.write(whole, at: place)
            // Its lock is free, and all is there.
            let (txn, database) = try unsafe begin(environment)
            for number in 0..<600 {
                #expect(unsafe withLMDBKey(key(number)) { unsafe strata_lmdb_delete(txn, database, $0) } == 0)
            }
            #expect(unsafe strata_lmdb_commit(txn) == 0)
        }
    }

    /// Whether a key stands on the third leaf.
    private func order(_ branch: LMDBPage, _ number: Int, _ key: [UInt8]) throws -> Bool {
        func first(_ index: Int) -> [UInt8] { unsafe Array(branch.part(branch.nodes[index].key)) }
        return !key.lexicographicallyPrecedes(first(2)) && key.lexicographicallyPrecedes(first(3))
    }

    private func begin(_ environment: OpaquePointer) throws -> (OpaquePointer, MDB_dbi) {
        var begun: OpaquePointer?
        #expect(unsafe mdb_txn_begin(environment, nil, 0, &begun) == 0)
        let txn = unsafe try #require(begun)
        var database = MDB_dbi()
        #expect(unsafe strata_lmdb_open_database(txn, nil, 0, &database) == 0)
        return unsafe (txn, database)
    }
}

/// Runs `body` with an environment of LMDB, guarded as the store's are.
private func withRawEnvironment(_ directory: FilePath, _ body: (OpaquePointer) throws -> Void) throws {
    var made: OpaquePointer?
    #expect(unsafe mdb_env_create(&made) == 0)
    let environment = unsafe try #require(made)
    defer { unsafe mdb_env_close(environment) }
    unsafe strata_lmdb_guard(environment)
    #expect(unsafe mdb_env_open(environment, directory.string, UInt32(MDB_NOTLS), 0o666) == 0)
    unsafe try body(environment)
}
