import SystemPackage
import TestSupport
import Testing

/// Random operations, run by git and by another program on two copies of one repository, leave the same behind.
///
/// A failure prints the seed and the shortest list of operations found. `STRATA_SEED` runs one seed, and
/// `STRATA_INTEROP_ROUNDS` runs each shape that many times.
@Suite struct DifferentialTests {
    private static let seeds: [UInt64] = {
        if let seed = processEnvironment()["STRATA_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return (1...UInt64(max(1, environmentNumber("STRATA_INTEROP_ROUNDS", default: 4)))).map { $0 }
    }()

    private func compare(
        _ peers: [Peer], _ shape: RepositoryShape, seeds: [UInt64], count: Int, _ comparison: Comparison = .files
    ) throws {
        let scratch = try scratchDirectory()
        let template = try TemplateRepository(shape, in: scratch.path.appending("T"))
        var run = DifferentialRun(template: template, peers: peers, comparison: comparison)
        if case .database = comparison {
            run.second = try TemplateRepository(databaseOf: template, in: scratch.path.appending("D"))
        }
        for seed in seeds {
            for failure in try run.random(seed, count: count) {
                Issue.record("\(shape), STRATA_SEED=\(seed): \(failure)")
            }
        }
        print("\(seeds.count * count) operations by \(peers[0].name) and \(peers[1].name): \(shape)")
    }

    @Test(
        "git and git differ in nothing", .enabled(if: GitVersion.isCurrent, "\(GitVersion.complaint)"),
        arguments: RepositoryShape.all)
    func harness(_ shape: RepositoryShape) throws {
        try compare([.git, .gitAgain], shape, seeds: [Self.seeds[0]], count: 60)
    }

    @Test("a program that differs is found, and the list made short", .enabled(if: GitVersion.isCurrent))
    func findsADifference() throws {
        let scratch = try scratchDirectory()
        let template = try TemplateRepository(RepositoryShape(), in: scratch.path.appending("T"))
        let other = Peer(name: "git", executable: gitPath, options: ["-c", "core.logAllRefUpdates=always"])
        let run = DifferentialRun(template: template, peers: [.git, other])
        let failure = try #require(try run.random(1, count: 200, limit: 1).first)
        #expect(failure.operations.count <= 2, "\(failure)")
        #expect(failure.difference.what.hasPrefix("files: logs/"))
    }

    @Test("a difference between files and a database is found", .enabled(if: GitVersion.isCurrent))
    func findsADifferenceOfADatabase() throws {
        let scratch = try scratchDirectory()
        let template = try TemplateRepository(RepositoryShape(), in: scratch.path.appending("T"))
        let second = try TemplateRepository(databaseOf: template, in: scratch.path.appending("D"))
        let other = Peer(name: "strata", executable: strataPath, options: ["-c", "core.logAllRefUpdates=always"])
        let run = DifferentialRun(
            template: template, second: second, peers: [.git, other], comparison: .database, shrinking: .seconds(3))
        let failure = try #require(try run.random(1, count: 100, limit: 1).first)
        #expect(failure.difference.what.hasPrefix("reflog: logs/"), "\(failure)")
    }

    @Test(
        "git and strata", .enabled(if: GitVersion.isCurrent, "\(GitVersion.complaint)"), arguments: RepositoryShape.all)
    func strata(_ shape: RepositoryShape) throws {
        try compare([.git, .strata], shape, seeds: Self.seeds, count: 120)
    }

    @Test(
        "git and strata with packed transactions", .enabled(if: GitVersion.isCurrent, "\(GitVersion.complaint)"),
        arguments: RepositoryShape.all)
    func strataPacking(_ shape: RepositoryShape) throws {
        try compare([.git, .strataPacking], shape, seeds: [Self.seeds[0]], count: 100, .listings)
    }

    /// One round unless more are asked for: what is new here is where the references are.
    @Test(
        "git on files and strata on a database", .enabled(if: GitVersion.isCurrent, "\(GitVersion.complaint)"),
        arguments: RepositoryShape.all)
    func strataDatabase(_ shape: RepositoryShape) throws {
        let asksForMore = processEnvironment()["STRATA_INTEROP_ROUNDS"] != nil
        let seeds = asksForMore ? Self.seeds : [Self.seeds[0]]
        try compare([.git, .strata], shape, seeds: seeds, count: asksForMore ? 120 : 60, .database)
    }
}
