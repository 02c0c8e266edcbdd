import CLMDB
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// What an environment says when its data file is none, or not as it was left.
@Suite struct HostileFileTests {
    private func failure(_ directory: FilePath, _ options: LMDBOptions = OpeningTests.options()) -> LMDBFailure? {
        let error = #expect(throws: RefError.self) { _ = try LMDBEnvironment.open(directory, options) }
        #expect(error?.path == directory.string)
        return error?.cause as? LMDBFailure
    }

    private func isDamaged(_ failure: LMDBFailure?) -> Bool {
        if case .damaged = failure { true } else { false }
    }

    private func isNotOne(_ failure: LMDBFailure?) -> Bool {
        if case .notAnEnvironment = failure { true } else { false }
    }

    enum OtherFile: CaseIterable {
        case text, longText, zeros, sqlite, oneByte

        var contents: [UInt8] {
            switch self {
            case .text: Array("this is a text\n".utf8)
            case .longText: Array(repeating: 0x41, count: 20_000)
            case .zeros: Array(repeating: 0, count: 8192)
            case .sqlite: Array("SQLite format 3\0".utf8) + Array(repeating: 1, count: 8176)
            case .oneByte: [0]
            }
        }
    }

    @Test(arguments: OtherFile.allCases) func anotherFileIsNoEnvironment(_ kind: OtherFile) throws {
        let contents = kind.contents
        let directory = try TemporaryDirectory()
        try writeFile(directory.appending("data.mdb"), contents)
        #expect(isNotOne(failure(directory.path)))
        #expect(isNotOne(failure(directory.path, OpeningTests.options(creates: true))))
        #expect(try readFile(directory.appending("data.mdb")) == contents)
        let error = #expect(throws: RefError.self) { _ = try LMDBCheck.check(directory.path) }
        #expect(isNotOne(error?.cause as? LMDBFailure))
    }

