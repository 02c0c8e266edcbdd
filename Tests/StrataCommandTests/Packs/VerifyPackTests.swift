import StrataModel
import SystemPackage
import TestSupport
import Testing

/// `strata verify-pack` and `show-index` beside git's.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct VerifyPackTests {
    @Test(arguments: HashAlgorithm.allCases) func whole(_ algorithm: HashAlgorithm) throws {
        let packs = try HistoryPacks.of(algorithm)
        let scratch = try PackScratch(algorithm)
        try scratch.write("a.pack", packs.offsets)
        try scratch.write("b.pack", packs.references)
        try scratch.write("c.pack", packs.before)
        try scratch.shell(
            "$GIT index-pack a.pack; $GIT index-pack --index-version=1 b.pack; $GIT index-pack --index-version=2,0x40 c.pack; mkdir sub"
        )
        for line in [
            "verify-pack a.idx", "verify-pack -v a.pack b c.idx", "verify-pack -s a b c", "verify-pack -v -s a",
            "verify-pack -v none a", "verify-pack --verbose -- a", "verify-pack", "verify-pack -h", "verify-pack -x",
            "verify-pack --object-format=foo a", "verify-pack --object-format=\(algorithm.name) -v a",
            "index-pack --verify a.pack", "index-pack --verify-stat b.pack", "index-pack --verify-stat-only c.pack",
            "index-pack --verify -o c.idx c.pack", "index-pack --verify --stdin a.pack",
            "index-pack --verify -v --threads=1 a.pack",
            "index-pack --verify --strict a.pack",
        ] { try scratch.compare(line) }
        try scratch.compare("verify-pack -v ../a", in: "sub")
        try scratch.compare("-C sub verify-pack -v ../a")
    }

    @Test(arguments: [
        "printf xxxxxxxx >> a.idx", "truncate -s 100 a.idx", "rm a.idx", "rm a.pack", "cp b.pack a.pack",
        "cp b.idx a.idx",
        "printf '\\000\\000\\000\\005' | dd of=a.idx bs=1 seek=4 conv=notrunc",
        "printf '\\377' | dd of=a.idx bs=1 seek=12 conv=notrunc",
        "printf xx | dd of=a.idx bs=1 seek=1100 conv=notrunc", "printf xx | dd of=a.rev bs=1 seek=20 conv=notrunc",
        "printf xx | dd of=a.pack bs=1 seek=200 conv=notrunc", "truncate -s 300 a.pack", "printf x >> a.pack",
        "rm a.rev", "$GIT index-pack --index-version=1 a.pack; chmod u+w a.idx; printf x >> a.idx", ": > a.idx",
    ])
    func damaged(_ script: String) throws {
        let packs = try HistoryPacks.sha1.get()
        let scratch = try PackScratch()
        try scratch.write("a.pack", packs.offsets)
        try scratch.write("b.pack", packs.references)
        try scratch.shell(
            "$GIT index-pack a.pack; $GIT index-pack b.pack; chmod u+w a.* b.*; { \(script); } 2>/dev/null")
        try scratch.compare("verify-pack -v a b")
        try scratch.compare("verify-pack -s a")
    }

    @Test func duplicates() throws {
        let scratch = try PackScratch()
        try scratch.write("a.pack", HandmadePacks.pack((.blob, [1]), (.blob, [2]), (.blob, [1])))
        try scratch.write("none.pack", HandmadePacks.pack { _ in })
        try scratch.shell("$GIT index-pack a.pack; $GIT index-pack none.pack")
        try scratch.compare("verify-pack -v a none")
        try scratch.compare("verify-pack -s none a")
    }

    @Test(arguments: HashAlgorithm.allCases) func indexes(_ algorithm: HashAlgorithm) throws {
        let scratch = try PackScratch(algorithm)
        try scratch.write("a.pack", try HistoryPacks.of(algorithm).offsets)
        let place = scratch.scratch.root.appending("git").string
        for version in ["1", "2", "2,0x40"] {
            try scratch.shell("$GIT index-pack --index-version=\(version) a.pack")
            let index = try run("/bin/cat", ["\(place)/a.idx"]).out
            for size in [
                index.count, 0, 7, 8, 500, 1031, 1032, 1500, index.count / 2, index.count - 41, index.count - 64,
            ] {
                try scratch.compare("show-index", Array(index.prefix(size)), "\(version) \(size)")
            }
            try scratch.compare("show-index --object-format=sha1", index)
            try scratch.compare("show-index --object-format=sha256", index)
        }
        for line in ["show-index -h", "show-index --object-format=foo", "show-index -x", "show-index x y"] {
            try scratch.compare(line, [UInt8](repeating: 0xff, count: 2000))
        }
    }
}
