import TestSupport
import Testing

@testable import StrataCommand

/// The option grammar, beside git's: the same arguments give the same words and the same status.
@Suite struct UsageTests {
    static let scratch = try? Scratch()

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: [
            "check-ref-format", "for-each-ref", "pack-refs", "show-ref", "symbolic-ref", "update-ref",
        ])
    func usageIsGits(_ verb: String) throws {
        let scratch = try #require(Self.scratch)
        for option in ["-h", "--help-all"] {
            let ours = try scratch.strata([verb, option])
            let gits = try scratch.git([verb, option])
            #expect(ours.outText == asStrata(gits.outText))
            #expect(ours.errText == asStrata(gits.errText))
            #expect(ours.status == gits.status)
        }
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.rows(
            """
            update-ref
            update-ref a
            update-ref a b c d
            update-ref -z
            update-ref --bogus
            update-ref --bogus=1
            update-ref -x
            update-ref -dx
            update-ref -dh
            update-ref -hx
            update-ref -m
            update-ref -dm
            update-ref -m ''
            update-ref -m=
            update-ref -stdin
            update-ref -deref
            update-ref -no-deref
            update-ref -zstdin
            update-ref --stdin=1
            update-ref --no-stdin=1
            update-ref --std
            update-ref --n
            update-ref --no
            update-ref --no-
            update-ref --no-d
            update-ref --d
            update-ref --deref=x
            update-ref --no-deref=x
            update-ref --no-no-deref
            update-ref --no-no-stdin
            update-ref --=x
            update-ref --no-c -d
            update-ref -d --stdin
            update-ref --stdin x
            update-ref --batch-updates x y
            update-ref -0
            update-ref --b --no-b -z
            update-ref -- -d
            update-ref --end-of-options -d
            update-ref --help-all
            update-ref x --help-all
            update-ref -é
            update-ref -dé
            update-ref -
            update-ref x -h
            update-ref nope nope
            update-ref a..b HEAD
            update-ref refs/heads/x HEAD nope
            update-ref -d a..b
            update-ref -d x nope
            show-ref -s
            show-ref --hash=x
            show-ref --hash=
            show-ref -sx
            show-ref --abbrev=
            show-ref --abbrev=4x
            show-ref --abbrev --tags
            show-ref --ver --exi
            show-ref --verify --exists --exclude-existing
            show-ref --exclude-existing --verify
            show-ref --verify
            show-ref --exists
            show-ref --exists a b
            show-ref --h
            show-ref --he
            show-ref --no-exclude-existing
            show-ref --e
            show-ref --ex
            show-ref -hd
            show-ref -dh
            show-ref -qh
            show-ref -9
            for-each-ref --count
            for-each-ref --count=
            for-each-ref --count=x
            for-each-ref --count=1x
            for-each-ref --count=1k refs/none
            for-each-ref --count=99999999999
            for-each-ref --count=4g
            for-each-ref --count=0x10 refs/none
            for-each-ref --count=99999999999999999999
            for-each-ref --count=-1
            for-each-ref --count=-99999999999
            for-each-ref --count=-
            for-each-ref --count -1
            for-each-ref --no-count=3
            for-each-ref -s -p
            for-each-ref -sp
            for-each-ref --shell --no-shell --perl refs/none
            for-each-ref --python --tcl
            for-each-ref --format
            for-each-ref --format=%(refname
            for-each-ref --format=a%(b
            for-each-ref --color=x
            for-each-ref --color=never refs/none
            for-each-ref --no-color refs/none
            for-each-ref --color=yes refs/none
            for-each-ref --co
            for-each-ref --s
            for-each-ref --no-sor refs/none
            for-each-ref --start-after=x --sort=refname
            for-each-ref --start-after=x refs/heads
            for-each-ref --stdin x
            for-each-ref --points-at=nope
            for-each-ref --points-at
            symbolic-ref
            symbolic-ref a b c
            symbolic-ref -d
            symbolic-ref -d a b
            symbolic-ref -m '' a b
            symbolic-ref --no-recurse --recurse --shor
            symbolic-ref --re
            symbolic-ref --r --q
            symbolic-ref -dqx
            symbolic-ref HEAD refs
            symbolic-ref HEAD refs/heads/a..b
            symbolic-ref a..b
            symbolic-ref nope
            symbolic-ref -q nope
            symbolic-ref -d HEAD
            symbolic-ref -d refs/heads/main
            pack-refs x
            pack-refs --include
            pack-refs --a
            pack-refs --no-a
            pack-refs --al=1
            pack-refs --exclude=a --in x y
            check-ref-format
            check-ref-format a b
            check-ref-format --bogus a
            check-ref-format --norm
            """))
    func misuseIsGits(_ arguments: [String]) throws {
        let scratch = try #require(Self.scratch)
        let ours = try scratch.strata(arguments)
        let gits = try scratch.git(arguments)
        #expect(ours.errText == asStrata(gits.errText), "\(arguments)")
        #expect(ours.outText == asStrata(gits.outText), "\(arguments)")
        #expect(ours.status == gits.status, "\(arguments)")
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func optionsThatWalkHistoryAreRefusedByName()
        throws
    {
        let scratch = try #require(Self.scratch)
        for option in ["--merged", "--no-merged", "--contains", "--no-contains"] {
            let result = try scratch.strata(["for-each-ref", option, "HEAD"])
            #expect(result.status == 129)
            #expect(result.errText == "error: not supported yet: \(option)\n")
        }
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: [
            "refs/heads/x", "x", "a..b", "", "/", "//", "a//b", "/a/b", "a/b/", "HEAD", "a/*", "*/a/*", "a.lock",
            "a/.b",
            "@", "a/@{",
            "a/b.", "a\u{7f}/b", "\u{e9}/\u{e9}",
        ])
    func checkRefFormatIsGits(_ name: String) throws {
        let scratch = try #require(Self.scratch)
        for options in [
            [], ["--normalize"], ["--print"], ["--allow-onelevel"], ["--refspec-pattern"], ["--branch"],
            ["--allow-onelevel", "--no-allow-onelevel"], ["--normalize", "--refspec-pattern", "--allow-onelevel"],
        ] {
            let ours = try scratch.strata(["check-ref-format"] + options + [name])
            let gits = try scratch.git(["check-ref-format"] + options + [name])
            #expect(ours.all == asStrata(gits.all), "\(options) \(name)")
        }
    }
}