    @Test func anEmptyFileIsNoneYet() throws {
        let directory = try TemporaryDirectory()
        try writeFile(directory.appending("data.mdb"), [])
        #expect(failure(directory.path) == .absent)
        #expect(throws: Never.self) {
            _ = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        }
    }

    @Test func aDirectoryInItsPlaceIsNoEnvironment() throws {
        let directory = try TemporaryDirectory()
        try Disk.makeDirectories(directory.appending("data.mdb"))
        #expect(isNotOne(failure(directory.path)))
    }

    @Test(arguments: [0, MDB_DUPSORT, MDB_INTEGERKEY])
    func anEnvironmentOfOthersIsForeign(_ flags: Int32) throws {
        let directory = try TemporaryDirectory()
        try withRawDatabase(directory.path, flags: UInt32(flags)) { put in
            for number in 0..<300 as Range<UInt64> { put(number.bytes, Array("value \(number)".utf8)) }
        }
        #expect(failure(directory.path) == .foreign)
        #expect(failure(directory.path, OpeningTests.options(creates: true)) == .foreign)
        #expect(try !LMDBCheck.check(directory.path).isSound)
    }

    @Test func whatANewerVersionHasMadeIsRefused() throws {
        func failure(_ change: (inout [UInt8]) -> Void) throws -> LMDBFailure? {
            let sample = try SampleEnvironment(branches: 10)
            var metadata = LMDBMetadata(algorithm: .sha1, reservation: 1 << 20).bytes
            change(&metadata)
            try withRawDatabase(sample.path) { put in put(LMDBMetadata.key, metadata) }
            #expect(try !LMDBCheck.check(sample.path).isSound)
            return self.failure(sample.path)
        }
        #expect(try failure { $0[11] = 2 } == .newerFormat(2))
        #expect(try failure { $0[15] = 0x10 } == .unknownFeatures(0x10))
        #expect(try failure { $0[0] = 0 } == .foreign)
        #expect(try failure { $0.removeLast(20) } == .damaged("its record is cut short"))
        #expect(try failure { $0[23] = 9 } == .damaged("it names no hash function"))
    }

    /// Of each page that is looked at when it is opened: one that was emptied, or exchanged, is no page of LMDB's to be followed.
    @Test func pagesThatOpeningReadsAreLookedAt() throws {
        let sample = try SampleEnvironment()
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        let file = try #require(try LMDBPageFile(sample.data))
        let meta = try LMDBMetaPage.Pair(file).latest
        let lookup = LMDBLookup(file, meta)
        var roots = [meta.free.root, meta.main.root]
        for name in ["refs", "logs"] {
            let found = try lookup.find(Array(name.utf8), in: meta.main)
            let value = try #require(found).value
            roots.append(unsafe LMDBTree(value.span.bytes).root)
        }
        for root in try roots.map({ Int(try #require($0)) * meta.pageSize }) {
            let page = Array(bytes[root..<root + meta.pageSize])
            let zeros = [UInt8](repeating: 0, count: meta.pageSize)
            for damage in [zeros, Array(bytes[..<meta.pageSize]), Array(page.reversed())] {
                editor.write(damage, at: root)
                #expect(isDamaged(failure(sample.path)))
            }
            // A node beyond the page, and a page with more nodes than it has room for.
            for (place, value) in [(16, 0xffff), (12, 0xfff0), (14, 0), (10, 0x12)] as [(Int, UInt16)] {
                editor.write(UInt64(value).bytes.dropLast(6), at: root + place)
                #expect(isDamaged(failure(sample.path)), "\(value) at \(place)")
                editor.write(page, at: root)
            }
        }
        #expect(throws: Never.self) { _ = try sample.open() }
    }

    /// Bits of the meta pages: an error or an environment, which can be listed or says why not.
    @Test func flippedMetaPagesAreNoTrap() throws {
        let sample = try SampleEnvironment(branches: 30)
        let editor = FileEditor(sample.data)
        let bytes = try editor.bytes
        var refused = 0
        for place in Array(0..<152) + Array(4096..<4248) {
            for bit in [0, 3, 7] {
                editor.write([bytes[place] ^ 1 << bit], at: place)
                do throws(RefError) { _ = try LMDBEnvironment.open(sample.path, OpeningTests.options()) } catch {
                    #expect(error.cause is LMDBFailure)
                    refused += 1
                }
                editor.write([bytes[place]], at: place)
            }
        }
        #expect(refused > 50)
    }

    @Test func aFileThatWasCutIsRefused() throws {
        let sample = try SampleEnvironment()
        let bytes = try #require(try readFile(sample.data))
        // Behind the last page that is in use a file may end.
        for size in [100, 4096, 4200, 8192, 8200, bytes.count / 2] {
            try writeFile(sample.data, Array(bytes[..<size]))
            let failure = failure(sample.path)
            #expect(size < 4096 ? isNotOne(failure) || isDamaged(failure) : isDamaged(failure), "\(size)")
        }
    }

    /// LMDB does not write the pages that a transaction takes at the end of the file and lets go again.
    @Test func aFileMayEndBeforeItsLastFreePages() throws {
        var shorter = 0
        for count in stride(from: 900, to: 1300, by: 10) {
            let sample = try SampleEnvironment(branches: 10)
            do {
                let environment = try sample.open()
                let store = LMDBRefStore(environment)
                let names = try (0..<count).map { try SampleEnvironment.name("refs/heads/more/\($0 % 7)/\($0)") }
                try environment.write(.none, until: .never) { writer throws(RefError) in
                    let edits = LMDBRefWriter(writer, store)
                    for name in names {
                        try edits.put(Array(repeating: 1, count: 1) + Array(repeating: 7, count: 20), name, 0)
                    }
                    for name in names.dropFirst() { try edits.put(nil, name, 0) }
                }
            }
            let file = try #require(try LMDBPageFile(sample.data))
            let meta = try LMDBMetaPage.Pair(file).latest
            if UInt64(file.size) < (meta.lastPage + 1) * UInt64(meta.pageSize) { shorter += 1 }
            #expect(throws: Never.self) { _ = try sample.open() }
            #expect(try LMDBCheck.check(sample.path).findings.isEmpty)
        }
        #expect(shorter > 0)
    }
}

extension UInt64 {
    /// As the machine has it.
    var bytes: [UInt8] { unsafe Swift.withUnsafeBytes(of: self) { unsafe Array($0) } }
}

/// Runs `body` with what writes into the unnamed database of an environment that need not be one of references.
func withRawDatabase(
    _ directory: FilePath, flags: UInt32 = 0, _ body: (_ put: ([UInt8], [UInt8]) -> Void) throws -> Void
) throws {
    var made: OpaquePointer?
    #expect(unsafe mdb_env_create(&made) == 0)
    let environment = unsafe try #require(made)
    defer { unsafe mdb_env_close(environment) }
    #expect(unsafe mdb_env_open(environment, directory.string, 0, 0o666) == 0)
    var begun: OpaquePointer?
    #expect(unsafe mdb_txn_begin(environment, nil, 0, &begun) == 0)
    let txn = unsafe try #require(begun)
    var database = MDB_dbi()
    #expect(unsafe mdb_dbi_open(txn, nil, flags, &database) == 0)
    try body { key, value in
        let result = unsafe withLMDBKey(key) { unsafe strata_lmdb_put(txn, database, $0, value, value.count, 0) }
        #expect(result == 0)
    }
    #expect(unsafe mdb_txn_commit(txn) == 0)
}
