import StrataModel
import StrataObjects
import TestSupport
import Testing

/// What is wrong with an object is what git says is wrong with it.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct SyntaxTests {
    private let place: LoosePlace

    init() throws { place = try LoosePlace() }

    /// What `git hash-object` has against the bytes, line by line.
    private func gitsComplaints(_ kind: ObjectKind, _ bytes: [UInt8], _ place: LoosePlace) throws -> [String] {
        let result = try run(
            gitPath, ["hash-object", "-t", kind.name, "--stdin"], stdin: bytes, environment: gitEnvironment,
            directory: place.path)
        return result.errText.split(separator: "\n").filter { $0.hasPrefix("error: ") }.map {
            String($0.dropFirst($0.hasPrefix("error: object fails fsck: ") ? 25 : 7))
        }
    }

    private func complaints(_ kind: ObjectKind, _ bytes: [UInt8], _ algorithm: HashAlgorithm) -> [String] {
        let report = ObjectSyntax.check(kind, bytes.span, algorithm: algorithm, rules: ObjectRules(.everything))
        return report.findings.flatMap { finding in
            let shown = finding.text.map { $0 < 0x20 && $0 != 9 && $0 != 10 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
            return (finding.cause.map { [$0] } ?? []) + [" " + String(decoding: shown, as: UTF8.self)]
        }
    }

    private func compare(_ kind: ObjectKind, _ cases: [[UInt8]]) throws {
        for bytes in cases {
            let ours = complaints(kind, bytes, place.algorithm)
            let gits = try gitsComplaints(kind, bytes, place)
            #expect(ours == gits, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    private static let id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    private static let identities = [
        "A U Thor <a@b> 1112911993 -0700", "A <> 0 +0000", "<a@b> 1 +0000", "A<a@b> 1 +0000", "A a@b> 1 +0000",
        "A > <a@b> 1 +0000", "A <a<b> 1 +0000", "A <a@b 1 +0000", "A <a@b>1 +0000", "A <a@b>  \t 1 +0000",
        "A <a@b> x +0000",
        "A <a@b> 01 +0000", "A <a@b> 1+0000", "A <a@b> 1 0000", "A <a@b> 1 +000", "A <a@b> 1 +00000",
        "A <a@b> 1 -00:00",
        "A <a@b> 9223372036854775807 +0000", "A <a@b> 9223372036854775808 +0000", "A <a@b> 18446744073709551616 +0000",
        "A <a@b> 100000000000000000000000000 +0000", " <a@b> 1 +0000", "A <a@b>", "A <a@b> ", "", "A", "A <",
        "A <a@b> 1 ",
        "A <a@b> 0 +0000", "A <a@b> 00 +0000",
    ]

    @Test func commits() throws {
        let good = "tree \(Self.id)\nparent \(Self.id)\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\ntext\n"
        var cases = Self.identities.flatMap { identity in
            [
                "tree \(Self.id)\nauthor \(identity)\ncommitter A <a@b> 1 +0000\n\n",
                "tree \(Self.id)\nauthor A <a@b> 1 +0000\ncommitter \(identity)\n",
            ]
        }
        cases += [
            "", "\n", "tree", "tree \(Self.id)", "tree \(Self.id)\n", "tree \(Self.id.uppercased())\n",
            "tree \(Self.id)x\n",
            "tree \(Self.id)\nparent x\n", "tree \(Self.id)\nparent \(Self.id)\nparent \(Self.id) \n",
            "tree \(Self.id)\nauthor A <a@b> 1 +0000\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n",
            good + "\0", good.replacing("text", with: "te\0xt"), good.replacing("parent", with: "par\0ent"),
            good.replacing("\n\ntext\n", with: "\ngpgsig x\n y\n\ntext"), good.replacing("\n\ntext\n", with: ""),
        ]
        try compare(.commit, cases.map { Array($0.utf8) } + mutants(of: good, count: 150, seed: 1))
    }

    @Test func tags() throws {
        let good = "object \(Self.id)\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\ntext\n"
        var cases = Self.identities.map { "object \(Self.id)\ntype commit\ntag v1\ntagger \($0)\n\ntext\n" }
        cases += [
            "", "object \(Self.id)\n", "object x\ntype commit\n", "object \(Self.id)\ntype\n",
            "object \(Self.id)\ntype \n",
            "object \(Self.id)\ntype commitment\ntag x\n", "object \(Self.id)\ntype blob\ntag\n",
            "object \(Self.id)\ntype tree\ntag \ntagger A <a@b> 1 +0000\n", "object \(Self.id)\ntype tag\ntag a..b\n\n",
            "object \(Self.id)\ntype tag\ntag x\n\ntext",
            good.replacing("\n\ntext", with: "\ngpgsig x\n y\n z\n\ntext"),
            good.replacing("\n\ntext", with: "\ngpgsig x\n y\nmore z\n\ntext"),
            good.replacing("\n\ntext", with: "\ngpgsig-sha256 x\n"), good.replacing("\n\ntext", with: "\nmore x\n"),
            good.replacing("tagger A <a@b> 1 +0000\n", with: "gpgsig x\n y\n"),
            good.replacing("v1", with: "v\u{1}\u{7f}é"),
        ]
        try compare(.tag, cases.map { Array($0.utf8) } + mutants(of: good, count: 150, seed: 2))
    }

    /// Names that mean something to git, and to file systems, and such as do so nearly.
    static let names: [String] = [
        "a", "a.", "a.b", "a-b", "a0", "ab", "b", ".", "..", "...", ".git", ".GIT", ".Git", ".git.", ".git ",
        ".git . .", ".git:x",
        "git~1", "GIT~1", "git~2", "git~1.", "git~1 x", ".gitx", ".gi\u{200c}t", ".g\u{200d}it", "\u{200e}.git",
        ".git\u{feff}",
        ".\u{206a}git", "x\\.git", "x\\git~1", "x\\y", "x\\.git\\y", "x\\.gitmodules", "a/b", "/", ".gitmodules",
        ".GITMODULES",
        ".gitmodules.", ".gitmodules ", ".gitmodules:$DATA", ".gitmodulesx", "gitmod~1", "gitmod~4", "gitmod~5",
        "GITMOD~2. ",
        "gi7eba~1", "gi7eba~9", "gi7eb~01", "gi7eb~10", "~1000000", "~12345678", "g~100000", "gi7e~123x",
        ".gitattributes",
        "gitatt~1", "gi7d29~1", ".gitignore", "gitign~1", "gi250a~1", ".mailmap", "mailma~1", "maba30~1",
        ".gitm\u{200c}odules",
        "a\u{301}", "\u{ff}", "é", String(repeating: "x", count: 4096), String(repeating: "x", count: 4097), "git", "g",
        "m", "~",
    ]
    static let modes = [
        "100644", "100755", "120000", "40000", "160000", "100664", "040000", "0", "1", "777777777777", "100600",
    ]

    @Test(arguments: HashAlgorithm.allCases) func trees(_ algorithm: HashAlgorithm) throws {
        let place = try LoosePlace(algorithm)
        var generator = SplitMix64(seed: 3)
        func entry(_ mode: String, _ name: [UInt8], _ id: UInt8 = 1) -> [UInt8] {
            Array("\(mode) ".utf8) + name + [0] + [UInt8](repeating: id, count: algorithm.byteCount)
        }
        var cases: [[UInt8]] = [[], [0], Array("100644 a".utf8), entry("100644", []), entry("", Array("a".utf8))]
        for name in Self.names {
            for mode in ["100644", "120000", "40000"] { cases.append(entry(mode, Array(name.utf8))) }
        }
        for mode in Self.modes { cases.append(entry(mode, Array("a".utf8))) }
        cases.append(entry("100644", Array("a".utf8), 0))
        cases.append(entry("100644", [0x2e, 0x67, 0x69, 0xe2, 0x80, 0x74]))
        cases.append(entry("100644", [0x2e, 0xc0, 0xaf]))
        for _ in 0..<120 {
            // Few letters, so that names and their directories meet.
            var tree: [UInt8] = []
            for _ in 0..<Int(2 + generator.next() % 5) {
                let stem = ["a", "a.b", "a.b.c", "a-", "a0", "b"][Int(generator.next() % 6)]
                tree += entry(["100644", "40000", "160000"][Int(generator.next() % 3)], Array(stem.utf8))
            }
            cases.append(tree)
        }
        let long = cases.max { $0.count < $1.count } ?? []
        for count in [1, 10, algorithm.byteCount, long.count - 1] { cases.append(Array(long.prefix(count))) }
        for tree in cases.suffix(40) where tree.count > 4 {
            var damaged = tree
            damaged[Int(generator.next() % UInt64(tree.count))] = UInt8(truncatingIfNeeded: generator.next())
            cases.append(damaged)
        }
        for bytes in cases {
            let ours = complaints(.tree, bytes, algorithm)
            // The blob behind .gitmodules is missing, which is looked for last.
            let gits = try gitsComplaints(.tree, bytes, place).filter { !$0.hasSuffix(" blob") }
            #expect(ours == gits, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    /// Lines and bytes of a good object, lost, doubled and changed.
    private func mutants(of good: String, count: Int, seed: UInt64) -> [[UInt8]] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            var bytes = Array(good.utf8)
            for _ in 0...Int(generator.next() % 2) {
                let at = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 5 {
                case 0: bytes.remove(at: at)
                case 1: bytes[at] = [0, 0x0a, 0x20, 0x3c, 0x3e, 0x30, 0xff][Int(generator.next() % 7)]
                case 2: bytes.insert([0, 0x0a, 0x20, 0x3c, 0x3e, 0x30, 0xff][Int(generator.next() % 7)], at: at)
                case 3: bytes.removeSubrange(at...)
                default:
                    var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
                    lines.swapAt(
                        Int(generator.next() % UInt64(lines.count)), Int(generator.next() % UInt64(lines.count)))
                    bytes = Array(lines.joined(separator: [0x0a]))
                }
                if bytes.isEmpty { break }
            }
            return bytes
        }
    }
}
