import SystemPackage
import TestSupport
import Testing

/// Repositories whose references are in a database: what `strata init` makes of them, and what git says of them.
@Suite struct InitDatabaseTests {
    private let scratch: TemporaryDirectory
    private let environment: [String: String?] = {
        var environment = gitEnvironment
        environment["GIT_TEMPLATE_DIR"] = ""
        environment["GIT_REFERENCE_BACKEND"] = .some(nil)
        return environment
    }()

    init() throws { scratch = try TemporaryDirectory() }

    private func run(_ program: String, _ line: String, _ variables: [String: String] = [:]) throws -> CommandResult {
        var environment = environment
        for (name, value) in variables { environment[name] = value }
        let words = line.split(separator: " ").map(String.init)
        return try TestSupport.run(program, words, environment: environment, directory: scratch.path)
    }

    private func strata(_ line: String, _ variables: [String: String] = [:]) throws -> CommandResult {
        try run(productPath("strata"), line, variables)
    }

    private func text(_ path: String) throws -> String {
        try output("cat", [scratch.appending(path).string])
    }

    /// Every file and directory below the scratch directory, with its contents' sum.
    private func tree() throws -> String {
        try output(
            "/bin/sh",
            [
                "-c",
                "find . -printf '%P %y %m\\n' | LC_ALL=C sort; find . -type f ! -name '*.mdb' | LC_ALL=C sort | xargs sha1sum",
            ],
            directory: scratch.path)
    }

