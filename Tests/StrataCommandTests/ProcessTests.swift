import SystemPackage
import TestSupport
import Testing

@testable import StrataCommand

/// The command as a process: how it finds its repository, and how it ends.
@Suite struct ProcessTests {
    /// Git's outcome and ours in the same directory.
    private func both(
        _ arguments: [String], in directory: FilePath, environment: [String: String] = [:], stdin: Bytes = []
    ) throws -> (ours: Outcome, gits: Outcome) {
        let outcomes = try [productPath("strata"), gitPath].map { program in
            let result = try run(
                program, arguments, stdin: stdin, environment: gitEnvironment.merging(environment) { $1 },
                directory: directory)
            return Outcome(status: result.status, out: result.out, err: result.err)
        }
        return (outcomes[0], outcomes[1])
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: ["show-ref", "for-each-ref", "pack-refs", "update-ref", "symbolic-ref"])
    func withoutRepositoryThereIsOnlyHelp(_ verb: String) throws {
        let empty = try TemporaryDirectory()
        for arguments in [[verb], [verb, "--bogus"], [verb, "-h"], [verb, "--help-all"]] {
            let (ours, gits) = try both(arguments, in: empty.path)
            #expect(ours.all == asStrata(gits.all))
        }
    }

    @Test func repositoriesAreFoundAsGitFindsThem() throws {
        let scratch = try #require(UsageTests.scratch)
        let (top, empty) = (scratch.directory.path, try TemporaryDirectory())
        let gitDirectory = top.appending(".git").string
        for (arguments, directory, environment) in [
            (["show-ref"], top, [:]), (["show-ref", "--head"], top.appending(".git/refs"), [:]),
            (["-C", top.string, "show-ref"], empty.path, [:]),
            (["-C", top.string, "-C", ".git", "show-ref"], empty.path, [:]),
            (["--git-dir", gitDirectory, "show-ref"], empty.path, [:]),
            (["--git-dir=" + gitDirectory, "--work-tree=" + top.string, "show-ref"], empty.path, [:]),
            (["show-ref"], empty.path, ["GIT_DIR": gitDirectory]),
            (["--bare", "show-ref"], top.appending(".git"), [:]),
            (["--git-dir=nowhere", "show-ref"], top, [:]), (["show-ref"], top, ["GIT_DIR": "nowhere"]),
            (["-c", "core.abbrev=12", "show-ref", "--abbrev"], top, [:]),
            (["-c", "core.abbrev=no", "show-ref", "--abbrev"], top, [:]),
            (["-c", "broken", "show-ref"], top, [:]), (["-c", "core.bare=maybe", "show-ref"], top, [:]),
            (["--config-env=core.abbrev=DIGITS", "show-ref", "--abbrev"], top, ["DIGITS": "9"]),
            (["-c", "versionsort.suffix=-rc", "for-each-ref", "--sort=v:refname", "refs/tags"], top, [:]),
        ] as [([String], FilePath, [String: String])] {
            let (ours, gits) = try both(arguments, in: directory, environment: environment)
            #expect(ours.all == gits.all, "\(arguments) \(environment)")
        }
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.rows(
            """
            show-ref
            show-ref --head -d
            show-ref --verify HEAD refs/heads/link ORIG_HEAD
            for-each-ref
            for-each-ref --include-root-refs --format=%(refname)␣%(objectname:short)␣%(symref)␣%(HEAD)␣%(refname:short)
            for-each-ref --sort=-objecttype --count=4
            symbolic-ref HEAD
            update-ref refs/heads/x HEAD~1^{commit} HEAD
            update-ref refs/heads/x nope
            update-ref refs/heads/x HEAD@{5}
            update-ref refs/heads/main/x HEAD
            update-ref refs/heads HEAD
            update-ref -d refs/heads/main HEAD~1
            update-ref -d refs/heads/none HEAD
            symbolic-ref refs/heads/main/x refs/heads/side
            """))
    func verbsSayWhatGitSays(_ arguments: [String]) throws {
        let scratch = try Scratch()
        let (ours, gits) = try both(arguments, in: scratch.directory.path)
        #expect(ours.all == gits.all)
    }

    /// A full device is an error; a reader that goes away is none that needs words.
    @Test func outputThatCannotBeWrittenIsNotLostQuietly() throws {
        let scratch = try #require(UsageTests.scratch)
        for script in [
            "exec \"$0\" for-each-ref >/dev/full",
            "trap '' PIPE; (sleep 0.1; exec \"$0\" for-each-ref) | exec sleep 0.3 <&-; :",
            "set -o pipefail; (sleep 0.1; exec \"$0\" for-each-ref) | (exec <&-; sleep 0.3)",
            "trap '' PIPE; set -o pipefail; (sleep 0.1; exec \"$0\" for-each-ref) | (exec <&-; sleep 0.3)",
        ] {
            let outcomes = try [productPath("strata"), gitPath].map { program in
                let result = try run(
                    "bash", ["-c", script, program], environment: gitEnvironment, directory: scratch.directory.path)
                return Outcome(status: result.status, out: result.out, err: result.err)
            }
            #expect(outcomes[0].all == outcomes[1].all, "\(script)")
        }
    }
}
