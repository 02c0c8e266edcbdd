import StrataRepository
import SystemPackage
import TestSupport
import Testing

/// One file, read by git and by the library.
@Suite(.enabled(if: gitVersion >= 250, "messages and rules are those of git 2.50")) struct ConfigParserTests {
    static let files: [String] = [
        "", "\n\n", "# only a comment", "; other\n", "[core]\n", "[core]", "[core]bare", "[core] bare = yes\n",
        "[a]\n\tb = 1\n\tc\n\td =\n\te = \"\"\n", "[A.B]\n\tC = x\n", "[A.b.C \"D\"]\nx=1",
        "[a \"B \\\"q\\\\ \\x\"]\n\tKey = v",
        "[a]\n\tb = one  two \t three   # comment\n\tc = \"  kept  \"  ; gone\n\td = \" # ; \" tail # t\n",
        "[a]\n\tb = one \\\n  two\\\n\\\n three\n\tc = \"x \\\n y\"\n", "[a]\n\tb = \\t\\n\\b\\\\\\\"end\n",
        "[a]\r\n\tb = 1\r\n\tc = x\ry\r\n[b]\r\n", "\u{feff}[a]\nb = 1\n", "[a]\n\tb = a\"b\"c \"d\n",
        "[a]\n\tb = \\q\n",
        "[a]\n\tb = 1\n2c = 3\n", "[a]\n\tb-c = 1\n\tb_c = 2\n", "[a b]\nc=1\n", "[a \"b\" ]\nc=1", "[a \"b]\nc=1",
        "[a\nb=1",
        "[]\na=1", "[a]\nb c = 1", "b = 1\n", "[a] # c\n b=1\n[a] ; d\nb=2\n", "[a]b=1[c]\n", "[a \"\"]\nb=1\n",
        "[.a]\nb=1",
        "[a \t \"b\"]c=1", "[a \n\"b\"]c=1", "[a]\nb = x\\", "[a]\nb = \"x\\", "[a]\n\u{b}b=1\n",
        "[a]\nb\t=\t\"1\"2\"3\"\n",
        "[a]\nb=1\n\n\n=2\n", "[a]\nb=\u{c}1 \u{b}\n", "[a\\\"]\nb=1", "[a \"b\\\n\"]\nc=1",
        "[a]\nb=1 \\\n# no comment\nc=2\n",
    ]

    /// What git makes of `bytes` as a file called `name`: lines of "key", newline, value; or the message.
    private func gitList(_ bytes: [UInt8], _ variables: Variables, _ directory: TemporaryDirectory) throws -> (
        lines: [[UInt8]]?, result: CommandResult
    ) {
        try write(bytes, to: directory.appending("f"))
        let result = try variables.runGit(["config", "--file", "f", "--list", "-z"], in: directory.path)
        return (result.status == 0 ? result.out.split(separator: 0).map { Array($0) } : nil, result)
    }

    private func check(_ bytes: [UInt8], _ variables: Variables, _ directory: TemporaryDirectory) throws {
        let text = String(decoding: bytes, as: UTF8.self).debugDescription
        let ours = outcome { () throws(RepositoryError) in try Config.parse(bytes, name: "f") }
        let (lines, result) = try gitList(bytes, variables, directory)
        switch ours {
        case .success(let config):
            let own = config.entries.map { $0.key + ($0.value.map { [0x0a] + $0 } ?? []) }
            #expect(own == lines, "\(text): git says \(result.errText)")
        case .failure(let error):
            #expect(lines == nil && fatalMessage(result) == error.description, "\(text): we say \(error)")
        }
    }

    @Test func filesReadAsGitReadsThem() throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        for file in Self.files { try check(Array(file.utf8), variables, directory) }
        for bytes: [UInt8] in [
            [0xef], [0xef, 0x0a], [0xef, 0xbb], [0xef, 0xbb, 0x41], [0xef, 0xbb, 0xbf], [0xef, 0xbb, 0x0a, 0x0a],
        ] {
            try check(bytes, variables, directory)
        }
    }

    @Test func everyTruncationReadsAsInGit() throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        let whole = Array(
            "\u{feff}[core]\r\n\tbare = false # c\n[a \"x\\\"y\"]\n\tv = \"q \\\n z\" \\t e\n\tw\n;e\n[B.c] k=\\n\n"
                .utf8)
        for count in 0...whole.count { try check(Array(whole[..<count]), variables, directory) }
    }

    @Test func randomFilesReadAsInGit() throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        var random = SplitMix64(seed: 3)
        let parts = [
            "[a]", "[a \"s\"]", "[A.b]", "\n", "\r\n", "\r", " ", "\t", "k", "K1", "=", " = ", "v", "\"", "\\", "\\n",
            "\\\n", "#", ";", "-",
            "]", "[", ".", "é", "\u{0}", "\u{1}", "x y",
        ]
        for _ in 0..<400 {
            let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }.joined()
            let start = Bool.random(using: &random) ? "[s]\n" : ""
            try check(Array((start + text).utf8), variables, directory)
        }
    }

    /// No bytes whatever make the parser trap or hang.
    @Test func randomBytes() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try? Config.parse(bytes, name: "f")
            _ = try? Config.parse(Array("[a]\nb = ".utf8) + bytes, name: "f")
            _ = try? RepositoryFormat(configuration: Array("[core]\n".utf8) + bytes, name: "f")
        }
    }

    @Test func values() throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(home: directory.path)
        let values = [
            "true", "YES", "on", "1", "0", "no", "off", "False", "", "2", "-1", "0x10", "010", "08", "1k", "1K", "2m",
            "3g", "1t", "9g", "1kk",
            "2147483647", "2147483648", "-2147483648", "-2147483649", "99999999999999999999", "0x", "0xg", " 7", "+7",
            "7 ", "k", "-", "1 k",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "8589934592g", "maybe", "0b1", "1e3",
        ]
        for value in values {
            try write("[core]\n\tx = \"\(value)\"\n", to: directory.appending("f"))
            let config = try Config.parse(Array("[core]\n\tx = \"\(value)\"\n".utf8), name: "f")
            let bool = try variables.runGit(["config", "--file", "f", "--type=bool", "core.x"], in: directory.path)
            switch outcome({ () throws(RepositoryError) in try config.bool("core.x") }) {
            case .success(let ours): #expect(bool.lines == [ours.map { "\($0)" } ?? "?"], "\(value)")
            case .failure(let error): #expect(fatalMessage(bool) == error.description, "\(value)")
            }
            let int = try variables.runGit(["config", "--file", "f", "--type=int", "core.x"], in: directory.path)
            switch outcome({ () throws(RepositoryError) in try config.int64("core.x") }) {
            case .success(let ours): #expect(int.lines == [ours.map { "\($0)" } ?? "?"], "\(value)")
            case .failure(let error): #expect(fatalMessage(int) == error.description, "\(value)")
            }
        }
    }
}