    @Test func makesOne() throws {
        let made = try strata("init -b main --ref-format=lmdb r")
        #expect(made.status == 0)
        #expect(made.outText == "Initialized empty Git repository in \(scratch.path)/r/.git/\n")
        #expect(
            try text("r/.git/config") == """
                [extensions]
                \trefstorage = lmdb
                [core]
                \trepositoryformatversion = 1
                \tfilemode = true
                \tbare = false
                \tlogallrefupdates = true
                """)
        #expect(try text("r/.git/HEAD") == "ref: refs/heads/.invalid")
        #expect(try text("r/.git/refs/heads") == "this repository uses the lmdb format")
        #expect(try strata("-C r symbolic-ref HEAD").outText == "refs/heads/main\n")
    }

    @Test(arguments: [
        ["--ref-format=lmdb"], ["GIT_DEFAULT_REF_FORMAT=lmdb"], ["GIT_REFERENCE_BACKEND=lmdb"],
        ["-c init.defaultRefFormat=lmdb"],
    ])
    func asked(_ how: [String]) throws {
        let parts = how[0].split(separator: "=", maxSplits: 1)
        let isVariable = how[0].hasPrefix("GIT_")
        let before = how[0].hasPrefix("-c") ? how[0] + " " : ""
        let option = how[0].hasPrefix("--") ? how[0] : ""
        let made = try strata(
            "\(before)init -q --bare -b main \(option) r", isVariable ? [String(parts[0]): String(parts[1])] : [:])
        #expect(made.status == 0, "\(made.errText)")
        #expect(try text("r/config").contains("\trefstorage = lmdb\n"))
        #expect(try strata("-C r symbolic-ref HEAD").outText == "refs/heads/main\n")
    }

    @Test func elsewhere() throws {
        for (name, place) in [("a", "\(scratch.path)/db"), ("b", "../../other")] {
            #expect(try strata("init -q -b x --ref-format=lmdb://\(place) \(name)").status == 0)
            #expect(try text("\(name)/.git/refs/heads") == "repository uses alternate refs storage")
            #expect(try text("\(name)/.git/config").contains("\trefstorage = lmdb://\(place)\n"))
            #expect(try strata("-C \(name) symbolic-ref HEAD").outText == "refs/heads/x\n")
        }
        #expect(try run("ls", "db other").lines.filter { $0 == "data.mdb" }.count == 2)
        // A second repository over a database without references has its own HEAD; over one with some, theirs.
        #expect(try strata("init -q -b y --ref-format=lmdb://\(scratch.path)/db c").status == 0)
        #expect(try strata("-C a symbolic-ref HEAD").outText == "refs/heads/y\n")
        #expect(try strata("-C c symbolic-ref refs/heads/used refs/heads/y").status == 0)
        let over = try strata("init -q -b z --ref-format=lmdb://\(scratch.path)/db d")
        #expect(over.errText == "warning: re-init: ignored --initial-branch=z\n")
        #expect(try strata("-C d symbolic-ref HEAD").outText == "refs/heads/y\n")
    }

    @Test func again() throws {
        #expect(try strata("init -q -b main --ref-format=lmdb --object-format=sha256 r").status == 0)
        #expect(try strata("-C r symbolic-ref refs/heads/kept refs/heads/main").status == 0)
        let before = try tree()
        let again = try strata("init -b other r")
        #expect(again.status == 0)
        #expect(again.outText == "Reinitialized existing Git repository in \(scratch.path)/r/.git/\n")
        #expect(again.errText == "warning: re-init: ignored --initial-branch=other\n")
        #expect(try strata("init -q --ref-format=lmdb r").status == 0)
        for (line, variables) in [
            ("init r --ref-format=files", [:]), ("init r --ref-format=lmdb://x", [:]),
            ("init r", ["GIT_REFERENCE_BACKEND": "files"]),
        ] {
            let refused = try strata(line, variables)
            #expect(refused.status == 128)
            #expect(
                refused.errText == "fatal: attempt to reinitialize repository with different reference storage format\n"
            )
        }
        #expect(try strata("init -q r", ["GIT_DEFAULT_REF_FORMAT": "files"]).status == 0)
        #expect(try strata("-c init.defaultRefFormat=files init -q r").status == 0)
        #expect(try tree() == before)
        #expect(try strata("-C r symbolic-ref refs/heads/kept").outText == "refs/heads/main\n")
        #expect(try strata("-C r symbolic-ref HEAD").outText == "refs/heads/main\n")
    }

    @Test func otherFormats() throws {
        #expect(try strata("init -q -b main files").status == 0)
        let before = try tree()
        let refused = try strata("init files --ref-format=lmdb")
        #expect(refused.status == 128)
        #expect(
            refused.errText == "fatal: attempt to reinitialize repository with different reference storage format\n")
        // Git itself would leave the references of this one behind.
        #expect(try strata("-c init.defaultRefFormat=lmdb init -q files").status == 0)
        #expect(try tree() == before)
        let unknown = try strata("init -q --ref-format=reftable x")
        #expect(unknown.status == 128)
        #expect(unknown.errText == "fatal: references kept as 'reftable' are not supported\n")
        let separate = try strata("init --separate-git-dir=elsewhere x")
        #expect(separate.status == 129)
        #expect(separate.errText == "error: not supported yet: --separate-git-dir\n")
    }

    @Test func shared() throws {
        #expect(try strata("init -q -b main --shared=group --ref-format=lmdb r").status == 0)
        let modes = try output(
            "find", ["r", "-printf", "%P %m\\n"], directory: scratch.path
        ).split(separator: "\n")
        for (path, mode) in [
            (".git/lmdb", "2775"), (".git/lmdb/data.mdb", "664"), (".git/lmdb/lock.mdb", "664"), (".git/refs", "2775"),
            (".git/refs/heads", "664"), (".git/HEAD", "664"), (".git/config", "664"),
        ] {
            #expect(modes.contains { $0 == "\(path) \(mode)" }, "\(path): \(modes)")
        }
    }

    /// The git to compare with, and whichever is installed: both must find a repository that they cannot use, and not one above it.
    @Test(arguments: [gitPath, "git"]) func gitRefuses(_ git: String) throws {
        #expect(try run(git, "init -q outer").status == 0)
        #expect(try strata("init -q -b main --ref-format=lmdb outer/a").status == 0)
        #expect(try strata("init -q -b main --ref-format=lmdb://\(scratch.path)/db outer/b").status == 0)
        let before = try tree()
        let id = String(repeating: "1", count: 40)
        for place in ["outer/a", "outer/b"] {
            for line in [
                "status", "for-each-ref", "update-ref refs/heads/x \(id)", "symbolic-ref HEAD refs/heads/x", "branch x",
                "commit --allow-empty -m x", "tag x", "pack-refs --all", "gc", "init", "init --ref-format=files",
                "fetch \(scratch.path)/outer", "worktree add ../wt", "reflog expire --all", "checkout -b x",
            ] {
                let result = try run(git, "-C \(place) \(line)")
                #expect(result.status >= 128, "git \(line): \(result.status)")
                // 2.55 does not know the value, older versions not the extension, and still older ones not the option.
                let known = ["extensions.refstorage", "refstorage", "ref-format"]
                #expect(known.contains { result.errText.contains($0) }, "git \(line): \(result.errText)")
            }
        }
        #expect(try tree() == before)
    }
}
