import StrataModel
import TestSupport
import Testing

/// Refname rules against git's.
@Suite struct RefNameRulesTests {
    static let pieces: [[UInt8]] = [
        "a", "b", "A", "_", "-", "/", "/", "/", ".", "..", "@", "{", "@{", "*", ".lock", "lock", "~", "^", ":", "?",
        "[",
        "\\", "]", "}", "refs/", "heads/", "HEAD", "\u{7f}", "\u{1}", "é", "\u{1b}", "//", "\u{fffd}",
    ].map { Array($0.utf8) }

    static func name(_ random: inout SplitMix64) -> [UInt8] {
        let plain = Int.random(in: 0..<2, using: &random) == 0
        return (0..<Int.random(in: 1...5, using: &random)).flatMap { _ in
            let pieces = plain && Bool.random(using: &random) ? Self.pieces.prefix(8) : Self.pieces[...]
            return pieces.randomElement(using: &random) ?? []
        }
    }

    static func isGood(_ name: [UInt8], _ allowance: RefNameRules.Allowance = []) -> Bool {
        RefNameRules.flaw(in: name.span, allowing: allowance) == nil
    }

    /// `show-ref --exclude-existing` checks every line that it reads, so that one process answers for all names.
    @Test func manyNamesAreJudgedAsByGit() throws {
        let directory = try TemporaryDirectory()
        try git(["init", "-q", "--bare", "."], in: directory.path)
        var random = SplitMix64(seed: 1)
        var names = Set((0..<20000).map { _ in Self.name(&random) })
        // Bytes that are no UTF-8, and each byte alone and in between.
        for byte in UInt8.min...UInt8.max where ![0, 9, 10, 13, 32].contains(byte) {
            names.formUnion([[byte], Array("refs/x".utf8) + [byte], Array("refs/".utf8) + [byte, 0xfe, 0x78]])
        }
        names = names.filter { !$0.suffix(3).elementsEqual("^{}".utf8) && !$0.isEmpty }
        let result = try run(
            gitPath, ["show-ref", "--exclude-existing"], stdin: Array(names.joined(separator: [0x0a])) + [0x0a],
            environment: gitEnvironment, directory: directory.path)
        let accepted = Set(result.out.split(separator: 0x0a).map(Array.init))
        #expect(accepted.count > 500 && accepted.count < names.count)
        for name in names where Self.isGood(name) != accepted.contains(name) {
            Issue.record("\(name) \(String(decoding: name, as: UTF8.self)): git says \(accepted.contains(name))")
        }
    }

    /// What `check-ref-format` says with `options`: its output, nil for a name that it refuses.
    static func checkRefFormat(_ options: [String], _ name: [UInt8]) throws -> [UInt8]? {
        let result = try run(
            gitPath, ["check-ref-format"] + options + [String(decoding: name, as: UTF8.self)],
            environment: gitEnvironment)
        return result.status == 0 ? result.out.dropLast() : nil
    }

