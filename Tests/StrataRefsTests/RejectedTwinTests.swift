import RefStoreChecks
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// Batches in which an edit is rejected before its name is looked at beside the others, and ids that are none.
@Suite struct RejectedTwinTests {
    /// An edit that is rejected for its object takes its name from nobody else.
    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func aRejectedTwinChangesNothing() throws {
        let git = try GitOracle()
        let (good, bad) = (git.commits[0], git.missing)
        let (head, main) = (RefValue.symbolic(Array("refs/heads/main".utf8)), RefName(stringLiteral: "refs/heads/main"))
        for edits in [
            [RefEdit.update("refs/heads/t", to: good), .update("refs/heads/t", to: bad)],
            [.update("refs/heads/t", to: bad), .update("refs/heads/t", to: good)],
            [.update("refs/heads/t", to: good), .update("refs/heads/t", to: bad), .update("refs/heads/t", to: good)],
            [.update(main, to: good), .update("refs/heads/t", to: bad), .update("refs/heads/u", to: good)],
        ] {
            let scenario = RefScenario([.head: head], edits, mode: .batched)
            let ours = try StoreUnderTest.memory.run(scenario, objects: git.objects)
            let theirs = try #require(try git.run(scenario))
            #expect(ours.references == theirs.references && ours.logs == theirs.logs, "\(edits)")
            // Before it fails as a whole, git has told of what it rejected.
            #expect(Set(ours.messages).isSubset(of: theirs.messages), "\(edits)")
            #expect(ours.messages.isEmpty == theirs.messages.isEmpty, "\(edits)")
        }
    }

    /// A name that a symbolic reference leads to is in the way of those below it.
    @Test func aReferentIsInTheWayOfWhatIsBelowIt() throws {
        let id = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
        let store = MemoryRefStore()
        try store.commit(RefTransaction([.symbolic("refs/heads/s", to: "refs/heads/m")]))
        let result = try store.commit(
            RefTransaction(
                [
                    .update("refs/heads/s", to: id), .create("refs/heads/m/c", at: id),
                    .create("refs/heads/n/c", at: id),
                ],
                mode: .batched))
        #expect(result.rejections.map { $0 == nil } == [true, false, true])
        #expect(try store.snapshot().read("refs/heads/m") != nil)
        #expect(try store.snapshot().read("refs/heads/m/c") == nil)
    }

    /// Zeros delete, whatever algorithm they are of; a reflog has those of its own.
    @Test func zerosOfAnotherAlgorithm() throws {
        let store = MemoryRefStore(hashAlgorithm: .sha256)
        let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in testCommitter }
        let id = ObjectID(algorithm: .sha256, words: (1, 2, 3, 4))
        try store.commit(
            RefTransaction([.symbolic(.head, to: "refs/heads/main"), .create("refs/heads/main", at: id)]), context)
        try store.commit(RefTransaction([RefEdit(.head, .write(.object(.zero(.sha1))))]), context)
        #expect(try store.snapshot().read("refs/heads/main") == nil)
        let reflogs = try #require(store.reflogs)
        var news: [ObjectID] = []
        try reflogs.read(.head, newestFirst: true) { entry in
            news.append(entry.new)
            return true
        }
        #expect(news.first == .zero(.sha256))
    }

    /// Names that symbolic references lead to stand among those of the edits, also where there are many of both.
    @Test func manyReferentsBesideManyNewNames() throws {
        let store = MemoryRefStore()
        let id = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
        func name(_ text: String, _ number: Int) -> RefName { RefName(stringLiteral: "refs/\(text)/\(number)") }
        try store.commit(RefTransaction((0..<2000).map { .symbolic(name("s", $0), to: name("to", $0)) }))
        let edits =
            (0..<2000).map { RefEdit.update(name("s", $0), to: id) } + (0..<4000).map { .create(name("n", $0), at: id) }
        try store.commit(RefTransaction(edits))
        #expect(try store.snapshot().read(name("n", 3999))?.objectID == id)
        #expect(try store.snapshot().read(name("to", 1999))?.objectID == id)
    }
}
