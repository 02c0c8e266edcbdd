import StrataModel
import TestSupport
import Testing

@testable import StrataCommand

/// `show-ref` and `for-each-ref` on the same references as git.
@Suite struct ListingTests {
    private func compare(_ arguments: [String], stdin: String = "") throws {
        let scratch = try #require(UsageTests.scratch)
        let ours = try scratch.strata(arguments, stdin: Bytes(stdin))
        let gits = try scratch.git(arguments, stdin: Bytes(stdin))
        #expect(ours.all == gits.all, "\(arguments)")
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.rows(
            """
            -none-
            --head
            -h --tags
            -d
            --tags
            --branches
            --heads --tags
            --tags --branches -d
            -s
            --hash
            --hash=5
            -s5 -d
            -s2
            --abbrev
            --abbrev=10 --head
            --no-abbrev
            --no-hash
            --hash=0
            --abbrev=99
            main
            heads/main
            ain
            a main
            refs/heads/main
            v1.0 -d
            none
            --head none
            -q
            -q none
            --verify HEAD
            --verify refs/heads/main refs/tags/v1.0
            --verify -d refs/tags/v1.0
            --verify main
            --verify -q main
            --verify -q refs/heads/main
            --verify refs/heads/dangling
            --verify refs/heads/link
            --verify refs/heads/a..b
            --verify -s HEAD
            --exists refs/heads/main
            --exists refs/heads/dangling
            --exists refs/heads/none
            --exists refs/heads
            --exists HEAD
            --exists refs/heads/a..b
            --exists ORIG_HEAD
            """))
    func showRef(_ options: [String]) throws { try compare(["show-ref"] + options) }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: [[], ["=refs/tags/"], ["=v"]] as [[String]])
    func excludeExisting(_ option: [String]) throws {
        let input = """
            refs/heads/main
            1234 refs/heads/new
            refs/tags/v1.0^{}
            refs/tags/v2.0^{}
            a\trefs/heads/dangling
            refs/heads/link
            HEAD
            bad..name
            x refs/heads/bad..name^{}

            refs/tags/unterminated
            """
        try compare(["show-ref", "--exclude-existing" + option.joined()], stdin: input)
        try compare(["show-ref", "--exclude-existing" + option.joined()], stdin: input + "\n")
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.lines(
            """
            %(refname)
            %(refname:)
            %(refname:short)
            %(refname:lstrip=1)
            %(refname:lstrip=-1)
            %(refname:strip=2)
            %(refname:rstrip=1)|%(refname:rstrip=-2)|%(refname:lstrip=9)|%(refname:rstrip=-9)|%(refname:lstrip=0)
            %(objectname)
            %(objectname:short)
            %(objectname:short=9)
            %(objectname:short=1)
            %(objectname:short=100)
            %(objecttype) %(objectsize)
            %(*objectname) %(*objecttype) %(*objectsize)|%(*objectname:short)
            %(symref)
            %(symref:short)
            %(symref:lstrip=-1)
            %(*refname)
            %(*symref)
            %(HEAD) %(refname)
            %(*HEAD)
            a%%b%0ac%2
            %41%4g%
            %%(refname)
            %(if)%(symref)%(then)S%(else)-%(end)
            %(if)%(symref)%(then)S%(end)
            %(if:equals=refs/heads/side)%(symref)%(then)yes%(else)no%(end)
            %(if:notequals=refs/heads/side)%(symref)%(then)yes%(else)no%(end)
            %(if) %(then)a%(else)b%(end)
            %(if)%(symref)%(then)%(if)%(HEAD)%(then)1%(else)2%(end)%(else)%(align:20,right)%(refname:short)%(end)%(end)|
            %(align:40)%(refname)%(end)|
            %(align:40,middle)%(refname)%(end)|
            %(align:width=30,position=right)%(refname)%(end)|
            %(align:5)%(refname)%(end)|
            %(align:10,left)%(align:5,right)a%(end)b%(end)|
            plain
            ''
            """))
    func format(_ format: String) throws {
        try compare(["for-each-ref", "--format=" + format])
        for style in ["--shell", "--perl", "--python", "--tcl"] {
            try compare(["for-each-ref", "--format=" + format, style, "refs/heads", "refs/tags/v1.0"])
        }
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.lines(
            """
            %()
            %(*)
            %(foo)
            %(*foo)
            %(refname:foo)
            %(*refname:foo)
            %(refname:lstrip=)
            %(refname:lstrip=x)
            %(refname:rstrip=1x)
            %(refname:lstrip=99999999999)
            %(objecttype:x)
            %(objectname:x)
            %(objectname:short=0)
            %(objectname:short=x)
            %(objectname:short=-1)
            %(*objectname:short=)
            %(objectsize:x)
            %(HEAD:x)
            %(align)
            %(align:)
            %(align:x)
            %(align:left)
            %(align:position=x,3)
            %(align:width=x)
            %(align:3,)
            %(if:x)
            %(rest:)
            %(then)
            %(else)
            %(end)
            %(if)
            %(if)a%(end)
            %(if)a%(then)
            %(if)%(then)%(then)%(end)
            %(if)%(else)%(end)
            %(if)%(then)%(else)%(else)%(end)
            %(if)%(then)%(else)%(then)%(end)
            %(align:3)%(then)%(end)
            %(align:3)%(else)%(end)
            %(align:3)
            %(end)%(end)
            %(refname
            """))
    func malformedFormat(_ format: String) throws {
        let scratch = try #require(UsageTests.scratch)
        let arguments = ["for-each-ref", "--format=" + format]
        let ours = try scratch.strata(arguments)
        if format.hasPrefix("%(rest") {
            #expect(ours.status == 129)
            return
        }
        #expect(ours.all == asStrata(try scratch.git(arguments).all), "\(format)")
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func whatFormatsCannotDoYetIsNamed() throws {
        let scratch = try #require(UsageTests.scratch)
        for field in [
            "authordate", "*contents:subject", "upstream:track", "raw", "objectsize:disk", "color:red",
            "ahead-behind:HEAD",
        ] {
            for arguments in [["--format=%(refname) %(\(field))"], ["--sort=\(field)"]] {
                let result = try scratch.strata(["for-each-ref"] + arguments)
                #expect(result.status == 129)
                #expect(result.errText == "error: not supported yet: %(\(field))\n")
                #expect(result.out.isEmpty)
            }
        }
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.rows(
            """
            -none-
            --count=3
            --count=0
            --count=100
            --count=2 --sort=-refname
            refs/heads
            refs/heads/
            refs/heads/mai
            refs/heads/ma*
            refs/heads/*
            refs/*/*/a
            refs/**/a
            refs/heads/topic/?
            *
            **
            refs/tags refs/heads/topic
            refs/heads/main refs/heads
            refs/t* refs/heads/main
            HEAD
            refs
            ref
            r*
            '' refs/tags/v1.0
            [r]efs/heads/main
            refs/heads/UPPER
            --ignore-case refs/heads/UPPER
            --ignore-case REFS/heads/u*
            --ignore-case --sort=refname
            --exclude=refs/heads
            --exclude=refs/heads/topic/
            --exclude=refs/heads/ma
            --exclude=refs/heads/m*
            --exclude=refs/tags --exclude=refs/remotes/origin refs
            --exclude=
            --exclude=refs/tags --no-exclude refs/tags
            --start-after=refs/heads/main
            --start-after=refs/heads/topic --count=1
            --start-after=
            --include-root-refs
            --include-root-refs refs/tags HEAD
            --include-root-refs --exclude=HEAD
            --include-root-refs --start-after=N
            --sort=objectname
            --sort=-objectname
            --sort=objecttype
            --sort=-objecttype --sort=-refname
            --sort=objectsize
            --sort=*objectsize
            --sort=symref
            --sort=-symref --sort=objecttype
            --sort=v:refname
            --sort=version:refname
            --sort=-v:refname
            --sort=refname:short
            --sort=-refname:lstrip=-1
            --sort=HEAD
            --sort=if
            --sort=align:3
            --no-sort
            --no-sort --sort=-refname
            --sort=
            --sort=-
            --sort=foo
            --sort=v:
            --sort=*
            --sort=refname:x
            --omit-empty --format=%(symref)
            --format=%(symref)
            --omit-empty --format=%(symref) --count=14
            --omit-empty --format=%(symref) --sort=-refname --count=14
            --points-at=HEAD
            --points-at=v1.0
            --points-at=HEAD --points-at=HEAD~1 refs/tags
            --no-points-at
            """))
    func forEachRef(_ options: [String]) throws { try compare(["for-each-ref"] + options) }

    /// Git's loose references lose their way when the marker lies behind `refs/`, and start again inside.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func nothingStandsBehindTheLastMarker() throws
    {
        let scratch = try #require(UsageTests.scratch)
        let result = try scratch.strata(["for-each-ref", "--start-after=zzz"])
        #expect(result.status == 0 && result.out.isEmpty && result.err.isEmpty)
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func patternsFromStandardInput() throws {
        for input in ["", "refs/heads/main\n", "refs/tags\r\nrefs/heads/topic", "\n", "refs/none\n"] {
            try compare(["for-each-ref", "--stdin"], stdin: input)
        }
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.rows(
            """
            -q HEAD
            HEAD
            --short HEAD
            refs/heads/link
            --short refs/remotes/origin/HEAD
            refs/heads/main
            -q refs/heads/main
            --no-recurse refs/heads/link
            refs/heads/dangling
            --no-recurse refs/heads/dangling
            refs/heads/none
            -q refs/heads/none
            -d refs/heads/none
            a␣b
            --no-recurse a␣b
            """))
    func symbolicRef(_ options: [String]) throws { try compare(["symbolic-ref"] + options) }

    @Test func versionsOrderAsInGit() throws {
        let scratch = try Scratch()
        let names = [
            "1", "01", "001", "10", "1.0", "1.00", "1.01", "1.010", "1.1", "1.10", "1.9", "1a", "1a0", "1a10", "1a9",
            "a", "a0", "a00", "a01",
            "a1", "a09", "a0b", "0a", "00a", "v1-rc1", "v1", "v1-rc10", "v1-rc2", "v1-beta", "v1.1-rc1", "v1.1", "1.0b",
            "1.-", "9", "09", "090",
        ]
        let head = scratch.commit.hex
        let input = names.map { "create refs/versions/\($0) \(head)\n" }.joined()
        #expect(try scratch.git(["update-ref", "--stdin"], stdin: Bytes(input)).status == 0)
        for suffixes in [[], ["-rc"], ["-beta", "-rc"], ["-rc", "-beta", "-rc1"], [".", "b"]] {
            var repository = try scratch.repository()
            repository.versionSuffixes = { suffixes.map { Bytes($0) } }
            let arguments = ["for-each-ref", "--sort=v:refname", "--format=%(refname)", "refs/versions"]
            let settings = suffixes.flatMap { ["-c", "versionsort.suffix=\($0)"] }
            #expect(try scratch.strata(arguments, on: repository).outText == scratch.git(settings + arguments).outText)
        }
    }
}