    @Test func optionsOfCheckRefFormat() throws {
        var random = SplitMix64(seed: 2)
        let names = Set((0..<300).map { _ in Self.name(&random) }).filter { $0.first != UInt8(ascii: "-") }
        for name in names.union(["@", "a", "a*", "*", "a/*/*", "**", "/a//b", "a/b/", "*/*"].map { Array($0.utf8) }) {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                #expect(try (Self.checkRefFormat(["--allow-onelevel"], name) != nil) == Self.isGood(name, .oneLevel))
            case 1:
                #expect(
                    try (Self.checkRefFormat(["--refspec-pattern"], name) != nil)
                        == Self.isGood(name, .refspecPattern))
            default:
                let collapsed = RefNameRules.collapsingSlashes(name)
                #expect(
                    try Self.checkRefFormat(["--normalize"], name) == (Self.isGood(collapsed) ? collapsed : nil))
            }
        }
    }

    /// Deleting a name that does not exist asks for no more than that it is safe.
    @Test func safeNamesAreThoseThatGitDeletes() throws {
        let directory = try TemporaryDirectory()
        try git(["init", "-q", "--bare", "."], in: directory.path)
        var random = SplitMix64(seed: 3)
        var names = Set((0..<150).map { _ in Self.name(&random) + (Bool.random(using: &random) ? [0x2e] : []) })
        names.formUnion((0..<150).map { _ in Array("refs/".utf8) + Self.name(&random) })
        names.formUnion(
            ["A", "A_B", "A-B", "Ab", "refs/", "refs", "refs/a/../b", "refs/a/./b", "refs/..."].map { Array($0.utf8) })
        for name in names where name.first != UInt8(ascii: "-") {
            let result = try run(
                gitPath, ["update-ref", "--no-deref", "-d", String(decoding: name, as: UTF8.self)],
                environment: gitEnvironment, directory: directory.path)
            let isRefused = result.errText.contains("with bad name")
            #expect(RefNameRules.isSafe(name.span) == !isRefused, "\(String(decoding: name, as: UTF8.self))")
            if !isRefused { #expect(RefName(tolerating: name) != nil) }
        }
        // A NUL ends git's strings, so no process can be asked.
        let nul = Array("refs/a\0b".utf8)
        let isSafe = RefNameRules.isSafe(nul.span)
        #expect(!isSafe && RefName(tolerating: nul) == nil && RefName(tolerating: []) == nil)
    }

    @Test func errorsTellTheRuleAndThePlace() {
        let cases: [(String, RefNameFlaw)] = [
            ("", .empty), ("@", .isAt), ("/a", .emptyComponent(at: 0)), ("a//b", .emptyComponent(at: 2)),
            ("a/", .emptyComponent(at: 2)), ("a/.b", .componentStartsWithDot(at: 2)),
            ("a/b.lock/c", .componentEndsWithLock(at: 3)), ("a/b..c", .twoDots(at: 3)), ("a@{b", .atBrace(at: 1)),
            ("a/b c", .forbiddenByte(0x20, at: 3)), ("a*", .wildcard(at: 1)), ("a/b.", .endsWithDot),
        ]
        for (name, flaw) in cases {
            let error = #expect(throws: RefNameError.self) { try RefName(name) }
            #expect(error?.flaw == flaw && error?.name == Array(name.utf8))
        }
        #expect(RefNameRules.flaw(in: Array("a".utf8).span) == .oneLevel)
    }

    /// Long names are looked at eight bytes at a time: as short ones are, byte by byte, wherever in the eight something stands.
    @Test(arguments: 0..<9) func longNamesAreJudgedAsShortOnes(_ shift: Int) {
        let (before, behind) = ([UInt8](repeating: 0x78, count: 8 + shift), [UInt8](repeating: 0x79, count: 16))
        var refused = 0
        for first in UInt8.min...UInt8.max {
            // All that rules ask about, and what is beside it.
            for second in Array(" !)*+-./09:?@[^_z{}~\u{7f}\u{80}xy".utf8) + [0, 0x1f, 0xaf, 0xff] {
                let short = RefNameRules.flaw(in: [0x78, first, second, 0x79].span, allowing: .oneLevel)
                let long = RefNameRules.flaw(in: (before + [first, second] + behind).span, allowing: .oneLevel)
                if (short == nil) != (long == nil) { Issue.record("\(first) \(second) \(shift)") }
                if short != nil { refused += 1 }
                // At the ends.
                if second != 0x79 { continue }
                let start = RefNameRules.flaw(in: [first, 0x79].span, allowing: .oneLevel)
                let longStart = RefNameRules.flaw(in: ([first] + behind + before).span, allowing: .oneLevel)
                let end = RefNameRules.flaw(in: [0x78, first].span, allowing: .oneLevel)
                let longEnd = RefNameRules.flaw(in: (before + [first]).span, allowing: .oneLevel)
                #expect((start == nil) == (longStart == nil) && (end == nil) == (longEnd == nil), "\(first) \(shift)")
                // Without a slash.
                let levels = RefNameRules.flaw(in: (before + [first] + before).span)
                #expect(levels != nil || first == 0x2f)
            }
        }
        #expect(refused > 2000)
    }
}
