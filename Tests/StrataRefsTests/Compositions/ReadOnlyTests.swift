import RefStoreChecks
import StrataModel
import StrataRefs
import StrataTesting
import Testing

@Suite struct ReadOnlyTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    @Test(arguments: InnerStores.allCases)
    func readsPassAndWritesDoNot(_ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let base = try maker.make()
        try base.commit(
            RefTransaction([.symbolic(.head, to: "refs/heads/x"), .create("refs/heads/x", at: Self.a)]),
            RoutingTests.context)
        let store = ReadOnlyRefStore(base)
        #expect(store.capabilities == base.capabilities.subtracting(.writes))
        #expect(try RefContents.references(of: store) == RefContents.references(of: base))
        #expect(try store.snapshot().objectID(of: .head) == Self.a)
        #expect(try store.stamp(covering: .all) == base.stamp(covering: .all))
        let edits: [RefEdit] = [
            .create("refs/heads/y", at: Self.a), .update(.head, to: Self.b), .delete("refs/heads/x"),
            .symbolic(.head, to: "refs/heads/y"), RefEdit("refs/heads/x", .verify, expecting: .object(Self.a)),
            RefEdit("refs/heads/x", .log(old: Self.a, new: Self.a)),
        ]
        for edit in edits {
            for mode in [RefTransaction.Mode.atomic, .batched] {
                let error = #expect(throws: RefError.self) {
                    try store.commit(RefTransaction([edit], mode: mode), RoutingTests.context)
                }
                #expect(error?.code == .unsupported)
                #expect(error?.message.hasSuffix("store is read-only") ?? false)
            }
        }
        #expect(throws: RefError.self) { try store.hold(["refs/heads/x"]) }
        let logs = try #require(store.reflogs)
        #expect(try logs.names() == base.reflogs?.names() && logs.exists("refs/heads/x"))
        for change in [logs.create, logs.delete] as [(RefName) throws(RefError) -> Void] {
            let error = #expect(throws: RefError.self) { try change("refs/heads/x") }
            #expect(error?.code == .unsupported)
        }
        #expect(throws: RefError.self) { try logs.expire("refs/heads/x", rewrite: false) { _ in false } }
        #expect(try RefContents.logs(of: base)["refs/heads/x"]?.count == 1)
        #expect(try RefContents.references(of: base) == ["HEAD": "ref: refs/heads/x", "refs/heads/x": Self.a.hex])
    }

    /// Part of a routing may be read-only: the rest is written, symbolic references and conflicts are seen across.
    @Test(arguments: InnerStores.allCases)
    func aPartOfARoutingMayBeReadOnly(_ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let (rest, pulls) = (try maker.make(), try maker.make())
        try pulls.commit(RefTransaction([.create("refs/pull/1", at: Self.a)]))
        let store = try RoutingRefStore(default: rest, rules: [.init("refs/pull/", to: ReadOnlyRefStore(pulls))])
        #expect(!store.capabilities.contains(.writes))
        try store.commit(
            RefTransaction([.create("refs/heads/x", at: Self.b), .symbolic("refs/heads/s", to: "refs/pull/1")]))
        #expect(try store.snapshot().objectID(of: "refs/heads/s") == Self.a)
        let refused = [RefEdit.update("refs/heads/s", to: Self.b), .delete("refs/pull/1")]
        for edit in refused {
            let error = #expect(throws: RefError.self) {
                try store.commit(RefTransaction([.create("refs/heads/y", at: Self.a), edit]))
            }
            #expect(error?.code == .unsupported)
        }
        #expect(try RoutingTests.names(store) == ["refs/heads/s", "refs/heads/x", "refs/pull/1"])
        // And the other way: all but the pulls.
        let turned = try RoutingRefStore(default: ReadOnlyRefStore(rest), rules: [.init("refs/pull/", to: pulls)])
        try turned.commit(RefTransaction([.create("refs/pull/2", at: Self.a)]), RoutingTests.context)
        #expect(try turned.snapshot().read("refs/pull/2")?.objectID == Self.a)
        #expect(throws: RefError.self) { try turned.commit(RefTransaction([.create("refs/pull", at: Self.a)])) }
    }

    @Test func nestedInAnOverlay() throws {
        let (front, back) = (MemoryRefStore(), MemoryRefStore())
        try front.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        try back.commit(RefTransaction(["refs/heads/x", "refs/heads/y"].map { .create($0, at: Self.b) }))
        for store in [
            try OverlayRefStore(front: front, over: ReadOnlyRefStore(back)),
            try ReadOnlyRefStore(OverlayRefStore(front: front, over: back)),
        ] as [any RefStore] {
            #expect(
                try RefContents.references(of: store) == [
                    "refs/heads/x": Self.a.hex, "refs/heads/y": Self.b.hex,
                ])
            #expect(!store.capabilities.contains(.writes))
        }
    }
}
