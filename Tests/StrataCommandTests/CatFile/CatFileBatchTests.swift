import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// `cat-file --batch…`, beside git.
@Suite(.enabled(if: gitVersion >= 255, "compared with git 2.55 or newer")) struct CatFileBatchTests {
    static let formats = [
        "%(objectname) %(objecttype) %(objectsize)", "%(objectname)", "", "%", "%%(", "%% %x % %%(objectname)",
        "x%(rest)y%(rest)", "[%(objectname)] [%(rest)]", "%(objectmode)|%(objectname)|%(objecttype)",
        "%(objecttype)%(objectsize)", "%(objectsize:disk)", "%(deltabase)",
        "%(objectsize:disk) %(deltabase) %(objectsize)",
        "%(objectname)\n%(objecttype)\ttab", "%(rest)%(objectmode)%(deltabase)",
    ]

    /// Names of all sorts, some of them of nothing, some with more behind them.
    private func names(_ repository: CatFileRepository) throws -> [String] {
        let digits = try repository.id("HEAD").count
        let ids = try repository.all()
        return ids + [
            "HEAD", "main", "refs/heads/side", "v1", "v1-tag", "blob-tag", "light", "nope", "", " ", " x", "HEAD x",
            "HEAD  \tx y ", "HEAD:numbers\tz", "nope q", "HEAD:two words", "HEAD:nope", "HEAD:dir", "HEAD:dir/",
            "HEAD:", "HEAD:./dir", "HEAD:link", "HEAD:empty", "HEAD:module", "HEAD:elsewhere", "HEAD:elsewhere x",
            "HEAD^{tree}", "HEAD^{tree}^0", "HEAD^{blob}", "HEAD~99", "HEAD~1:loose", "nope:dir", "blob-tag:x",
            String(repeating: "1", count: digits), String(repeating: "0", count: digits),
            String(repeating: "1", count: 104 - digits), String(repeating: "1", count: digits + 1),
            String(repeating: "1", count: digits) + " rest", ids[0].uppercased(), String(ids[0].dropLast()),
            String(ids[1].prefix(8)), String(ids[2].prefix(7)), "e\u{301}", "HEAD:\u{e9}",
            digits == 40
                ? "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
                : "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
        ]
    }

    @Test(arguments: ["--batch", "--batch-check", "--batch-command"], 0..<3)
    func everyFormatAndName(_ mode: String, _ which: Int) throws {
        let repository = try #require(CatFileTests.repositories[which])
        var lines = try names(repository)
        if mode == "--batch-command" {
            lines = lines.flatMap { ["info \($0)", "contents \($0)"] }
        }
        let text = Bytes(lines.joined(separator: "\n") + "\n")
        let nul = Bytes(lines.joined(separator: "\0"))
        try repository.compare([mode], stdin: text)
        for format in Self.formats {
            // Git asserts that it asked for the kind.
            if mode == "--batch-command", !format.contains("objecttype") { continue }
            let option = "\(mode)=\(format)"
            try repository.compare([option, "--buffer"], stdin: text)
            try repository.compare([option, "-z"], stdin: nul)
            try repository.compare([option, "-Z", "--no-buffer"], stdin: nul)
        }
    }

    @Test(arguments: ["--batch", "--batch-check"]) func lines(_ mode: String) throws {
        let repository = try #require(CatFileTests.repository)
        for text in [
            "", "\n", "HEAD", "HEAD\r\nv1\r\nHEAD\r", "HEAD\0x\nHEAD", "\0\nHEAD", "HEAD\r\r\n", "\r\n",
            "HEAD@{99}\nHEAD\n", "HEAD:../x\nHEAD\n", String(repeating: "x", count: 5000) + "\nHEAD\n",
        ] {
            try repository.compare([mode], stdin: Bytes(text))
            try repository.compare([mode, "--buffer"], stdin: Bytes(text))
            try repository.compare([mode, "-Z"], stdin: Bytes(text))
        }
    }

    @Test(arguments: [
        "contents HEAD\ninfo HEAD\nflush\ninfo HEAD", "flush\n", "flush x\n", "flushx\n", "contents\n", "info \n",
        "infox\n", "info nope\ncontents nope\ninfo HEAD:elsewhere", "\n", " info HEAD\n", "\tinfo HEAD", "foo\n",
        "info HEAD\n\ninfo HEAD\n", "mailmap false\ninfo HEAD\n", "mailmap maybe\ninfo HEAD\n", "mailmap\n",
        "info HEAD\nmailmap maybe\ninfo HEAD\n", "contents  HEAD\n", "info HEAD \n", "INFO HEAD\n", "",
    ])
    func commands(_ text: String) throws {
        let repository = try #require(CatFileTests.repository)
        for options in [[], ["--buffer"], ["-z"], ["-Z", "--buffer"]] {
            try repository.compare(["--batch-command"] + options, stdin: Bytes(text))
            try repository.compare(
                ["--batch-command"] + options, stdin: Bytes(text.replacing("\n", with: "\0")))
        }
    }

    @Test(arguments: [
        "blob:none", "blob:limit=0", "blob:limit=3", "blob:limit=4", "blob:limit=1k", "blob:limit=0x10",
        "blob:limit=-1", "blob:limit=1x", "blob:limit=", "object:type=blob", "object:type=commit",
        "object:type=tree", "object:type=tag", "object:type=foo", "object:type=", "tree:0", "tree:x", "auto", "",
        "foo", "sparse:oid=HEAD", "sparse:path=x", "combine:", "combine:blob:none", "combine:blob:none+tree:1",
        "combine:x", "combine:a b", "combine:blob%3anone", "combine:combine:blob:none",
    ])
    func filters(_ filter: String) throws {
        let repository = try #require(CatFileTests.repository)
        let names = Bytes(try names(repository).joined(separator: "\n"))
        for mode in ["--batch", "--batch-check", "--batch-check=%(objectname)"] {
            try repository.compare([mode, "--filter=\(filter)"], stdin: names)
            try repository.compare([mode, "--batch-all-objects", "--filter=\(filter)"])
        }
        try repository.compare(["--batch-check", "--filter=\(filter)", "--filter=blob:none"], stdin: names)
        try repository.compare(["--batch-check", "--filter=\(filter)", "--no-filter"], stdin: names)
    }

    @Test(arguments: 0..<3) func allObjects(_ which: Int) throws {
        let repository = try #require(CatFileTests.repositories[which])
        for mode in ["--batch", "--batch-check", "--batch-command"] {
            try repository.compare([mode, "--batch-all-objects"], stdin: Bytes("ignored\n"))
            try repository.compare([mode, "--batch-all-objects", "--no-buffer", "-Z"])
            for format in Self.formats where mode != "--batch" || format.contains("objecttype") {
                try repository.compare(["\(mode)=\(format)", "--batch-all-objects"])
                // In any order.
                let (ours, gits) = try repository.both(["\(mode)=\(format)", "--batch-all-objects", "--unordered"])
                #expect(ours.status == 0 && ours.err.isEmpty)
                #expect(ours.lines.sorted() == gits.lines.sorted())
            }
        }
    }

    /// Each answer comes before the next question is asked, unless it is to be buffered; then with `flush`.
    @Test func answersDoNotWait() throws {
        let repository = try #require(CatFileTests.repository)
        let id = try repository.id("HEAD:dir/sub/file")
        func start(_ arguments: String...) throws -> ChildProcess {
            let child = try ChildProcess(
                productPath("strata"), ["cat-file"] + arguments, environment: gitEnvironment,
                directory: repository.path)
            child.patience = 60_000
            return child
        }
        let check = try start("--batch-check")
        for _ in 0..<3 {
            check.send(Bytes("HEAD:dir/sub/file\n"))
            #expect(check.readLine() == "\(id) blob 3")
            check.send(Bytes("no"))
            check.send(Bytes("pe\n"))
            #expect(check.readLine() == "nope missing")
        }
        check.closeInput()
        #expect(check.readLine() == nil && check.wait() == 0)
        let command = try start("--batch-command", "--buffer")
        command.send(Bytes("info HEAD:dir/sub/file\nflush\n"))
        #expect(command.readLine() == "\(id) blob 3")
        command.send(Bytes("contents HEAD:dir/sub/file\nflush\n"))
        #expect(command.readLine() == "\(id) blob 3")
        #expect(command.readLine() == "hi")
        #expect(command.readLine() == "")
        command.closeInput()
        #expect(command.wait() == 0)
    }

    /// A full device is an error; a reader that goes away is none that needs words.
    @Test(arguments: [
        "exec \"$0\" cat-file --batch-all-objects --batch >/dev/full",
        "echo HEAD | \"$0\" cat-file --batch >/dev/full", "exec \"$0\" cat-file -p HEAD >/dev/full",
        "exec \"$0\" cat-file blob HEAD:numbers >/dev/full",
        "set -o pipefail; (sleep 0.1; exec \"$0\" cat-file --batch-all-objects --batch) | (exec <&-; sleep 0.3)",
        "set -o pipefail; (sleep 0.1; exec \"$0\" cat-file blob HEAD:numbers) | (exec <&-; sleep 0.3)",
        "yes HEAD | \"$0\" cat-file --batch | head -c 100000; exit ${PIPESTATUS[1]}",
        "yes HEAD | head -c 50000 | \"$0\" cat-file --batch-check --buffer | head -n 5; exit ${PIPESTATUS[2]}",
    ])
    func outputThatCannotBeWrittenIsNotLostQuietly(_ script: String) throws {
        let repository = try #require(CatFileTests.repository)
        let outcomes = try [productPath("strata"), gitPath].map { program in
            let result = try run(
                "bash", ["-c", script, program], environment: gitEnvironment, directory: repository.path)
            return Outcome(status: result.status, out: result.out, err: result.err)
        }
        #expect(outcomes[0].status == outcomes[1].status)
        #expect(outcomes[0].out == outcomes[1].out)
        #expect(outcomes[0].err.isEmpty == outcomes[1].err.isEmpty, "\(outcomes[0].errText) \(outcomes[1].errText)")
    }
}
