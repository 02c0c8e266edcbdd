import SystemPackage
import TestSupport
import Testing

/// Writers of git and of Strata on one repository: no update lost, no deleted reference back, no error but a time-out.
/// `STRATA_SOAK_SECONDS` is the length of each run.
@Suite(.serialized, .enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct SoakTests {
    private static let seconds = environmentNumber("STRATA_SOAK_SECONDS", default: 6)

    private func check(_ run: inout SoakRun, _ title: String, _ peers: [Peer], unbroken: Bool) throws {
        print("soak of \(title): \(run.summary)")
        #expect(run.complaints.prefix(5).joined(separator: "\n") == "")
        for peer in peers {
            try run.conclude(peer)
            #expect(run.history.violations().prefix(5).joined(separator: "\n") == "")
        }
        #expect(run.reflogViolations(unbroken: unbroken).joined(separator: "\n") == "")
        try git(["fsck", "--connectivity-only", "--no-dangling"], in: run.repository.path)
    }

    private func locks(_ repository: SoakRepository) -> [String] {
        TreeSnapshot(repository.path.string, skipping: ["objects", "strata"]).paths.filter { $0.hasSuffix(".lock") }
    }

    @Test("git and git")
    func harness() throws {
        var run = try SoakRun(.git, .gitAgain, seconds: max(2, Self.seconds / 3))
        try check(&run, "git and git", [.git], unbroken: true)
        #expect(locks(run.repository).isEmpty)
    }

    @Test("git and strata")
    func strata() throws {
        var run = try SoakRun(.git, .strata, seconds: Self.seconds)
        try check(&run, "git and strata", [.git, .strata], unbroken: true)
        #expect(locks(run.repository).isEmpty)
    }

    @Test("strata and strata, on a disk")
    func strataAlone() throws {
        var run = try SoakRun(.strata, .strata, seconds: max(2, Self.seconds / 3), onDisk: true)
        try check(&run, "strata alone, on a disk", [.git, .strata], unbroken: true)
        #expect(locks(run.repository).isEmpty)
    }

    @Test("git and strata, which is killed at random")
    func killed() throws {
        var run = try SoakRun(.git, .strata, seconds: Self.seconds, killsOneOf: 6)
        try check(&run, "git and strata with kills", [.git, .strata], unbroken: false)
        // The locks of the dead are in nobody's way: a last round of Strata takes them over.
        let believed = run.history.final
        for reference in run.repository.references.indices where believed[reference] != 0 {
            let id = run.repository.id(believed[reference])
            _ = try output(
                Peer.strata.executable, ["update-ref", run.repository.references[reference], id, id],
                environment: gitEnvironment, directory: run.repository.path)
        }
        _ = try output(
            Peer.strata.executable, ["pack-refs", "--all"], environment: gitEnvironment,
            directory: run.repository.path)
        try run.conclude(.git)
        #expect(run.history.final == believed)
    }
}
