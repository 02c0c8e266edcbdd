import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import Synchronization
import Testing

/// Prepare, commit, abort; what stays behind; several threads.
@Suite struct TransactionLifeTests {
    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
    static let b = ObjectID(algorithm: .sha1, words: (2, 0, 0, 0))

    static func id(_ number: Int) -> ObjectID { ObjectID(algorithm: .sha1, words: (UInt64(number) + 1, 0, 0, 0)) }

    /// Whether nobody holds `name`.
    static func isFree(_ name: RefName, in store: any RefStore) throws -> Bool {
        let held = try store.makeHold()
        defer { held.abort() }
        return try held.hold([name], until: .after(milliseconds: 0))[0] == nil
    }

    @Test(arguments: [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions)
    func nothingIsSeenBeforeTheCommit(_ kind: StoreUnderTest) throws {
        let store = try kind.make(RefScenario([:], []))
        let run = RefTransactionRun(
            RefTransaction([.create("refs/heads/x", at: Self.a)]), on: store, RefTransactionContext())
        #expect(throws: RefError.self) { try run.commit() }
        try run.prepare()
        #expect(run.state == .prepared)
        #expect(throws: RefError.self) { try run.prepare() }
        #expect(try store.snapshot().read("refs/heads/x") == nil)
        #expect(try !Self.isFree("refs/heads/x", in: store))
        let before = try store.snapshot()
        try run.commit()
        #expect(run.state == .closed)
        #expect(throws: RefError.self) { try run.commit() }
        run.abort()
        #expect(try store.snapshot().read("refs/heads/x")?.objectID == Self.a)
        #expect(try before.read("refs/heads/x") == nil)
        #expect(try Self.isFree("refs/heads/x", in: store))
    }

    @Test(arguments: [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions, [true, false])
    func abortingLeavesNothing(_ kind: StoreUnderTest, _ explicitly: Bool) throws {
        var scenario = RefScenario(["refs/heads/x": .object(Self.a, peeled: nil)], [])
        scenario.logs = ["refs/heads/x"]
        let store = try kind.make(scenario)
        let observer = RecordingObserver(.sha1)
        do {
            let run = RefTransactionRun(
                RefTransaction([
                    .update("refs/heads/x", to: Self.b), .create("refs/heads/y", at: Self.a),
                    .update(.head, to: Self.a),
                ]), on: store,
                RefTransactionContext(reflogs: .always, observers: [observer]) { () throws(RefError) in testCommitter })
            try run.prepare()
            if explicitly { run.abort() }
        }
        #expect(observer.events.filter { !$0.contains(" ") } == ["preparing", "prepared", "aborted"])
        #expect(try RefContents.references(of: store) == ["refs/heads/x": Self.a.hex])
        #expect(try RefContents.logs(of: store) == ["refs/heads/x": []])
        for name: RefName in ["refs/heads/x", "refs/heads/y", "HEAD"] { #expect(try Self.isFree(name, in: store)) }
    }

    @Test(arguments: [RefTransaction.Mode.atomic, .batched])
    func whatSomebodyHoldsIsBusy(_ mode: RefTransaction.Mode) throws {
        let store = MemoryRefStore()
        let held = try store.hold(["refs/heads/x"])
        let transaction = RefTransaction(
            [.create("refs/heads/x", at: Self.a), .create("refs/heads/y", at: Self.a)], mode: mode)
        let context = RefTransactionContext(deadline: .after(milliseconds: 5))
        let text = "cannot lock ref 'refs/heads/x': reference 'refs/heads/x' is held"
        if mode == .atomic {
            let error = #expect(throws: RefError.self) { try store.commit(transaction, context) }
            #expect(error?.code == .locked && error?.message == text)
            #expect(try store.snapshot().read("refs/heads/y") == nil)
        } else {
            let result = try store.commit(transaction, context)
            #expect(result.rejections.map { $0?.reason } == [.createExists, nil])
            #expect(result.rejections[0]?.message == text)
            #expect(try store.snapshot().read("refs/heads/y") != nil)
        }
        held.abort()
        #expect(try Self.isFree("refs/heads/y", in: store))
    }

    /// Each thread raises a counter by comparing and swapping: no update may be lost, and none stay locked.
    @Test(arguments: [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions)
    func contendingThreadsLoseNothing(_ kind: StoreUnderTest) async throws {
        let store = try kind.make(RefScenario(["refs/heads/x": .object(Self.id(0), peeled: nil)], []))
        let (threads, rounds) = (4, 50)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<threads {
                group.addTask {
                    for round in 0..<rounds {
                        while true {
                            guard let old = try store.snapshot().read("refs/heads/x")?.objectID else { return }
                            let new = Self.id(Int(old.word0))
                            var transaction = RefTransaction([
                                .update("refs/heads/x", to: new, expecting: .object(old)),
                                .create(RefName(stringLiteral: "refs/tags/t\(thread)-\(round)"), at: new),
                            ])
                            if thread % 2 == 1 { transaction.edits.reverse() }
                            let context = RefTransactionContext(deadline: .after(milliseconds: 10_000))
                            do throws(RefError) {
                                try store.commit(transaction, context)
                                break
                            } catch {
                                // A deadline that has passed is tried again; anything else but an old value is a fault.
                                #expect(error.rejection?.reason == .incorrectOldValue || error.code == .locked)
                                await Task.yield()
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.snapshot().read("refs/heads/x")?.objectID == Self.id(threads * rounds))
        #expect(try RefContents.references(of: store).count == 1 + threads * rounds)
    }

    /// Work per edit must not grow with their number: ten times the edits, far less than a hundred times the time.
    @Test(arguments: [RefTransaction.Mode.atomic, .batched])
    func timeIsLinearInTheEdits(_ mode: RefTransaction.Mode) throws {
        func measure(_ count: Int) throws -> Duration {
            let store = MemoryRefStore()
            var edits = (0..<count).map { RefEdit.create(RefName(stringLiteral: "refs/heads/b\($0)"), at: Self.a) }
            // In a batch, every second edit is rejected as it collides with its neighbour.
            if mode == .batched {
                for index in stride(from: 1, to: count, by: 2) {
                    edits[index].name = RefName(stringLiteral: "\(edits[index - 1].name)/x")
                }
            }
            let start = ContinuousClock.now
            let result = try store.commit(RefTransaction(edits, mode: mode))
            #expect(result.rejections.count { $0 == nil } == (mode == .atomic ? count : count / 2))
            return ContinuousClock.now - start
        }
        let small = try (0..<3).map { _ in try measure(1000) }.min() ?? .zero
        let large = try measure(10000)
        #expect(large < small * 40, "\(small) for 1,000 edits, \(large) for 10,000")
    }
}
