import RefStoreChecks
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import Synchronization
import Testing

@Suite struct CompositionTests {
    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
    static let b = ObjectID(algorithm: .sha1, words: (2, 0, 0, 0))
    static let c = ObjectID(algorithm: .sha1, words: (3, 0, 0, 0))

    /// A repository with a main worktree and two linked ones.
    struct Worktrees {
        let common = MemoryRefStore()
        let one = MemoryRefStore()
        let two = MemoryRefStore()
        let main: WorktreeRefStore
        let linked: WorktreeRefStore

        init() throws {
            let (one, two) = (one, two)
            let open = { @Sendable (id: [UInt8]) throws(RefError) -> (any RefStore)? in
                switch String(decoding: id, as: UTF8.self) {
                case "one": one
                case "two": two
                case "bad": throw RefError(.unavailable, "bad")
                default: nil
                }
            }
            main = WorktreeRefStore(common: common, linked: open)
            linked = WorktreeRefStore(own: one, id: Array("one".utf8), common: common, linked: open)
            try common.commit(
                RefTransaction(
                    [
                        .symbolic(.head, to: "refs/heads/main"), .create("refs/heads/main", at: a),
                        .create("refs/bisect/bad", at: a), .create("refs/bisect", at: a),
                    ].filter { $0.name != "refs/bisect" }))
            try one.commit(
                RefTransaction([.symbolic(.head, to: "refs/heads/one"), .create("refs/bisect/good", at: b)]))
            try two.commit(RefTransaction([.create(.head, at: c)]))
        }
    }

