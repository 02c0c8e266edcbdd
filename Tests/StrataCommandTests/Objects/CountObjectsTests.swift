import Glibc
import StrataObjects
import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// `strata count-objects` and `strata prune-packed` beside git's.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct CountObjectsTests {
    /// Packs, loose objects beside and in them, an alternate, and files that do not belong.
    private func scratch() throws -> ObjectScratch {
        let scratch = try ObjectScratch()
        try scratch.shell(
            """
            for i in 1 2 3 4 5 6; do echo $i > $i; $GIT add $i; done
            $GIT commit -qm one
            cp -r .git/objects ../kept.$$
            $GIT repack -qad
            cp -r ../kept.$$/?? .git/objects/
            rm -rf ../kept.$$
            echo more > more; $GIT add more; $GIT commit -qm two
            """)
        return scratch
    }

    @Test(arguments: [
        "count-objects", "count-objects -v", "count-objects -H", "count-objects -vH",
        "count-objects --verbose --human-readable", "count-objects x",
        "count-objects -h", "count-objects -x", "prune-packed -h", "prune-packed x", "prune-packed -n",
        "prune-packed -q", "prune-packed",
        "prune-packed --dry-run --no-dry-run", "prune-packed -nq", "-c core.compression=12 count-objects",
    ])
    func saysWhatGitSays(_ line: String) throws {
        let scratch = try scratch()
        try scratch.compare(line)
        try scratch.compare("count-objects -v")
        try scratch.compare("prune-packed -n")
        for name in ["git", "strata"] { try TestSupport.git(["fsck"], in: scratch.root.appending(name)) }
        let shards = try output(
            "/bin/sh", ["-c", "ls git/.git/objects > a; ls strata/.git/objects > b; cmp a b"],
            directory: scratch.root.path)
        #expect(shards == "")
    }

    @Test func garbage() throws {
        let scratch = try scratch()
        try scratch.shell(
            """
            cd .git/objects
            printf 'xx' > pack/foo; printf 'x' > pack/pack-x.idx; printf 'xxx' > pack/pack-y.pack
            : > pack/pack-z.keep; : > pack/pack-z.rev; : > pack/multi-pack-index-1.bitmap; : > pack/multi-pack-index.x; mkdir pack/directory
            : > pack/pack; : > pack/.pack; : > pack/tmp_pack_1; : > tmp_obj_1
            mkdir -p 00 ff; printf 'x' > ff/junk; printf 'xx' > 00/junk; printf 'x' > ff/tmp_obj_2
            mkdir ff/ab01234567890123456789012345678901234567; mkdir 00/cd012345678901234567890123456789012345
            mkdir zz; : > zz/x
            """)
        try scratch.compare("count-objects")
        try scratch.compare("count-objects -v")
        try scratch.compare("count-objects -vH")
        try scratch.compare("prune-packed -n")
        try scratch.compare("prune-packed")
        try scratch.compare("count-objects -v")
    }

    @Test func alternates() throws {
        let scratch = try scratch()
        try scratch.shell(
            """
            for other in other 'with\ttab'; do
                $GIT init -q "../$PWD_other$other" 2>/dev/null || :
                mkdir -p "$other"; $GIT init -q "$other"; (cd "$other"; echo in > in; $GIT add in; $GIT commit -qm x; $GIT repack -qad; : > .git/objects/pack/junk)
            done
            cat > .git/objects/info/alternates <<END
            # nothing
            ../../other/.git/objects
            "$PWD/with\\ttab/.git/objects"
            $PWD/nowhere
            ../../no/where/objects
            ../../other/.git/objects
            END
            echo ../../../.git/objects > other/.git/objects/info/alternates
            """)
        try scratch.compare("count-objects -v")
        try scratch.compare("prune-packed -n")
        try scratch.compare("count-objects -v", ["GIT_OBJECT_DIRECTORY": "other/.git/objects"])
    }

    @Test func worktrees() throws {
        let scratch = try scratch()
        try scratch.shell(
            "$GIT worktree add -q linked; : > .git/worktrees/linked/config; mkdir .git/worktrees/linked/info")
        try scratch.compare("count-objects -v", in: "linked")
        try scratch.compare("prune-packed -n", in: "linked")
    }

    @Test func sizes() {
        for (bytes, text): (UInt64, String) in [
            (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1024 bytes"), (1025, "1.00 KiB"),
            (1_048_576, "1024.00 KiB"), (5000, "4.88 KiB"), (2_621_440, "2.50 MiB"),
            (1_048_577, "1.00 MiB"), (1_073_741_824, "1024.00 MiB"), (1_073_741_825, "1.00 GiB"),
            (5_368_709_120 * 3 / 2, "7.49 GiB"),
        ] { #expect(HumanSize(bytes).description == text) }
    }

    /// What cannot be removed is told, and does not keep the rest.
    @Test(.disabled(if: getuid() == 0, "root may remove everything")) func whatCannotBeRemoved() throws {
        let scratch = try scratch()
        try scratch.shell("chmod 555 .git/objects/??")
        try scratch.compare("prune-packed")
        try scratch.shell("chmod 755 .git/objects/??")
    }
}
