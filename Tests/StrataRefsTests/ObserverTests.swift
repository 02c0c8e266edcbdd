import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import TestSupport
import Testing

/// What observers are told, against git's reference-transaction hook.
@Suite struct ObserverTests {
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func eventsAreThoseOfGitsHook() throws {
        let git = try GitOracle()
        let (a, b) = (git.commits[0], git.commits[1])
        let references: [RefName: RefValue] = [
            .head: .symbolic(Array("refs/heads/main".utf8)), "refs/heads/main": .object(a, peeled: nil),
            "refs/heads/s": .symbolic(Array("refs/heads/t".utf8)), "refs/heads/t": .object(a, peeled: nil),
        ]
        var direct = RefEdit.update(.head, to: b)
        direct.followsSymbolic = false
        var checked = RefEdit(.head, .verify, expecting: .symbolic("refs/heads/main"))
        checked.followsSymbolic = false
        let transactions: [[RefEdit]] = [
            [],
            [.update(.head, to: b, expecting: .object(a))],
            [direct],
            [.update("refs/heads/main", to: b), .create("refs/heads/new", at: b)],
            [.update("refs/heads/s", to: b), .update("refs/heads/a", to: a)],
            [.symbolic("refs/heads/s", to: "refs/heads/main", expecting: .symbolic("refs/heads/t"))],
            [.symbolic("refs/heads/u", to: "refs/heads/main", expecting: .mustNotExist)],
            [checked],
            [RefEdit("refs/heads/t", .verify, expecting: .object(a))],
            [.create("refs/heads/t", at: b)],
            [.update("refs/heads/t", to: b), .update("refs/heads/t", to: b)],
        ]
        for edits in transactions {
            let scenario = RefScenario(references, edits)
            let theirs = try #require(try git.run(scenario, hook: true))
            for store in [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions {
                #expect(try store.run(scenario, objects: git.objects).events == theirs.events, "\(scenario)")
            }
        }
    }

    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))

    @Test func reflogsAloneAndRejectionsAreNotTold() throws {
        let zero = ObjectID.zero(.sha1)
        let scenario = RefScenario(
            ["refs/heads/x": .object(Self.a, peeled: nil)],
            [
                RefEdit("refs/heads/x", .log(old: zero, new: Self.a), logging: .force),
                .create("refs/heads/x", at: Self.a), .delete("refs/heads/y"),
            ], mode: .batched)
        let outcome = try StoreUnderTest.memory.run(scenario)
        #expect(
            outcome.events == [
                "preparing", "\(zero) \(Self.a) refs/heads/x", "\(zero) \(zero) refs/heads/y",
                "prepared", "\(zero) \(zero) refs/heads/y", "committed", "\(zero) \(zero) refs/heads/y",
            ])
        #expect(outcome.logs["refs/heads/x"]?.count == 1)
    }

    @Test(arguments: [RefTransactionPhase.preparing, .prepared, .committed, .aborted])
    func anObserverMayRefuseBeforeTheCommit(_ phase: RefTransactionPhase) throws {
        let store = MemoryRefStore()
        let (before, refusing) = (RecordingObserver(.sha1), RecordingObserver(.sha1, refusing: phase))
        let after = RecordingObserver(.sha1)
        let context = RefTransactionContext(observers: [before, refusing, after])
        let transaction = RefTransaction([.create("refs/heads/x", at: Self.a)])
        let run = RefTransactionRun(transaction, on: store, context)
        if phase == .preparing || phase == .prepared {
            #expect(throws: RefError.self) { try run.prepare() }
            #expect(run.state == .closed)
            #expect(before.events.last?.hasSuffix("refs/heads/x") ?? false)
            for observer in [before, refusing, after] {
                #expect(observer.events.dropLast().last == "aborted")
            }
            #expect(try store.snapshot().read("refs/heads/x") == nil)
        } else {
            try run.prepare()
            try run.commit()
            #expect(try store.snapshot().read("refs/heads/x")?.objectID == Self.a)
        }
        // Whatever happened, nothing stays held.
        try store.hold(["refs/heads/x"], until: .after(milliseconds: 0)).abort()
    }

    @Test func deletionsAreToldFromChecks() throws {
        final class Deletions: RefTransactionObserver {
            func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
                #expect(updates.map(\.isDeletion) == [true, false, true])
                #expect(updates.allSatisfy { $0.new == nil || $0.new == .object(.zero(.sha1)) })
            }
        }
        let store = MemoryRefStore()
        try store.commit(
            RefTransaction([
                .delete("refs/heads/x"), RefEdit("refs/heads/y", .verify, expecting: .mustNotExist),
                .update("refs/heads/z", to: .zero(.sha1)),
            ]), RefTransactionContext(observers: [Deletions()]))
    }
}