    @Test func eachWorktreeSeesItsOwnAndTheSharedReferences() throws {
        let all = try Worktrees()
        #expect(
            try RefContents.references(of: all.linked) == [
                "HEAD": "ref: refs/heads/one", "refs/heads/main": Self.a.hex, "refs/bisect/good": Self.b.hex,
            ])
        #expect(
            try RefContents.references(of: all.main) == [
                "HEAD": "ref: refs/heads/main", "refs/heads/main": Self.a.hex, "refs/bisect/bad": Self.a.hex,
            ])
        var cursor = try all.linked.snapshot().cursor(over: RefScope(prefix: Array("refs/bisect/".utf8)))
        #expect(try cursor.next()?.refName == "refs/bisect/good")
        try cursor.seek(RefScope(prefix: Array("refs/heads".utf8)))
        #expect(try cursor.next()?.refName == "refs/heads/main")
        #expect(try cursor.next() == nil)
    }

    @Test func whatTheMainWorktreeHasIsInTheWayOfSharedNames() throws {
        let all = try Worktrees()
        let linked = WorktreeRefStore(own: MemoryRefStore(), id: Array("new".utf8), common: all.common) { _ in nil }
        let create = RefTransaction([.create("refs/bisect", at: Self.b)])
        let refusal = #expect(throws: RefError.self) { try linked.commit(create) }
        #expect(refusal?.message.contains("'refs/bisect/bad' exists; cannot create 'refs/bisect'") ?? false)
        #expect(try all.common.snapshot().read("refs/bisect") == nil)
        try all.main.commit(RefTransaction([.delete("refs/bisect/bad")]))
        try linked.commit(create)
        // Being there it can be changed, whatever the main worktree gets.
        try linked.commit(RefTransaction([.update("refs/bisect", to: Self.c)]))
        #expect(throws: RefError.self) { try all.main.commit(RefTransaction([.create("refs/bisect/bad", at: Self.a)])) }
    }

    @Test func qualifiedNamesLeadToOtherWorktrees() throws {
        let all = try Worktrees()
        for store in [all.main, all.linked] {
            let snapshot = try store.snapshot()
            #expect(try snapshot.read("main-worktree/HEAD")?.target == Array("refs/heads/main".utf8))
            #expect(try snapshot.read("main-worktree/refs/bisect/bad")?.objectID == Self.a)
            #expect(try snapshot.read("worktrees/one/refs/bisect/good")?.objectID == Self.b)
            #expect(try snapshot.read("worktrees/two/HEAD")?.objectID == Self.c)
            #expect(try snapshot.read("worktrees/none/HEAD") == nil)
            #expect(try snapshot.read("worktrees/one/refs/heads/main") == nil)
            #expect(throws: RefError.self) { try snapshot.read("worktrees/bad/HEAD") }
            try store.commit(RefTransaction([.update("worktrees/two/HEAD", to: Self.a)]))
            #expect(try all.two.snapshot().read(.head)?.objectID == Self.a)
            try store.commit(RefTransaction([.update("worktrees/two/HEAD", to: Self.c)]))
            let error = #expect(throws: RefError.self) {
                try store.commit(RefTransaction([.update("worktrees/none/HEAD", to: Self.a)]))
            }
            #expect(error?.message.hasSuffix("belongs to no worktree of this repository") ?? false)
        }
    }

    @Test func oneReferenceUnderTwoNamesIsRefused() throws {
        let all = try Worktrees()
        for (store, name) in [(all.main, "main-worktree/refs/bisect/x"), (all.linked, "worktrees/one/refs/bisect/x")] {
            #expect(throws: RefError.self) {
                try store.commit(
                    RefTransaction([
                        .create("refs/bisect/x", at: Self.a), .create(RefName(stringLiteral: name), at: Self.b),
                    ]))
            }
            #expect(try store.snapshot().read("refs/bisect/x") == nil)
        }
    }

    @Test func aTransactionMaySpanWorktrees() throws {
        let all = try Worktrees()
        let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in testCommitter }
        try all.linked.commit(
            RefTransaction([
                .update(.head, to: Self.c), .create("refs/bisect/x", at: Self.a), .create("refs/heads/y", at: Self.b),
                .create("worktrees/two/refs/worktree/z", at: Self.b),
            ]), context)
        #expect(try all.common.snapshot().read("refs/heads/one")?.objectID == Self.c)
        #expect(try all.common.snapshot().read("refs/heads/y")?.objectID == Self.b)
        #expect(try all.one.snapshot().read("refs/bisect/x")?.objectID == Self.a)
        #expect(try all.two.snapshot().read("refs/worktree/z")?.objectID == Self.b)
        // Reflogs stand with their references: HEAD's own in the worktree, the branch's in the common store.
        #expect(try all.one.reflogs?.names() == [.head, "refs/bisect/x"])
        #expect(try all.common.reflogs?.names() == ["refs/heads/one", "refs/heads/y"])
        let logs = try #require(all.linked.reflogs)
        #expect(try logs.names() == [.head, "refs/bisect/x", "refs/heads/one", "refs/heads/y"])
        #expect(try logs.exists("worktrees/two/refs/worktree/z"))
        #expect(try !logs.exists("worktrees/none/HEAD"))
        try logs.delete("refs/heads/one")
        #expect(try all.common.reflogs?.exists("refs/heads/one") == false)
        // A rejection in one store keeps the others as they were.
        #expect(throws: RefError.self) {
            try all.linked.commit(
                RefTransaction([.update("refs/heads/y", to: Self.c), .create("refs/bisect/x", at: Self.c)]), context)
        }
        #expect(try all.common.snapshot().read("refs/heads/y")?.objectID == Self.b)
    }

    /// The branch of another worktree's HEAD is nobody else's concern.
    @Test func onlyTheOwnHeadIsLogged() throws {
        let all = try Worktrees()
        let context = RefTransactionContext(reflogs: .standard) { () throws(RefError) in testCommitter }
        try all.linked.commit(RefTransaction([.update("refs/heads/main", to: Self.b)]), context)
        #expect(try all.common.reflogs?.names() == ["refs/heads/main"])
        #expect(try all.one.reflogs?.names() == [])
        try all.main.commit(RefTransaction([.update("refs/heads/main", to: Self.c)]), context)
        #expect(try all.common.reflogs?.names() == [.head, "refs/heads/main"])
    }

    @Test func stampsChangeWithEitherStore() throws {
        let all = try Worktrees()
        let before = try all.linked.stamp(covering: .all)
        #expect(try all.linked.stamp(covering: .all) == before)
        try all.one.commit(RefTransaction([.update("refs/bisect/good", to: Self.c)]))
        let after = try all.linked.stamp(covering: .all)
        #expect(before != nil && after != before)
        try all.common.commit(RefTransaction([.update("refs/heads/main", to: Self.c)]))
        #expect(try all.linked.stamp(covering: .all) != after)
    }

    // MARK: Overlay

    @Test func theFrontHidesTheBack() throws {
        let (front, back) = (MemoryRefStore(), MemoryRefStore())
        try front.commit(RefTransaction(["refs/b", "refs/d"].map { .create($0, at: Self.a) }))
        try back.commit(RefTransaction(["refs/a", "refs/b", "refs/c"].map { .create($0, at: Self.b) }))
        let overlay = OverlayRefSnapshot(front: try front.snapshot()) { () throws(RefError) in try back.snapshot() }
        #expect(try overlay.read("refs/b")?.objectID == Self.a)
        #expect(try overlay.read("refs/c")?.objectID == Self.b)
        #expect(try overlay.read("refs/e") == nil)
        var cursor = try overlay.cursor(over: .all)
        var seen: [String] = []
        while let view = try cursor.next() { seen.append("\(view.refName) \(view.objectID == Self.a)") }
        #expect(seen == ["refs/a false", "refs/b true", "refs/c false", "refs/d true"])
        try cursor.seek(RefScope(prefix: Array("refs/".utf8), from: Array("refs/c".utf8)))
        #expect(try cursor.next()?.refName == "refs/c")
    }

    /// A reference that moves from front to back while it is read is found in one of them.
    @Test func theBackIsReadAfterTheFront() throws {
        let back = MemoryRefStore()
        let front = MemoryRefStore()
        let overlay = OverlayRefSnapshot(front: try front.snapshot()) { () throws(RefError) in
            // What pack-refs does between the two reads.
            try back.commit(RefTransaction([.update("refs/x", to: Self.a)]))
            return try back.snapshot()
        }
        #expect(try overlay.read("refs/x")?.objectID == Self.a)
        var cursor = try overlay.cursor(over: .all)
        #expect(try cursor.next()?.refName == "refs/x")
    }

    /// Deletions that go through delete in both stores, logs too; each store is told of its own old value.
    @Test func deletionsGoThrough() throws {
        let (front, back) = (MemoryRefStore(), MemoryRefStore())
        let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in testCommitter }
        try back.commit(RefTransaction(["refs/a", "refs/b"].map { .create($0, at: Self.a) }), context)
        let store = try OverlayRefStore(front: front, over: back)
        try store.commit(RefTransaction([.update("refs/a", to: Self.b), .create("refs/c", at: Self.c)]), context)
        let logs = try #require(store.reflogs)
        #expect(try logs.names() == ["refs/a", "refs/b", "refs/c"])
        var lines: [ObjectID] = []
        try logs.read("refs/a", newestFirst: true) { entry throws(RefError) in
            lines.append(entry.new)
            return true
        }
        #expect(lines == [Self.b, Self.a])
        let error = #expect(throws: RefError.self) {
            try logs.expire("refs/a", rewrite: true) { _ throws(RefError) in false }
        }
        #expect(error?.code == .unsupported)
        #expect(try logs.expire("refs/a", rewrite: false) { entry throws(RefError) in entry.new == Self.b } == 1)
        #expect(try back.reflogs?.exists("refs/a") == true)
        try store.commit(RefTransaction([.delete("refs/a"), .delete("refs/b"), .delete("refs/c")]), context)
        #expect(try back.snapshot().read("refs/a") == nil)
        for one in [front, back, store] as [any RefStore] { #expect(try RefContents.references(of: one) == [:]) }
        #expect(try logs.names() == [])
    }
}
