import TestSupport
import Testing

/// `strata cat-file` where objects stand for others (`refs/replace/`), beside git's.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct CatFileReplacementTests {
    /// Two commits; `one` and `two` are references to the blobs, `trees/…` to the trees.
    private func scratch(_ script: String, _ format: String = "sha1") throws -> ObjectScratch {
        let scratch = try ObjectScratch("--object-format=\(format)")
        try scratch.shell(
            """
            echo one > f; $GIT add f; $GIT commit -qm first
            echo two > f; echo g > g; $GIT add .; $GIT commit -qm second; $GIT tag -am text v1
            ONE=$($GIT rev-parse HEAD^:f) TWO=$($GIT rev-parse HEAD:f) FIRST=$($GIT rev-parse HEAD^) SECOND=$($GIT rev-parse HEAD)
            TREE=$($GIT rev-parse HEAD^^{tree})
            $GIT tag one $ONE; $GIT tag two $TWO; $GIT tag first $FIRST; $GIT tag second $SECOND; $GIT tag tree $TREE
            \(script)
            """)
        return scratch
    }

    private static let names = [
        "one", "two", "first", "second", "tree", "HEAD", "HEAD^", "HEAD^{tree}", "HEAD:f", "HEAD:g", "v1", "v1^{tree}",
        "second~1",
    ]

    private func compareAll(_ scratch: ObjectScratch) throws {
        let ids = try scratch.git(["rev-parse", "one", "two", "first", "second", "tree"]).out
        let lines = Self.names.joined(separator: "\n") + "\n" + ids
        let id = ids.prefix { $0 != "\n" }
        for name in ["one", "HEAD", "HEAD^{tree}", "HEAD:f", "v1^{tree}"] {
            try scratch.compare("cat-file -p \(name)")
        }
        for line in ["-t one", "-t HEAD:f", "-e one", "-e HEAD^", "-t \(id)"] {
            try scratch.compare("cat-file \(line)")
        }
        for line in [
            "cat-file -s one", "cat-file blob one", "cat-file blob HEAD:f", "cat-file tree HEAD", "cat-file blob tree",
            "cat-file --batch", "cat-file --batch-check",
            "cat-file --batch-check=%(objectname):%(objectsize):%(objectsize:disk):%(deltabase)",
            "cat-file --batch-all-objects --batch-check", "cat-file --batch-all-objects --batch --unordered --buffer",
        ] { try scratch.compare(line, stdin: lines) }
    }

    static let scripts = [
        "nothing": "", "a blob": "$GIT replace $ONE $TWO", "a commit": "$GIT replace $SECOND $FIRST",
        "both, packed": "$GIT replace $ONE $TWO; $GIT replace $SECOND $FIRST; $GIT pack-refs --all; $GIT gc -q",
        "a replacement of a replacement": "$GIT replace $ONE $TWO; $GIT replace $TWO $($GIT rev-parse HEAD:g)",
        "a circle": "$GIT replace $ONE $TWO; $GIT update-ref refs/replace/$TWO $ONE",
        "a missing one": "mkdir -p .git/refs/replace; echo $ONE | tr 0-9 1 > .git/refs/replace/$TWO",
        "another kind": "$GIT update-ref refs/replace/$ONE $TREE",
        "names that are none": "$GIT update-ref refs/replace/foo $ONE; $GIT update-ref refs/replace/a/b/$TWO $ONE",
        "a symbolic one": "$GIT symbolic-ref refs/replace/$ONE refs/tags/two",
        "the same twice": "$GIT update-ref refs/replace/a/$TWO $ONE; $GIT update-ref refs/replace/b/$TWO $ONE",
    ]

    @Test(arguments: scripts.keys.sorted()) func saysWhatGitSays(_ name: String) throws {
        try compareAll(try scratch(Self.scripts[name] ?? ""))
    }

    @Test func sha256() throws { try compareAll(try scratch("$GIT replace $ONE $TWO", "sha256")) }

    @Test func switchedOff() throws {
        let scratch = try scratch(
            "$GIT replace $ONE $TWO; $GIT replace $SECOND $FIRST; $GIT update-ref refs/other/$TWO $ONE")
        for (options, environment) in [
            ("--no-replace-objects", [:]), ("-c core.useReplaceRefs=false", [:]), ("-c core.useReplaceRefs=x", [:]),
            ("", ["GIT_NO_REPLACE_OBJECTS": ""]), ("", ["GIT_REPLACE_REF_BASE": "refs/other/"]),
        ] as [(String, [String: String?])] {
            for line in [
                "-p one", "-p two", "-p HEAD", "-t HEAD:f", "-p HEAD^{tree}", "--batch",
                "--batch-all-objects --batch-check",
            ] {
                try scratch.compare("\(options) cat-file \(line)", stdin: "one\nHEAD\nHEAD:f\n", environment)
            }
        }
    }

    @Test func worktrees() throws {
        let scratch = try scratch("$GIT replace $ONE $TWO; $GIT worktree add -q linked HEAD")
        for line in ["cat-file -p one", "cat-file -p HEAD^:f"] { try scratch.compare(line, in: "linked") }
    }
}
