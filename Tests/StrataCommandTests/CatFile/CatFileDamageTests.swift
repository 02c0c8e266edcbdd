import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// `cat-file` on repositories that are damaged: what is written and how it ends is git's; the reasons are told in words of our own.
@Suite(.enabled(if: gitVersion >= 255, "compared with git 2.55 or newer")) struct CatFileDamageTests {
    /// Damage to the file of a loose object, `$1`; `$2` is a whole copy.
    static let damage = [
        "head -c 12 \"$2\" >\"$1\"", ": >\"$1\"", "(printf xx; tail -c +3 \"$2\") >\"$1\"", "rm \"$1\"",
        "(head -c 20 \"$2\"; printf xxxxxxxx; tail -c +29 \"$2\") >\"$1\"", "head -c -1 \"$2\" >\"$1\"",
        "printf 'blob 3\\0abcd' | gzip -c >\"$1\"",
    ]

    @Test(arguments: damage, ["HEAD:dir/sub/file", "HEAD", "HEAD^{tree}", "v1"])
    func looseObjects(_ damage: String, _ name: String) throws {
        let whole = try #require(CatFileTests.loose)
        let repository = try CatFileRepository(copying: whole)
        let id = try repository.id(name)
        let file = ".git/objects/\(id.prefix(2))/\(id.dropFirst(2))"
        try repository.make("cp \(file) copy; chmod u+w \(file); set -- \(file) copy; \(damage)")
        for option in ["-t", "-s", "-e", "-p", "blob", "commit", "tree"] {
            try compare(repository, whole, [option, id])
        }
        for mode in ["--batch", "--batch-check", "--batch-check=%(objectname)", "--batch=%(objecttype)"] {
            try compare(repository, whole, [mode], id)
        }
    }

    @Test(arguments: [
        // A pack cut short, one of which the middle or the start is overwritten, an index that is none, one that lies, one of the two gone.
        "head -c 1000 $p.pack >x; mv x $p.pack", "dd if=/dev/zero conv=notrunc of=$p.pack bs=20 seek=10 count=1",
        "printf xxxx | dd conv=notrunc of=$p.pack bs=1 seek=0", "printf xxxx | dd conv=notrunc of=$p.idx bs=1 seek=0",
        "printf xxxx | dd conv=notrunc of=$p.idx bs=1 seek=20", "rm -f $p.idx", "rm -f $p.pack",
    ])
    func packs(_ damage: String) throws {
        let whole = try #require(CatFileTests.repository)
        let repository = try CatFileRepository(copying: whole)
        try repository.make(
            "rm -f .git/objects/pack/*.rev; p=$(ls .git/objects/pack/*.pack); p=${p%.pack}; chmod u+w $p.*; \(damage)")
        for id in try whole.all().shuffled().prefix(12) {
            for mode in ["--batch", "--batch-check"] { try compare(repository, whole, [mode], id) }
        }
    }

    /// Expects what git says, or the truth as far as it could be read, with a word on what could not.
    ///
    /// - Parameter id: what is asked for on standard input; nil where the arguments say so.
    private func compare(
        _ repository: CatFileRepository, _ whole: CatFileRepository, _ arguments: [String], _ id: String? = nil
    ) throws {
        let stdin = Bytes(id.map { "\($0)\n" } ?? "")
        let (ours, gits) = try repository.both(arguments, stdin: stdin)
        if ours.status == gits.status, ours.out == gits.out { return }
        let truth = try whole.both(arguments, stdin: stdin).gits
        let isMissing = id.map { ours.outText == "\($0) missing\n" } ?? false
        let isTrue = ours.status == 0 ? ours.out == truth.out : truth.out.starts(with: ours.out)
        let call: Comment = "\(arguments) \(id ?? ""): \(ours.all)\n\(gits.all)"
        #expect(isTrue || isMissing, call)
        // Where git answers, there is a reason not to.
        #expect(!ours.err.isEmpty || ours.out == truth.out, call)
    }

    @Test func objectsThatAreNotThere() throws {
        let repository = try CatFileRepository(copying: try #require(CatFileTests.loose))
        for id in try ["HEAD^{tree}", "HEAD:dir", "HEAD:numbers", "HEAD~1", "v1"].map({ try repository.id($0) }) {
            try repository.make("rm .git/objects/\(id.prefix(2))/\(id.dropFirst(2))")
        }
        for name in [
            "HEAD", "HEAD^{tree}", "HEAD:dir", "HEAD:dir/sub", "HEAD:numbers", "HEAD~1", "HEAD~2", "HEAD^{commit}",
            "v1",
            "v1-tag", "v1-tag^{}", "v1-tag^{commit}", "blob-tag", "blob-tag^{}", "tree-tag^{}", "HEAD~1:dir",
        ] {
            for option in ["-t", "-e", "-p", "blob", "tree"] { try repository.compare([option, name]) }
            for mode in ["--batch", "--batch-check"] { try repository.compare([mode], stdin: Bytes(name + "\n")) }
        }
    }

    /// Memory for a blob of 300 MB must not grow with it: what is written to may take 64 MB in all.
    @Test(.enabled(if: !isSanitized, "sanitizers take memory of their own")) func largeBlobsTakeLittleMemory() throws {
        let repository = try CatFileRepository(copying: try #require(CatFileTests.repository))
        try repository.make("yes 'a line of text' | head -c 300000000 | \"$0\" hash-object -w --stdin >id")
        let id = try output("cat", ["id"], directory: repository.path)
        for prepare in ["true", "echo $(cat id) | \"$0\" pack-objects -q .git/objects/pack/pack; \"$0\" prune-packed"] {
            try repository.make(prepare)
            for arguments in ["blob \(id)", "-p \(id)", "--batch <id"] {
                let script = "ulimit -d 65536; exec \"$0\" cat-file \(arguments) | cksum; exit ${PIPESTATUS[0]}"
                let sums = try [productPath("strata"), gitPath].map { program in
                    try run(
                        "bash",
                        ["-c", program == gitPath ? script.replacing("ulimit -d 65536; ", with: "") : script, program],
                        environment: gitEnvironment, directory: repository.path)
                }
                #expect(sums[0].status == 0 && sums[0].errText.isEmpty, "\(arguments) \(sums[0].errText)")
                #expect(sums[0].outText == sums[1].outText)
            }
        }
    }
}
