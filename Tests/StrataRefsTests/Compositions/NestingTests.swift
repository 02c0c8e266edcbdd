import RefStoreChecks
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import StrataTesting
import SystemPackage
import TestSupport
import Testing

/// Compositions in compositions, beside those that ``StoreUnderTest/compositions`` runs every transaction test over.
@Suite struct NestingTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    /// Two linked worktrees over a routing: `HEAD` in a worktree, what it leads to in a routed store, other references in the default one.
    @Test(arguments: InnerStores.allCases)
    func worktreesOverARouting(_ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let (one, two, rest, changes) = (try maker.make(), try maker.make(), try maker.make(), try maker.make())
        let routing = try RoutingRefStore(default: rest, rules: [.init("refs/changes/", to: changes)])
        let open = { @Sendable (id: [UInt8]) throws(RefError) -> (any RefStore)? in
            ["one": one, "two": two][String(decoding: id, as: UTF8.self)]
        }
        let main = WorktreeRefStore(common: routing, linked: open)
        let linked = WorktreeRefStore(own: one, id: Array("one".utf8), common: routing, linked: open)
        try linked.commit(
            RefTransaction([
                .symbolic(.head, to: "refs/changes/1"), .create("refs/bisect/bad", at: Self.a),
                .create("refs/heads/main", at: Self.a),
            ]), RoutingTests.context)
        try main.commit(RefTransaction([.symbolic(.head, to: "refs/heads/main")]), RoutingTests.context)
        let observer = RecordingObserver(.sha1)
        var context = RoutingTests.context
        context.observers = [observer]
        try linked.commit(
            RefTransaction([
                .update(.head, to: Self.a), .update("main-worktree/HEAD", to: Self.b),
                .create("worktrees/two/HEAD", at: Self.b), .create("refs/changes/2", at: Self.b),
            ]), context)
        #expect(try changes.snapshot().read("refs/changes/1")?.objectID == Self.a)
        #expect(try rest.snapshot().read("refs/heads/main")?.objectID == Self.b)
        #expect(try two.snapshot().read(.head)?.objectID == Self.b)
        #expect(
            try RoutingTests.names(linked) == [
                "HEAD", "refs/bisect/bad", "refs/changes/1", "refs/changes/2", "refs/heads/main",
            ])
        #expect(
            try RoutingTests.names(main) == ["HEAD", "refs/changes/1", "refs/changes/2", "refs/heads/main"])
        #expect(try one.reflogs?.names() == [.head, "refs/bisect/bad"])
        #expect(try changes.reflogs?.names() == ["refs/changes/1", "refs/changes/2"])
        #expect(try rest.reflogs?.names() == [.head, "refs/heads/main"])
        // Once, as the caller asked, with the referents for the symbolic references.
        let told = observer.events.filter { $0.hasPrefix("prepared") || $0.contains(" ") }
        let names = told.drop { $0 != "prepared" }.dropFirst().prefix(4).map { $0.split(separator: " ")[2] }
        #expect(names.sorted() == ["refs/changes/1", "refs/changes/2", "refs/heads/main", "worktrees/two/HEAD"])
        // Conflicts across all of them.
        for name in ["refs/changes", "refs/bisect", "refs/changes/1/x", "refs/heads"] as [RefName] {
            #expect(throws: RefError.self) {
                try linked.commit(RefTransaction([.create(name, at: Self.a), .delete("refs/changes/2")]))
            }
        }
        #expect(try RoutingTests.names(linked).count == 5)
    }

    @Test(arguments: InnerStores.allCases)
    func anOverlayInARouting(_ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let (front, back, rest) = (try maker.make(), try maker.make(), try maker.make())
        try back.commit(RefTransaction(["refs/changes/1", "refs/changes/2"].map { .create($0, at: Self.a) }))
        let store = try RoutingRefStore(
            default: rest, rules: [.init("refs/changes/", to: try OverlayRefStore(front: front, over: back))])
        try store.commit(
            RefTransaction([
                .update("refs/changes/1", to: Self.b, expecting: .object(Self.a)), .create("refs/heads/x", at: Self.a),
                .symbolic(.head, to: "refs/changes/2"),
            ]))
        #expect(try back.snapshot().read("refs/changes/1")?.objectID == Self.a)
        #expect(try store.snapshot().read("refs/changes/1")?.objectID == Self.b)
        #expect(try store.snapshot().objectID(of: .head) == Self.a)
        #expect(try RoutingTests.names(store) == ["HEAD", "refs/changes/1", "refs/changes/2", "refs/heads/x"])
        #expect(throws: RefError.self) {
            try store.commit(RefTransaction([.create("refs/changes/2/x", at: Self.b), .delete("refs/heads/x")]))
        }
        try store.commit(RefTransaction([.delete("refs/changes/1"), .delete("refs/heads/x")]))
        #expect(try RoutingTests.names(store) == ["HEAD", "refs/changes/2"])
    }

    @Test(arguments: InnerStores.allCases)
    func aReadOnlyNamespaceBesideOthers(_ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let (archive, rest) = (try maker.make(), try maker.make())
        let a = NamespacedRefStore(try RefNamespace("a"), of: archive)
        try a.commit(RefTransaction([.create("refs/archive/1", at: Self.a), .create("refs/heads/x", at: Self.a)]))
        let store = try RoutingRefStore(default: rest, rules: [.init("refs/archive/", to: ReadOnlyRefStore(a))])
        try store.commit(RefTransaction([.create("refs/heads/y", at: Self.b)]))
        #expect(try RoutingTests.names(store) == ["refs/archive/1", "refs/heads/y"])
        #expect(throws: RefError.self) { try store.commit(RefTransaction([.delete("refs/archive/1")])) }
    }

    /// Not supported, and said so: a store and a namespace of it, where both parts of a transaction need the one `packed-refs`.
    @Test func onePackedRefsReachedTwice() throws {
        let directory = try TemporaryDirectory()
        try TestSupport.git(["init", "-q", "--bare", "."], in: directory.path)
        let locks = LockSpace(directory: directory.appending("strata"))
        let files = FilesRefStore(
            loose: LooseRefStore(directory: directory.path, hashAlgorithm: .sha1, locks: locks),
            packed: PackedRefStore(
                directory.appending("packed-refs"), hashAlgorithm: .sha1, locks: locks, lockTimeout: 0))
        let store = try RoutingRefStore(
            default: files, rules: [.init("refs/x/", to: NamespacedRefStore(try RefNamespace("n"), of: files))])
        let names: [RefName] = ["refs/heads/a", "refs/x/a"]
        try store.commit(RefTransaction(names.map { .create($0, at: Self.a) }))
        let error = #expect(throws: RefError.self) { try store.commit(RefTransaction(names.map { .delete($0) })) }
        #expect(error?.code == .locked)
        for name in names { #expect(try store.snapshot().read(name)?.objectID == Self.a) }
        for name in names { try store.commit(RefTransaction([.delete(name)])) }
    }

    /// Two worktrees whose transactions reach into each other take the stores in one order.
    @Test func worktreesAreHeldInTheOrderOfTheirNames() throws {
        let log = SpyLog()
        let (one, two) = (SpyStore("one", MemoryRefStore(), log), SpyStore("two", MemoryRefStore(), log))
        let common = SpyStore("common", MemoryRefStore(), log)
        let open = { @Sendable (id: [UInt8]) throws(RefError) -> (any RefStore)? in
            ["one": one, "two": two][String(decoding: id, as: UTF8.self)]
        }
        for (own, id) in [(one, "one"), (two, "two")] {
            let store = WorktreeRefStore(own: own, id: Array(id.utf8), common: common, linked: open)
            _ = log.take()
            try store.commit(
                RefTransaction(
                    ["worktrees/two/HEAD", "worktrees/one/HEAD", "refs/heads/x"].map { .update($0, to: Self.a) }))
            #expect(log.take().filter { $0.hasSuffix("hold") } == ["common hold", "one hold", "two hold"])
        }
    }
}
