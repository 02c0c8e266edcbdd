import SystemPackage
import TestSupport
import Testing

/// `strata hash-object` beside git's.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct HashObjectTests {
    private func scratch(_ options: String...) throws -> ObjectScratch {
        let scratch = try ObjectScratch(options.first ?? "--object-format=sha1")
        try scratch.shell(
            """
            mkdir sub
            printf 'text\\n' > file
            printf 'more' > sub/other
            : > empty
            printf 'quoted' > 'a "b"'
            dd if=/dev/zero of=large bs=1000 count=100 2>/dev/null
            ln -s file link
            """)
        return scratch
    }

    static let lines = [
        "hash-object -h", "hash-object", "hash-object file", "hash-object file sub/other empty large link",
        "hash-object -w file",
        "hash-object nofile", "hash-object sub", "hash-object --no-filters sub", "hash-object -w sub",
        "hash-object -w --no-filters sub",
        "hash-object file nofile empty", "hash-object -t blob file", "hash-object -t foo file", "hash-object -t foo",
        "hash-object -t foo nofile",
        "hash-object -t commit file", "hash-object -t tree file", "hash-object -t tag file",
        "hash-object -t tree empty",
        "hash-object -w -t tree empty", "hash-object --literally -t commit -w file",
        "hash-object --literally -t tree file",
        "hash-object --literally -t foo file", "hash-object --stdin", "hash-object --stdin -w file",
        "hash-object --stdin --stdin",
        "hash-object --stdin --no-stdin file", "hash-object --stdin-paths", "hash-object --stdin-paths --stdin",
        "hash-object --stdin-paths file",
        "hash-object --stdin-paths --path=x", "hash-object --path=x --stdin", "hash-object --path=x file",
        "hash-object --path=x --no-filters file",
        "hash-object --path x", "hash-object --stdin --stdin --path=x --no-filters", "hash-object --no-filters file",
        "hash-object --filters file",
        "hash-object --no-literally -t commit file", "hash-object -wt blob file", "hash-object -- file",
        "hash-object -t", "hash-object --path",
        "hash-object --bogus", "hash-object -x", "hash-object /etc/hostname", "hash-object ./file sub/../file",
        "hash-object --stdin -t commit",
    ]

    @Test(arguments: lines) func saysWhatGitSays(_ line: String) throws {
        let scratch = try scratch()
        let input = line.contains("--stdin-paths") ? "file\nsub/other\r\n\"a \\\"b\\\"\"\nempty" : "from the input\n"
        try scratch.compare(line, stdin: input)
        try scratch.compare(line, stdin: input, in: "sub")
    }

    @Test(arguments: ["file\nnofile\nempty\n", "\"file\n", "\"file\" x\n", "\n", "file\n\nempty\n", "sub\n"])
    func paths(_ input: String) throws {
        let scratch = try scratch("--object-format=sha256")
        try scratch.compare("hash-object --stdin-paths", stdin: input)
        try scratch.compare("hash-object -w --stdin-paths --no-filters", stdin: input, in: "sub")
    }

    @Test(arguments: ["sha1", "sha256"]) func whatIsWrittenIsThere(_ format: String) throws {
        let scratch = try scratch("--object-format=\(format)")
        let ids = try scratch.strata(["hash-object", "-w", "file", "sub/other", "empty", "large"])
        #expect(ids == (try scratch.git(["hash-object", "-w", "file", "sub/other", "empty", "large"])))
        let place = scratch.root.appending("strata")
        try TestSupport.git(["fsck", "--strict"], in: place)
        #expect(try TestSupport.git(["count-objects"], in: place).hasPrefix("4 objects"))
        #expect(try TestSupport.git(["cat-file", "blob", String(ids.out.prefix { $0 != "\n" })], in: place) == "text")
        // A file that is read piece by piece.
        let settings = ["-c", "core.bigFileThreshold=1k"]
        for line in [["hash-object", "large"], ["hash-object", "-w", "large"]] {
            #expect(try scratch.strata(settings + line).out == scratch.git(line).out)
        }
    }

    @Test func wellFormedObjectsOnly() throws {
        let scratch = try scratch()
        let tree = "100644 .gitmodules\u{0}" + String(repeating: "\u{1}", count: 20)
        try scratch.compare("hash-object -t tree --stdin", stdin: tree)
        try scratch.compare("hash-object -w -t tree --stdin", stdin: tree)
        try scratch.compare(
            "hash-object -t tree --stdin", stdin: "100644 .git\u{0}" + String(repeating: "\u{1}", count: 20))
        let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        for commit in ["author A <a> 1 +0000\ncommitter A <a> 1 +0000\n", "author A a> 1 +0000\n", ""] {
            try scratch.compare("hash-object -w -t commit --stdin", stdin: "tree \(empty)\n\(commit)\ntext\n")
        }
        try scratch.compare("hash-object -t tag --stdin", stdin: "object \(empty)\ntype tree\ntag x\n\n")
        try scratch.compare("hash-object -t tag --stdin --literally", stdin: "object \(empty)\ntype tree\ntag x\n\n")
    }

    @Test func outsideOfRepositories() throws {
        let scratch = try scratch()
        let ceiling = ["GIT_CEILING_DIRECTORIES": scratch.root.path.string, "GIT_DIR": nil] as [String: String?]
        for line in ["hash-object strata/file", "hash-object -w strata/file", "hash-object --stdin"] {
            let arguments = line.split(separator: " ").map(String.init)
            var answers: [CommandResult] = []
            for program in [gitPath, productPath("strata")] {
                answers.append(
                    try run(
                        program, arguments, stdin: Array("x".utf8), environment: gitEnvironment.merging(ceiling) { $1 },
                        directory: scratch.root.path))
            }
            #expect(answers[0].status == answers[1].status && answers[0].outText == answers[1].outText)
            #expect(answers[0].errText == answers[1].errText)
        }
    }

    /// Contents that git would change are refused by name; those that it would leave as they are, are not.
    @Test func filters() throws {
        let scratch = try scratch()
        try scratch.shell(
            """
            printf 'a\\r\\nb\\r\\n' > crlf
            printf 'a\\nb\\n' > lf
            printf '$Id$\\n' > keyword
            """)
        func same(_ line: String) throws { try scratch.compare(line) }
        func refused(_ line: String, _ word: String) throws {
            let answer = try scratch.strata(line.split(separator: " ").map(String.init))
            #expect(answer.status == 129 && answer.out == "" && answer.err.hasPrefix("error: not supported yet: "))
            #expect(answer.err.contains(word), "\\(answer.err)")
        }
        try same("hash-object crlf lf keyword")
        try same("-c core.autocrlf=input hash-object lf keyword")
        try refused("-c core.autocrlf=input hash-object crlf", "ends of lines")
        try refused("-c core.autocrlf=true hash-object -w lf", "ends of lines")
        try same("-c core.autocrlf=true hash-object lf")
        try same("-c core.autocrlf=true hash-object --no-filters crlf")
        try same("-c core.autocrlf=true hash-object -t blob --stdin")
        try scratch.shell("printf '# text\\n*.x text\\n*.y ident\\n' > .gitattributes")
        try refused("hash-object crlf", "ends of lines")
        try refused("hash-object keyword", "ident")
        try same("hash-object lf")
        try same("hash-object --no-filters crlf keyword")
        try scratch.shell("printf '# filter=x\\n' > .gitattributes; printf '*.z filter=x\\n' > sub/.gitattributes")
        try same("hash-object crlf keyword lf")
        try refused("hash-object sub/other", "filter")
        try same("hash-object --path=x sub/other")
        try refused("hash-object --path=sub/x lf", "filter")
        try scratch.shell("$GIT add .gitattributes sub/.gitattributes; rm .gitattributes; mkdir .git/info")
        try refused("hash-object lf", "filter")
        try scratch.shell(
            "rm sub/.gitattributes .git/index; echo 'x working-tree-encoding=UTF-16' > .git/info/attributes")
        try refused("hash-object lf", "working-tree-encoding")
        try same("hash-object --stdin")
    }

    @Test func configuration() throws {
        let scratch = try scratch()
        for line in [
            "-c core.looseCompression=10 hash-object file", "-c core.compression=-2 hash-object -w file",
            "-c core.compression=x hash-object -w file", "-c core.looseCompression=0 hash-object -w large",
            "-c core.fsyncObjectFiles=true hash-object -w file",
            "-c core.fsync=loose-object -c core.fsyncMethod=batch hash-object -w file",
            "-c core.fsync=bogus hash-object -w file", "-c core.fsyncMethod=bogus hash-object -w file",
            "-c core.sharedRepository=0500 hash-object -w file", "-c core.bigFileThreshold=x hash-object file",
        ] { try scratch.compare(line) }
        func size(_ name: String) throws -> Int {
            let files = try output(
                "/bin/sh", ["-c", "cat \(name)/.git/objects/??/* | wc -c"], directory: scratch.root.path)
            return Int(files.trimmingPrefix(" ")) ?? 0
        }
        #expect(try size("strata") > 100_000)
    }
}
