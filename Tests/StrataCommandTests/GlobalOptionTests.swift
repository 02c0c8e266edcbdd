import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

@Suite struct GlobalOptionTests {
    private func parse(_ arguments: [String]) throws -> (Invocation, [String]) {
        var invocation = Invocation()
        var rest = arguments.map { Bytes($0) }[...]
        try GlobalOptions.read(&rest, into: &invocation)
        return (invocation, rest.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func everythingBeforeTheVerbIsRead() throws {
        let (invocation, rest) = try parse([
            "-C", "/", "-C", "usr", "-C", "", "-c", "a.b=c=d", "-c", "x.y", "--git-dir=g", "--work-tree", "w",
            "--namespace=n",
            "--bare", "-p", "--no-pager", "--literal-pathspecs", "show-ref", "--tags",
        ])
        #expect(rest == ["show-ref", "--tags"])
        #expect(invocation.directory == "/usr")
        #expect(
            invocation.configParameters == [
                .init(name: Bytes("a.b"), value: Bytes("c=d")), .init(name: Bytes("x.y"), value: nil),
            ])
        #expect(invocation.gitDir == Bytes("g"))
        #expect(invocation.workTree == Bytes("w"))
        #expect(invocation.namespace == Bytes("n"))
        #expect(invocation.bare)
    }

    /// The first line; the usage that follows names other options than git's.
    @Test(
        arguments: [
            ["-C"], ["-c"], ["--git-dir"], ["--work-tree"], ["--namespace"], ["--config-env"], ["--bogus"], ["-x"],
            ["--bare=1"],
            ["-C", "/nonexistent/directory", "show-ref"], ["--config-env=a", "show-ref"],
            ["--config-env=a.b=", "show-ref"],
            ["--config-env=a.b=STRATA_NOT_SET", "show-ref"], ["frobnicate"],
        ] as [[String]])
    func mistakesAreGits(_ arguments: [String]) throws {
        let scratch = try #require(UsageTests.scratch)
        let ours = try scratch.strata(arguments)
        let gits = try scratch.git(arguments)
        let gitsFirst = gits.errText.prefix { $0 != "\n" }
        let expected =
            gitsFirst.hasPrefix("git: ")
            ? "strata: 'frobnicate' is not a strata command. See 'strata --help'." : gitsFirst
        #expect(ours.errText.prefix { $0 != "\n" } == expected)
        #expect(ours.status == gits.status)
    }

    @Test func whatIsGitsOnlySaysSo() throws {
        let scratch = try #require(UsageTests.scratch)
        let result = try scratch.strata(["log"])
        #expect(result.status == 129)
        #expect(result.errText == "strata: 'log' is not supported yet. See 'strata --help'.\n")
    }

    @Test(
        arguments: [
            "--attr-source=HEAD", "--attr-source", "--exec-path", "--exec-path=/x", "--html-path", "--man-path",
            "--info-path", "--list-cmds=main", "--shallow-file",
        ])
    func optionsThatAreGitsOnlySaySo(_ option: String) throws {
        let scratch = try #require(UsageTests.scratch)
        let result = try scratch.strata([option, "show-ref"])
        #expect(result.status == 129)
        #expect(result.errText == "error: not supported yet: \(option.prefix { $0 != "=" })\n")
    }

    @Test func helpAndVersionSucceed() throws {
        let scratch = try #require(UsageTests.scratch)
        for arguments in [
            ["--help"], ["-h"], ["help"], ["help", "show-ref"], ["show-ref", "--help"], ["--version"], ["-v"],
        ] {
            let result = try scratch.strata(arguments)
            #expect(result.status == 0 && result.err.isEmpty && !result.out.isEmpty, "\(arguments)")
        }
        #expect(try scratch.strata([]).status == 1)
    }
}
