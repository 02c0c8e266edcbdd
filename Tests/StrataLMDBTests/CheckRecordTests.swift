import CLMDB
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// What the whole check says of records that no store writes, in pages that are sound.
@Suite struct CheckRecordTests {
    typealias Severity = LMDBCheckReport.Severity

    /// What is found when `change` has been at the records of an environment with nothing wrong.
    private func findings(_ change: (Records) -> Void) throws -> [LMDBCheckReport.Finding] {
        let sample = try SampleEnvironment(branches: 10)
        let environment = try sample.open()
        let records = Records()
        change(records)
        try environment.write(.none, until: .never) { writer throws(RefError) in try records.write(writer) }
        return try LMDBCheck.check(sample.path).findings
    }

    private func expect(
        _ severity: Severity, _ text: String, named name: String? = nil, _ change: (Records) -> Void
    ) throws {
        let all = try findings(change)
        #expect(all.count == 1)
        let one = try #require(all.first)
        #expect(one.severity == severity)
        #expect(one.text.contains(text), "\(one.text)")
        if let name { #expect(one.name.map { String(decoding: $0, as: UTF8.self) } == name) }
    }

    /// Records to be written as they are.
    final class Records {
        var changes: [(database: KeyPath<LMDBWriter, MDB_dbi>, key: [UInt8], value: [UInt8]?)] = []
        var worktrees: [[UInt8]] = []

        func put(_ database: KeyPath<LMDBWriter, MDB_dbi>, _ key: [UInt8], _ value: [UInt8]?) {
            changes.append((database, key, value))
        }

        func ref(_ name: String, _ value: [UInt8]?, scope: UInt8 = 0) {
            put(\.refs, [0, 0, 0, scope] + Array(name.utf8), value)
        }

        func line(_ log: UInt64, _ line: UInt64, _ value: [UInt8]) { put(\.logs, LMDBLogLine.key(log, line), value) }

        func write(_ writer: LMDBWriter) throws(RefError) {
            for id in worktrees { _ = try writer.scope(of: id) }
            for (database, key, value) in changes {
                try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
                    let key = unsafe strata_lmdb_key(
                        bytes: bytes.baseAddress, count: bytes.count, scope: 0, is_scoped: 0, is_long: 0)
                    let dbi = writer[keyPath: database]
                    if let value { unsafe try writer.put(dbi, key, value) } else { unsafe try writer.delete(dbi, key) }
                }
            }
        }
    }

    private let object: [UInt8] = [1] + Array(repeating: 7, count: 20)
    private func logged(_ log: UInt8) -> [UInt8] { [0x81, 0, 0, 0, 0, 0, 0, 0, log] + Array(repeating: 7, count: 20) }

    @Test func referencesThatNoStoreWrites() throws {
        try expect(.damage, "no known kind", named: "refs/heads/x") { $0.ref("refs/heads/x", [9]) }
        try expect(.damage, "no known kind") { $0.ref("refs/heads/x", [0x11] + object.dropFirst()) }
        try expect(.damage, "wrong length") { $0.ref("refs/heads/x", object.dropLast()) }
        try expect(.damage, "no known kind") { $0.ref("refs/heads/x", []) }
        try expect(.damage, "cut short") { $0.ref("refs/heads/x", [0x81, 1]) }
        try expect(.damage, "a record of nothing") { $0.ref("refs/heads/x", [0]) }
        try expect(.damage, "no safe name", named: "refs/../x") { $0.ref("refs/../x", [0x41] + object.dropFirst()) }
        try expect(.damage, "not said to be", named: "refs/heads/a..b") { $0.ref("refs/heads/a..b", object) }
        try expect(.damage, "said to be malformed") { $0.ref("refs/heads/x", [0x41] + object.dropFirst()) }
        try expect(.damage, "too long for a key") { $0.ref("refs/heads/" + String(repeating: "y", count: 496), object) }
        try expect(.damage, "no reference's key") { $0.ref("", object) }
        try expect(.damage, "which none has") { $0.ref("HEAD", object, scope: 9) }
        try expect(.warning, "points to what is no name", named: "refs/heads/x") {
            $0.ref("refs/heads/x", [3] + Array("a..b".utf8))
        }
        try expect(.warning, "zeros") { $0.ref("refs/heads/x", [1] + Array(repeating: 0, count: 20)) }
    }

