import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

@Suite struct QuotingTests {
    @Test func everyByteGoesThroughQuotesAndBack() {
        let all = (1...255).map { UInt8($0) }
        for fully in [true, false] {
            for name in [all, Array(all.reversed()), [7], [0x22], Bytes("plain"), []] {
                var quoted: Bytes = []
                CQuoting.append(name, fully: fully, to: &quoted)
                if quoted == name {
                    #expect(quoted.first != UInt8(ascii: "\""))
                } else {
                    let back = CQuoting.unquote((quoted + Bytes(" rest"))[...])
                    #expect(back?.name == name)
                    #expect(back?.end == quoted.count)
                }
            }
        }
    }

    /// `git ls-files` quotes names; the names are made by hashing nothing.
    @Test func quotesAreGits() throws {
        let scratch = try #require(UsageTests.scratch)
        let index = scratch.directory.appending("quoting-index").string
        let names = (1...255).filter { $0 != 0x2f && $0 != 0x2e }.map { Bytes("n") + [UInt8($0)] }
        let blob = String(repeating: "0", count: 39) + "1"
        let input = names.flatMap { Bytes("100644 \(blob)\t") + $0 + [0] }
        for (setting, fully) in [("true", true), ("false", false)] {
            _ = try run(
                gitPath, ["update-index", "-z", "--info-only", "--index-info"], stdin: input,
                environment: gitEnvironment.merging(["GIT_INDEX_FILE": index]) { $1 }, directory: scratch.directory.path
            )
            let listed = try run(
                gitPath, ["-c", "core.quotePath=\(setting)", "ls-files"],
                environment: gitEnvironment.merging(["GIT_INDEX_FILE": index]) { $1 }, directory: scratch.directory.path
            )
            var expected: Bytes = []
            for name in names {
                CQuoting.append(name, fully: fully, to: &expected)
                expected.append(0x0a)
            }
            #expect(listed.out == expected)
        }
    }

    @Test(arguments: [
        "", "\"", "\"\\", "\"abc", "\"a\\z\"", "\"\\4\"", "\"\\40\"", "\"\\400\"", "\"\\08x\"", "\"\\1\"", "abc",
        "\"\\777\"",
    ])
    func malformedQuotesAreRefused(_ text: String) {
        #expect(CQuoting.unquote(Bytes(text)[...]) == nil)
    }

    @Test func aNulEndsQuotedText() {
        #expect(CQuoting.unquote([0x22, 0, 0x22][...]) == nil)
    }

    @Test func languagesQuoteTheirOwnWay() {
        let text = Bytes("a'b!c\\d\"e$f[g]\n\t{}")
        func quoted(_ language: LanguageQuoting) -> String {
            var output: Bytes = []
            language.append(text, to: &output)
            return String(decoding: output, as: UTF8.self)
        }
        #expect(quoted(.shell) == "'a'\\''b'\\!'c\\d\"e$f[g]\n\t{}'")
        #expect(quoted(.perl) == "'a\\'b!c\\\\d\"e$f[g]\n\t{}'")
        #expect(quoted(.python) == "'a\\'b!c\\\\d\"e$f[g]\\n\t{}'")
        #expect(quoted(.tcl) == "\"a'b!c\\\\d\\\"e\\$f\\[g\\]\\n\\t\\{\\}\"")
    }
}
