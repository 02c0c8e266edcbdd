import RefStoreChecks
import StrataModel
import StrataRefs
import Testing

/// Names that exclude each other, duplicates and splits.
@Suite struct TransactionConflictTests {
    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
    static let b = ObjectID(algorithm: .sha1, words: (2, 0, 0, 0))
    static let here = RefValue.object(a, peeled: nil)
    static let stores = [StoreUnderTest.memory, .worktree] + StoreUnderTest.compositions

    static func create(_ name: RefName) -> RefEdit { .create(name, at: b) }

    @Test(arguments: stores)
    func directoriesAndFilesExcludeEachOther(_ store: StoreUnderTest) throws {
        let existing: [RefName: RefValue] = ["refs/heads/a": Self.here, "refs/heads/d/e/f": Self.here]
        func messages(_ edits: [RefEdit], _ mode: RefTransaction.Mode = .atomic) throws -> [String] {
            try store.run(RefScenario(existing, edits, mode: mode)).messages
        }
        #expect(
            try messages([Self.create("refs/heads/a/b/c")])
                == ["'refs/heads/a' exists; cannot create 'refs/heads/a/b/c'"])
        #expect(
            try messages([Self.create("refs/heads/d")]) == ["'refs/heads/d/e/f' exists; cannot create 'refs/heads/d'"])
        #expect(
            try messages([Self.create("refs/heads/n/o"), Self.create("refs/heads/n")])
                == ["cannot process 'refs/heads/n/o' and 'refs/heads/n' at the same time"])
        #expect(
            try messages([.delete("refs/heads/a"), Self.create("refs/heads/a/b")])
                == ["'refs/heads/a' exists; cannot create 'refs/heads/a/b'"])
        // Neighbours in the order of bytes are in nobody's way.
        #expect(try messages([Self.create("refs/heads/a.b"), Self.create("refs/heads/d/e/f0")]) == [])
        // The first of two new names that exclude each other is rejected, and then no longer in the other's way.
        let batch = try store.run(
            RefScenario(
                existing, [Self.create("refs/heads/n"), Self.create("refs/heads/n/o"), Self.create("refs/heads/a/x")],
                mode: .batched))
        #expect(
            batch.messages == [
                "'refs/heads/a' exists; cannot create 'refs/heads/a/x'",
                "cannot process 'refs/heads/n' and 'refs/heads/n/o' at the same time",
            ])
        #expect(batch.references["refs/heads/n/o"] == Self.b.hex && batch.references["refs/heads/n"] == nil)
    }

    /// `refs/bisect` is shared and `refs/bisect/x` is not, and still they exclude each other.
    @Test func conflictsAcrossStoresAreSeen() throws {
        let bisect = try StoreUnderTest.worktree.run(
            RefScenario(["refs/bisect/x": Self.here], [Self.create("refs/bisect")]))
        #expect(bisect.messages == ["'refs/bisect/x' exists; cannot create 'refs/bisect'"])
        let below = try StoreUnderTest.worktree.run(
            RefScenario(["refs/bisect": Self.here], [Self.create("refs/bisect/x")]))
        #expect(below.messages == ["'refs/bisect' exists; cannot create 'refs/bisect/x'"])
    }

    @Test(arguments: stores, [RefTransaction.Mode.atomic, .batched])
    func duplicatesFailTheWhole(_ store: StoreUnderTest, _ mode: RefTransaction.Mode) throws {
        let outcome = try store.run(
            RefScenario(
                [:],
                ["refs/heads/z", "refs/heads/b", "refs/heads/z", "refs/heads/b", "refs/heads/c"].map(Self.create),
                mode: mode))
        #expect(outcome.messages == ["multiple updates for ref 'refs/heads/b' not allowed"])
        #expect(outcome.references.isEmpty && outcome.events.isEmpty)
    }

    @Test(arguments: stores)
    func splitsMeetTheirReferents(_ store: StoreUnderTest) throws {
        let references: [RefName: RefValue] = [
            .head: .symbolic(Array("refs/heads/main".utf8)), "refs/heads/main": Self.here,
            "refs/heads/s": .symbolic(Array("refs/heads/aaa".utf8)),
            "refs/heads/t": .symbolic(Array("refs/heads/aaa".utf8)),
        ]
        func messages(_ edits: [RefEdit]) throws -> [String] { try store.run(RefScenario(references, edits)).messages }
        #expect(
            try messages([.update(.head, to: Self.b), .update("refs/heads/main", to: Self.b)]) == [
                "multiple updates for 'refs/heads/main' (including one via symref 'HEAD') are not allowed"
            ])
        #expect(
            try messages([.update("refs/heads/main", to: Self.b), .update(.head, to: Self.b)]) == [
                "multiple updates for 'HEAD' (including one via its referent 'refs/heads/main') are not allowed"
            ])
        // Git loses one of them, or dies, where the referent sorts before both.
        #expect(
            try messages([.update("refs/heads/s", to: Self.b), .update("refs/heads/t", to: Self.b)]) == [
                "multiple updates for 'refs/heads/aaa' (including one via symref 'refs/heads/t') are not allowed"
            ])
    }

    /// The whole edit is rejected with its split part: neither reference nor reflog changes.
    @Test(arguments: stores)
    func whatIsRejectedLeavesNoTrace(_ store: StoreUnderTest) throws {
        var scenario = RefScenario(
            [
                .head: .symbolic(Array("refs/heads/main".utf8)), "refs/heads/main": Self.here,
                "refs/heads/a": Self.here,
            ],
            [
                .update(.head, to: Self.b, expecting: .object(Self.b)), Self.create("refs/heads/new"),
                Self.create("refs/heads/a/b"), .delete("refs/heads/gone", expecting: .object(Self.a)),
            ], mode: .batched)
        scenario.logs = [.head, "refs/heads/main"]
        let outcome = try store.run(scenario)
        #expect(
            outcome.messages == [
                "'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
                "cannot lock ref 'HEAD': is at \(Self.a) but expected \(Self.b)",
                "cannot lock ref 'refs/heads/gone': unable to resolve reference 'refs/heads/gone'",
            ])
        #expect(outcome.logs["HEAD"] == [] && outcome.logs["refs/heads/main"] == [])
        #expect(outcome.references.count == 4 && outcome.references["refs/heads/main"] == Self.a.hex)
        #expect(outcome.references["refs/heads/new"] == Self.b.hex)
    }

    @Test(arguments: stores)
    func namesThatLeadAstrayAreRefused(_ store: StoreUnderTest) throws {
        for (name, said) in [
            ("FETCH_HEAD", "refusing to update pseudoref 'FETCH_HEAD'"),
            ("worktrees/wt/refs/heads/x", "refusing to update ref with bad name 'worktrees/wt/refs/heads/x'"),
            ("main-worktree/refs/heads/x", "refusing to update ref with bad name 'main-worktree/refs/heads/x'"),
            ("refs/heads/a..b", "refusing to update ref with bad name 'refs/heads/a..b'"),
        ] {
            let name = RefName(stringLiteral: name)
            #expect(try store.run(RefScenario([:], [Self.create(name)])).messages == [said])
        }
        // Through a symbolic reference too, where git writes outside of the repository.
        for target in ["../escaped/x", "refs/../../x", "FETCH_HEAD", "worktrees/x/refs/heads/y", "refs/heads/a..b"] {
            // A namespace does not even keep a target that has no place in it.
            if store.name.hasPrefix("namespaced") && !target.hasPrefix("refs/") { continue }
            let outcome = try store.run(
                RefScenario(
                    ["refs/heads/s": .symbolic(Array(target.utf8))], [.update("refs/heads/s", to: Self.b)]))
            #expect(
                outcome.messages == [
                    "cannot lock ref 'refs/heads/s': unable to resolve reference '\(target)': reference broken"
                ])
            #expect(outcome.references.count == 1)
        }
        // A reference with a bad name can be deleted.
        let bad: RefName = "refs/heads/a..b"
        #expect(try store.run(RefScenario([bad: Self.here], [.delete(bad)])).references.isEmpty)
        #expect(try store.run(RefScenario([bad: .broken(.badName)], [.delete(bad)])).references.isEmpty)
    }
}