    @Test func namesThatExcludeEachOther() throws {
        try expect(.damage, "so does 'refs/x/a'", named: "refs/x/a/b") { records in
            for name in ["refs/x/a", "refs/x/a-b", "refs/x/a/b", "refs/x/ab"] { records.ref(name, object) }
        }
        // Of one that does not exist only the reflog is there, and worktrees are apart.
        #expect(
            try findings {
                $0.ref("HEAD/x", object, scope: 1)
                $0.ref("refs/x/a", [0x80, 0, 0, 0, 0, 0, 0, 0, 5])
                $0.ref("refs/x/a/b", object)
            }.filter { $0.text.contains("so does 'refs") || $0.text.contains("so does 'HEAD'") }.map(\.text)
                == ["it exists, and so does 'HEAD'"])
    }

    @Test func recordsOfLongNames() throws {
        let start = "refs/heads/" + String(repeating: "z", count: LMDBRefKey.nameLimit - 11)
        func names(_ suffixes: [String]) -> [UInt8] {
            suffixes.flatMap { suffix in
                var bytes: [UInt8] = []
                bytes.append(number: UInt32(suffix.utf8.count))
                bytes.append(number: UInt32(object.count))
                return bytes + Array(suffix.utf8) + object
            }
        }
        #expect(try findings { $0.ref(start + "\u{1}", names(["a", "b"])) }.isEmpty)
        try expect(.damage, "out of order") { $0.ref(start + "\u{1}", names(["b", "a"])) }
        try expect(.damage, "out of order") { $0.ref(start + "\u{1}", names(["a", "a"])) }
        try expect(.damage, "cut short") { $0.ref(start + "\u{1}", names([""])) }
        try expect(.damage, "cut short") { $0.ref(start + "\u{1}", names(["a", "b"]).dropLast()) }
        try expect(.damage, "a record of no long names", named: start) { $0.ref(start + "\u{1}", []) }
        try expect(.damage, "so does", named: start + "a/c") { $0.ref(start + "\u{1}", names(["a", "a/c"])) }
        try expect(.damage, "bytes", named: start + String(repeating: "y", count: 66_000)) {
            $0.ref(start + "\u{1}", names([String(repeating: "y", count: 66_000)]))
        }
    }

    @Test func reflogsThatBelongToNobodyOrTwo() throws {
        try expect(.damage, "which another has too", named: "refs/heads/x") { $0.ref("refs/heads/x", logged(1)) }
        try expect(.damage, "the next is to get", named: "refs/heads/x") { $0.ref("refs/heads/x", logged(200)) }
        try expect(.damage, "none that one can have") { $0.ref("refs/heads/x", logged(0)) }
        try expect(.warning, "2 lines of reflog 4, which no reference has") { records in
            // The third deletion of the sample has taken the reflog with this number.
            for line in 1...2 as ClosedRange<UInt64> { records.line(4, line, [0] + Array("text".utf8)) }
        }
        try expect(.damage, "no number of a line") { $0.put(\.logs, [1, 2, 3], [0]) }
    }

    @Test func linesOfNoKnownForm() throws {
        try expect(.damage, "no known form") { $0.line(1, 90, [7]) }
        try expect(.damage, "no known form") { $0.line(1, 90, []) }
        try expect(.damage, "no known form") { $0.line(1, 90, [1, 2, 3]) }
        try expect(.damage, "end lines") { $0.line(1, 90, [0] + Array("one\ntwo".utf8)) }
        try expect(.warning, "malformed") {
            $0.line(1, 90, [1] + Array(repeating: 3, count: 40) + Array("nobody".utf8))
        }
        try expect(.damage, "line 0 of reflog 1") { $0.line(1, 0, [0] + Array("text".utf8)) }
    }

    @Test func theUnnamedDatabase() throws {
        try expect(.damage, "has number 0", named: "w") {
            $0.put(\.main, LMDBScopes.key(Array("w".utf8)), [0, 0, 0, 0])
        }
        try expect(.damage, "the number of worktree 'wt'", named: "wu") {
            $0.put(\.main, LMDBScopes.key(Array("wu".utf8)), [0, 0, 0, 1])
        }
        try expect(.damage, "3 bytes") { $0.put(\.main, LMDBScopes.key(Array("w".utf8)), [0, 0, 0]) }
        try expect(.damage, "has 15 bytes", named: "wt") {
            $0.put(\.main, LMDBToken.key(Array("wt".utf8)), Array(repeating: 1, count: 15))
        }
        try expect(.damage, "that has no number", named: "wu") {
            $0.put(\.main, LMDBToken.key(Array("wu".utf8)), Array(repeating: 1, count: 16))
        }
        #expect(
            try findings { $0.put(\.main, LMDBToken.key(Array("wt".utf8)), Array(repeating: 1, count: 16)) }.isEmpty)
        try expect(.damage, "cannot be a worktree's name") { $0.worktrees = [Array("a/b".utf8)] }
        try expect(.warning, "does not know", named: "other") { $0.put(\.main, Array("other".utf8), [1]) }
        try expect(.damage, "there is no record 'strata'") { $0.put(\.main, LMDBMetadata.key, nil) }
    }
}
