import RefStoreChecks
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// Random transactions over a few names that get in each other's way: HEAD and its branch, directories and files.
@Suite struct TransactionRandomTests {
    static let names: [RefName] = [
        "HEAD", "refs/heads/main", "refs/heads/a", "refs/heads/a/b", "refs/heads/c", "refs/heads/c/d/e", "refs/tags/t",
        "ORIG_HEAD",
    ]

    static func scenario(_ random: inout SplitMix64, _ git: GitOracle) -> RefScenario {
        let ids = git.commits
        var references: [RefName: RefValue] = [.head: .symbolic(Array("refs/heads/main".utf8))]
        if Int.random(in: 0..<4, using: &random) == 0 { references[.head] = .object(ids[0], peeled: nil) }
        for name in names.dropFirst() where Bool.random(using: &random) {
            let inTheWay = references.keys.contains {
                name.bytes.starts(with: $0.bytes + [0x2f]) || $0.bytes.starts(with: name.bytes + [0x2f])
            }
            if !inTheWay { references[name] = .object(ids.randomElement(using: &random) ?? ids[0], peeled: nil) }
        }
        var edits: [RefEdit] = []
        for name in names.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)) {
            let id = ids.randomElement(using: &random) ?? ids[0]
            let changes: [RefEdit.Change] = [
                .write(.object(id)), .write(.object(id)), .write(.object(git.missing)), .write(.object(git.tag)),
                .delete, .verify, .write(.symbolic(names.randomElement(using: &random) ?? .head)),
            ]
            let expected: [ExpectedRefValue] = [.any, .any, .mustNotExist, .object(ids[0]), .object(ids[1])]
            edits.append(
                RefEdit(
                    name, changes.randomElement(using: &random) ?? .verify,
                    expecting: expected.randomElement(using: &random) ?? .any,
                    followsSymbolic: Bool.random(using: &random), message: Array("m".utf8)))
        }
        var scenario = RefScenario(references, edits.filter { git.canSay($0) })
        scenario.mode = Bool.random(using: &random) ? .atomic : .batched
        scenario.policy = [.never, .standard, .always].randomElement(using: &random) ?? .never
        scenario.logs = Set(names.filter { references[$0] != nil }.filter { _ in Bool.random(using: &random) })
        // Packed, for only then does git word a conflict as every store does.
        scenario.isPacked = true
        if Int.random(in: 0..<4, using: &random) == 0 {
            // `--create-reflog` has no say in deletions.
            for index in scenario.edits.indices {
                if case .write = scenario.edits[index].change { scenario.edits[index].logging = .force }
            }
        }
        return scenario
    }

    /// Whether git goes its own way, in one of the ways that DESIGN.md names.
    static func isKnownDifference(_ scenario: RefScenario, _ ours: RefOutcome) -> Bool {
        let names = Set(scenario.edits.map(\.name))
        let follows = scenario.edits.filter { edit in
            if case .symbolic = scenario.references[edit.name] { return edit.followsSymbolic }
            return false
        }
        // It searches the names of a split transaction as if they were sorted, and goes on with half of a rejected edit.
        if !follows.isEmpty && (scenario.mode == .batched || scenario.edits.count > 1) { return true }
        // It rejects the second of two names that exclude each other where the first has made a directory.
        if ours.messages.contains(where: { $0.hasSuffix("at the same time") }) { return true }
        // It writes HEAD's reflog for an update of its branch that was rejected.
        if scenario.mode == .batched, ours.messages.contains(where: { $0.contains("'refs/heads/main'") }) {
            return true
        }
        return scenario.edits.contains { edit in
            // It logs what the target of a symbolic reference held while the transaction was under way.
            guard case .write(.symbolic(let target)) = edit.change else { return false }
            return names.contains(target) || edit.name == target || edit.name == "refs/heads/main"
        }
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func verdictsAndEffectsAreGits() throws {
        var random = SplitMix64(seed: 1)
        let git = try GitOracle()
        var (accepted, rejected) = (0, 0)
        for _ in 0..<240 {
            let scenario = Self.scenario(&random, git)
            if scenario.edits.isEmpty { continue }
            var ours = try StoreUnderTest.memory.run(scenario, objects: git.objects)
            if Self.isKnownDifference(scenario, ours) { continue }
            var theirs = try #require(try git.run(scenario))
            (ours.events, theirs.events) = ([], [])
            if scenario.edits.contains(where: { $0.change == .verify }) {
                // It writes a line to zeros for a check.
                (ours.logs, theirs.logs) = ([:], [:])
            }
            #expect(ours == theirs, "\(scenario)")
            if ours.messages.isEmpty { accepted += 1 } else { rejected += 1 }
            let memory = try StoreUnderTest.memory.run(scenario, objects: git.objects)
            #expect(try StoreUnderTest.worktree.run(scenario, objects: git.objects) == memory, "\(scenario)")
        }
        #expect(accepted > 20 && rejected > 20)
    }
}
