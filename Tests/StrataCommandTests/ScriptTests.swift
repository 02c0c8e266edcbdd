import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// Short scripts in one repository, with git and with `strata` as `$X`: both say the same and leave the same references behind.
@Suite struct ScriptTests {
    private static let preparation = """
        set -e
        "$GIT" init -q -b main r && cd r
        "$GIT" commit -q --allow-empty -m one && "$GIT" commit -q --allow-empty -m two
        "$GIT" branch b1 HEAD~1 && "$GIT" branch feat/x && "$GIT" tag light && "$GIT" tag -a -m tag v1
        "$GIT" pack-refs --all
        "$GIT" branch loose && "$GIT" branch dir/loose
        """

    private static let ending = #"status=$?; "$GIT" show-ref; cd ..; rm -rf w; exit $status"#

    private func check(_ scripts: String) throws {
        let directory = try TemporaryDirectory()
        let prepared = try run(
            "bash", ["-c", Self.preparation], environment: environment(gitPath), directory: directory.path)
        try #require(prepared.status == 0, "\(prepared.errText)")
        for script in Table.lines(scripts) {
            let outcomes = try [productPath("strata"), gitPath].map { program in
                let result = try run(
                    "bash", ["-c", "cp -a r w; cd w; \(script)\n\(Self.ending)"], environment: environment(program),
                    directory: directory.path)
                return Outcome(status: result.status, out: result.out, err: result.err)
            }
            #expect(outcomes[0].all == outcomes[1].all, "\(script)")
        }
    }

    private func environment(_ program: String) -> [String: String?] {
        var environment = gitEnvironment
        environment["X"] = program
        environment["GIT"] = gitPath
        return environment
    }

