import SystemPackage
import TestSupport
import Testing

/// `strata refs`: git's options, messages and exit statuses.
@Suite struct RefsMigrateTests {
    private let scratch: TemporaryDirectory

    init() throws {
        scratch = try TemporaryDirectory()
        try git(["init", "-q", "-b", "main", "."], in: scratch.path)
        try git(["commit", "-q", "--allow-empty", "-m", "one"], in: scratch.path)
    }

    private func run(_ program: String, _ line: String) throws -> CommandResult {
        try TestSupport.run(
            program, line.split(separator: " ").map(String.init), environment: gitEnvironment, directory: scratch.path)
    }

    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: [
            "migrate", "migrate --ref-format=foo", "migrate --ref-format=files", "migrate --ref-format=reftable x",
            "migrate --no-ref-format", "migrate -h",
        ])
    func saysWhatGitSays(_ line: String) throws {
        let (theirs, ours) = try (run(gitPath, "refs " + line), run(productPath("strata"), "refs " + line))
        #expect(ours.status == theirs.status)
        #expect(ours.outText == asStrata(theirs.outText))
        #expect(ours.errText == asStrata(theirs.errText))
    }

    @Test func triesAndMoves() throws {
        let before = try git(["for-each-ref"], in: scratch.path)
        let tried = try run(productPath("strata"), "refs migrate --ref-format=lmdb --dry-run")
        #expect(tried.status == 0 && tried.errText.isEmpty)
        #expect(
            tried.outText.hasPrefix(
                "Finished dry-run migration of refs, the result can be found at '.git/ref_migration."))
        #expect(try git(["for-each-ref"], in: scratch.path) == before)
        let moved = try run(productPath("strata"), "refs migrate --ref-format=lmdb")
        #expect(moved.status == 0 && moved.outText.isEmpty && moved.errText.isEmpty)
        #expect(try run(productPath("strata"), "for-each-ref").outText == before + "\n")
        #expect(try run(productPath("strata"), "refs migrate --ref-format=files").status == 0)
        #expect(try git(["for-each-ref"], in: scratch.path) == before)
    }

    @Test func refusesTheOthersByName() throws {
        let refused = try run(productPath("strata"), "refs verify")
        #expect(refused.status == 129 && refused.errText == "error: not supported yet: refs verify\n")
        let unknown = try run(productPath("strata"), "refs foo")
        #expect(unknown.status == 129 && unknown.errText.hasPrefix("error: unknown subcommand: `foo'\nusage: "))
    }
}