    /// Programs read `start: ok` from standard output; a hook's words are for people.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func whatHooksPrintGoesToStandardError() throws
    {
        try check(
            #"""
            printf '#!/bin/sh\necho out $1; echo err $1 >&2\n' >.git/hooks/reference-transaction; chmod +x .git/hooks/*; printf 'start\nprepare\ncommit\n' | $X update-ref --stdin
            printf '#!/bin/sh\necho out\nexit 1\n' >.git/hooks/reference-transaction; chmod +x .git/hooks/*; $X update-ref refs/heads/n HEAD
            """#)
    }

    @Test func malformedPackedReferencesAreFatal() throws {
        let verbs = [
            "update-ref -d refs/tags/light", "update-ref -d refs/heads/loose",
            "update-ref refs/heads/n refs/heads/loose",
            "symbolic-ref refs/heads/s refs/heads/loose", "pack-refs", "update-ref --stdin <<<'delete refs/heads/b1'",
        ]
        try check(
            verbs.map { verb in
                #"printf 'bad\n' >.git/packed-refs; $X \#(verb)"# + "\n" + #"printf bad >.git/packed-refs; $X \#(verb)"#
            }.joined(separator: "\n"))
    }

    /// What git looks at whenever it starts; in files and before the verb, each occurrence.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func badValuesThatEveryVerbRefuses() throws {
        let variables = [
            "core.logallrefupdates", "core.logallrefupdates=x", "core.abbrev", "core.abbrev=2", "core.abbrev=-1",
            "core.abbrev=x", "core.abbrev=41", "core.abbrev=FALSE", "user.name", "user.email", "committer.name",
            "author.email", "core.checkstat=x", "core.quotepath=x", "core.autocrlf=INPUT", "core.autocrlf=x",
            "core.compression", "core.editor", "core.disambiguate=x", "core.disambiguate=Blob", "push.default=Simple",
            "push.default=simple", "branch.autosetuprebase=x", "branch.autosetupmerge=Always", "i18n.commitencoding",
            "core.fsync", "core.abbrev=2 -c core.abbrev=9", "user.useconfigonly=x",
        ]
        try check(
            variables.map { "$X -c \($0) symbolic-ref HEAD\n$X -c \($0) update-ref refs/heads/n HEAD" }
                .joined(separator: "\n"))
        try check(
            #"""
            printf '[core]\n\tlogallrefupdates\n' >>.git/config; $X show-ref
            printf '[core]\n\tabbrev = 3\n\tabbrev = 7\n' >>.git/config; $X for-each-ref
            printf '[user]\n\tname\n' >>.git/config; $X pack-refs
            """#)
    }

    /// What git looks at only when it needs it.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func badValuesThatNobodyNeedsAreNotLookedAt()
        throws
    {
        let variables = [
            "core.filesRefLockTimeout=x", "core.packedRefsTimeout=x", "core.sharedRepository=x",
            "core.sharedRepository=0100", "core.warnAmbiguousRefs=x", "transfer.hideRefs", "core.hooksPath",
            "core.hooksPath=~nobody/there", "versionsort.suffix",
        ]
        let verbs = [
            "symbolic-ref HEAD", "show-ref", "for-each-ref", "for-each-ref '--format=%(refname:short)'",
            "for-each-ref --sort=v:refname", "update-ref refs/heads/n HEAD", "update-ref -d refs/heads/loose",
            "update-ref -d refs/heads/b1", "symbolic-ref refs/heads/s refs/heads/b1", "symbolic-ref --short HEAD",
            "update-ref --stdin <<<'create refs/heads/n HEAD'", "update-ref refs/heads/n $($GIT rev-parse HEAD)",
        ]
        try check(
            variables.flatMap { variable in verbs.map { "$X -c \(variable) \($0)" } }.joined(separator: "\n"))
        // Nothing of ours but the hook: git runs it for pack-refs too.
        try check(
            variables.filter { !$0.hasPrefix("core.hooksPath") }
                .flatMap {
                    ["$X -c \($0) pack-refs", "$X -c \($0) pack-refs --all", "$X -c \($0) pack-refs --all --no-prune"]
                }
                .joined(separator: "\n"))
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func packRefsNamesAllThatIsBroken() throws {
        let broken = "echo 1234567890123456789012345678901234567890 >.git/refs/heads/m"
        try check(
            """
            \(broken); $X pack-refs
            \(broken); $X pack-refs --all
            \(broken); $X pack-refs --all --exclude 'refs/heads/*'
            \(broken); $X pack-refs --include refs/heads/m
            \(broken); $X pack-refs --auto
            \(broken); mkdir .git/refs/bisect; cp .git/refs/heads/m .git/refs/bisect/bad; $X pack-refs --all
            touch .git/refs/heads/loose.lock; $X -c core.filesRefLockTimeout=0 pack-refs --all; rm .git/refs/heads/loose.lock
            """)
    }

    /// Whether git says "cannot lock ref" before it depends on whether a lock's directory is in its way.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func conflictsAreNamedAsInGit() throws {
        let edits = [
            #"delete refs/heads/feat/x\ncreate refs/heads/feat HEAD"#, #"create refs/heads/feat HEAD"#,
            #"create refs/heads/feat HEAD\ndelete refs/heads/feat/x"#,
            #"delete refs/heads/dir/loose\ncreate refs/heads/dir HEAD"#, #"create refs/heads/dir HEAD"#,
            #"delete refs/heads/b1\ncreate refs/heads/b1/x HEAD"#, #"create refs/heads/b1/x HEAD"#,
            #"delete refs/heads/loose\ncreate refs/heads/loose/x HEAD"#,
            #"create refs/heads/q HEAD\ncreate refs/heads/q/a HEAD"#,
        ]
        try check(
            edits.map {
                "printf '\($0)\\n' | $X update-ref --stdin\nprintf '\($0)\\n' | $X update-ref --stdin --batch-updates"
            }
            .joined(separator: "\n"))
    }

    @Test func dates() throws {
        try check(
            """
            export GIT_COMMITTER_DATE=bogus; $X update-ref refs/heads/n HEAD
            export GIT_COMMITTER_DATE=bogus; $X symbolic-ref HEAD refs/heads/b1
            export GIT_COMMITTER_DATE=bogus; $X update-ref --stdin <<<'create refs/heads/n HEAD'
            """)
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func placesAndFiles() throws {
        let own = "$GIT config extensions.worktreeConfig true"
        try check(
            #"""
            $X --bare show-ref
            cd ..; $X --bare -C w show-ref; cd w
            cd .git; $X --bare update-ref refs/heads/n HEAD; cd ..
            cd .git; $X --bare update-ref refs/heads/feat HEAD; cd ..
            touch .git/refs/heads/n.lock; cd .git; $X --bare -c core.filesRefLockTimeout=0 update-ref refs/heads/n HEAD; cd ..
            cd .git; printf bad >packed-refs; $X --bare show-ref; rm packed-refs; cd ..
            \#(own); printf 'bogus = 1\nbar\n' >.git/config.worktree; $X symbolic-ref HEAD; rm .git/config.worktree
            \#(own); printf '[core]\n\tx\nbogus[' >.git/config.worktree; $X symbolic-ref HEAD; rm .git/config.worktree
            sed -i '1i bogus = 1' .git/config; $X symbolic-ref HEAD; sed -i 1d .git/config
            """#)
    }

    /// Names of worktrees are bytes.
    @Test func worktreesByTheirNames() throws {
        let enter = #""$GIT" worktree add -q -b wb $'../w\xe9' 2>/dev/null; cd $'../w\xe9'"#
        let leave = #"cd ../w; "$GIT" for-each-ref; rm -rf $'../w\xe9'"#
        try check(
            #"""
            \#(enter); $X update-ref $'worktrees/w\xe9/refs/bisect/bad' HEAD; $X for-each-ref; \#(leave)
            \#(enter); $X show-ref --verify $'worktrees/w\xe9/HEAD'; $X symbolic-ref HEAD; \#(leave)
            """#)
    }

    /// Git has moved the branch when it finds HEAD locked by itself; so this is of `strata` alone.
    @Test func aBatchSurvivesHeadUnderTwoNames() throws {
        let scratch = try Scratch()
        let script = #"""
            "$GIT" worktree add -q -b wb own HEAD && cd own
            printf 'update worktrees/own/HEAD HEAD~1\ncreate refs/heads/n HEAD\n' | $X update-ref --stdin --batch-updates
            "$GIT" rev-parse wb n
            """#
        let result = try run(
            "bash", ["-c", script], environment: environment(productPath("strata")),
            directory: scratch.directory.path)
        #expect(
            result.lines == [
                "rejected HEAD \(scratch.second) (null) reference already exists", "\(scratch.commit)",
                "\(scratch.commit)",
            ], "\(result.errText)")
        #expect(
            result.errText.hasSuffix(
                "error: cannot lock ref 'worktrees/own/HEAD': 'HEAD' and 'worktrees/own/HEAD' are one reference\n"))
    }
}
