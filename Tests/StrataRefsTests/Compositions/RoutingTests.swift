import RefStoreChecks
import StrataModel
import StrataRefs
import Testing

@Suite struct RoutingTests {
    static let a = ObjectID(algorithm: .sha1, words: (1, 0, 0, 0))
    static let b = ObjectID(algorithm: .sha1, words: (2, 0, 0, 0))
    static let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in testCommitter }

    /// Changes in a store of their own, their metadata in the default one again, pulls in a third.
    struct Routing {
        let maker: InnerStores.Maker
        let rest: any RefStore
        let changes: any RefStore
        let pulls: any RefStore
        let store: RoutingRefStore

        init(_ kind: InnerStores) throws {
            maker = try InnerStores.Maker(kind)
            (rest, changes, pulls) = (try maker.make(), try maker.make(), try maker.make())
            store = try RoutingRefStore(
                default: rest,
                rules: [
                    .init("refs/pull/", to: pulls), .init("refs/changes/meta/", to: rest),
                    .init("refs/changes/", to: changes),
                ])
        }

        @discardableResult
        func commit(_ edits: RefEdit..., mode: RefTransaction.Mode = .atomic) throws -> RefTransactionResult {
            try store.commit(RefTransaction(edits, mode: mode), RoutingTests.context)
        }
    }

    static func names(_ store: any RefStore, _ scope: RefScope = .all) throws -> [String] {
        var names: [String] = []
        var cursor = try store.snapshot().cursor(over: scope)
        while let view = try cursor.next() { names.append("\(view.refName)") }
        return names
    }

    @Test(arguments: InnerStores.allCases)
    func theLongestPrefixDecides(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        try all.commit(
            .symbolic(.head, to: "refs/heads/main"), .create("refs/heads/main", at: Self.a),
            .create("refs/changes/1", at: Self.a), .create("refs/changes/meta/1", at: Self.b),
            .create("refs/changes/metal", at: Self.b), .create("refs/pull/1/head", at: Self.a),
            .create("refs/zz", at: Self.a))
        #expect(try Self.names(all.rest) == ["HEAD", "refs/changes/meta/1", "refs/heads/main", "refs/zz"])
        #expect(try Self.names(all.changes) == ["refs/changes/1", "refs/changes/metal"])
        #expect(try Self.names(all.pulls) == ["refs/pull/1/head"])
        #expect(
            try Self.names(all.store) == [
                "HEAD", "refs/changes/1", "refs/changes/meta/1", "refs/changes/metal", "refs/heads/main",
                "refs/pull/1/head", "refs/zz",
            ])
        #expect(try all.store.snapshot().read("refs/changes/meta/1")?.objectID == Self.b)
        #expect(try all.store.snapshot().read("refs/changes/metal")?.objectID == Self.b)
        // What a store has outside of its part is not seen.
        try all.rest.commit(RefTransaction([.create("refs/changes/9", at: Self.a)]))
        try all.changes.commit(RefTransaction([.create("refs/heads/x", at: Self.a), .create(.head, at: Self.a)]))
        #expect(try all.store.snapshot().read("refs/changes/9") == nil)
        #expect(try Self.names(all.store).count == 7)
        #expect(try all.store.snapshot().read(.head)?.target != nil)
    }

    @Test(arguments: InnerStores.allCases)
    func scopesAreThoseOfOneStore(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        let one = MemoryRefStore()
        let names: [RefName] = [
            "HEAD", "refs/changes/1", "refs/changes/meta/1", "refs/changes/z", "refs/changez", "refs/heads/main",
            "refs/pull/1", "refs/pulls",
        ]
        for store in [all.store, one] as [any RefStore] {
            try store.commit(RefTransaction(names.map { .create($0, at: Self.a) }))
        }
        var cursor = try all.store.snapshot().cursor(over: .refs)
        for prefix in ["", "H", "refs/", "refs/ch", "refs/changes/", "refs/changes/m", "refs/pull", "refs/pull/1", "x"]
        {
            for bound in ["", "refs/changes/meta", "refs/changes/meta/1", "refs/d", "refs/pull/2"] {
                for excluded in [[], ["refs/changes"], ["refs/changes/meta", "refs/pull/"]] {
                    var scope = RefScope(prefix: Array(prefix.utf8), from: Array(bound.utf8))
                    scope.exclude(excluded.map { Array($0.utf8) })
                    let expected = try Self.names(one, scope)
                    #expect(try Self.names(all.store, scope) == expected, "\(prefix) \(bound) \(excluded)")
                    try cursor.seek(scope)
                    var sought: [String] = []
                    while let view = try cursor.next() { sought.append("\(view.refName)") }
                    #expect(sought == expected, "sought \(prefix) \(bound) \(excluded)")
                }
            }
        }
    }

    @Test func onlyTheStoresConcernedAreAsked() throws {
        let log = SpyLog()
        let maker = try InnerStores.Maker(.loose)
        let store = try RoutingRefStore(
            default: SpyStore("rest", try maker.make(), log),
            rules: [.init("refs/changes/", to: SpyStore("changes", MemoryRefStore(), log))])
        let snapshot = try store.snapshot()
        _ = try snapshot.read("refs/changes/1")
        #expect(log.take() == ["changes read"])
        _ = try snapshot.cursor(over: RefScope(prefix: Array("refs/changes/1".utf8)))
        #expect(log.take() == ["changes list"])
        _ = try snapshot.cursor(over: RefScope(prefix: Array("refs/heads/".utf8)))
        #expect(log.take() == ["rest list"])
        _ = try snapshot.cursor(over: .refs)
        #expect(log.take() == ["rest list", "changes list"])
    }

    @Test(arguments: InnerStores.allCases, [RefTransaction.Mode.atomic, .batched])
    func parentsOfPrefixesAreReserved(_ kind: InnerStores, _ mode: RefTransaction.Mode) throws {
        let all = try Routing(kind)
        for name in ["refs/changes", "refs/changes/meta", "refs/pull"] as [RefName] {
            for edit in [RefEdit.create(name, at: Self.a), .symbolic(name, to: "refs/heads/main")] {
                let message: String?
                do throws(RefError) {
                    let result = try all.store.commit(
                        RefTransaction([edit, .update("refs/heads/x", to: Self.a)], mode: mode))
                    #expect(result.rejections[1] == nil && mode == .batched)
                    #expect(result.rejections[0]?.reason == .nameConflict)
                    message = result.rejections[0]?.message
                } catch {
                    #expect(error.rejection?.reason == .nameConflict && mode == .atomic)
                    message = error.message
                }
                #expect(
                    message == "cannot lock ref '\(name)': '\(name)' is reserved, for references below '\(name)/' "
                        + "live in a store of their own")
            }
        }
        #expect(try Self.names(all.store) == (mode == .batched ? ["refs/heads/x"] : []))
    }

    /// A reference that was there before its name was reserved is in the way, and can be deleted.
    @Test(arguments: InnerStores.allCases)
    func reservedNamesThatExist(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        try all.rest.commit(RefTransaction([.create("refs/changes", at: Self.a)]))
        #expect(try Self.names(all.store) == ["refs/changes"])
        let error = #expect(throws: RefError.self) { try all.commit(.create("refs/changes/1", at: Self.b)) }
        #expect(error?.message == "'refs/changes' exists; cannot create 'refs/changes/1'")
        try all.commit(.delete("refs/changes", expecting: .object(Self.a)))
        try all.commit(.create("refs/changes/1", at: Self.b))
        #expect(try Self.names(all.store) == ["refs/changes/1"])
    }

    @Test func rulesAreChecked() throws {
        let (rest, other) = (MemoryRefStore(), MemoryRefStore())
        for prefixes in [
            ["refs/changes"], ["changes/"], [""], ["/"], ["refs//x/"], ["refs/a*/"], ["refs/a/", "refs/a/"],
        ] {
            let rules = prefixes.map { RoutingRefStore.Rule($0, to: other) }
            let error = #expect(throws: RefError.self) { try RoutingRefStore(default: rest, rules: rules) }
            #expect(error?.code == .invalid)
        }
        #expect(throws: RefError.self) {
            try RoutingRefStore(
                default: rest, rules: [.init("refs/x/", to: MemoryRefStore(hashAlgorithm: .sha256))])
        }
        #expect(throws: RefError.self) {
            try RoutingRefStore(default: rest, rules: (0..<64).map { .init("refs/\($0)/", to: other) })
        }
        // A rule that changes nothing reserves nothing.
        let store = try RoutingRefStore(default: rest, rules: [.init("refs/a/b/", to: rest)])
        try store.commit(RefTransaction([.create("refs/a/b", at: Self.a)]))
    }

    @Test func stampsAndCapabilitiesAreOfAll() throws {
        let (rest, changes) = (MemoryRefStore(), MemoryRefStore())
        let store = try RoutingRefStore(default: rest, rules: [.init("refs/changes/", to: changes)])
        #expect(store.capabilities == rest.capabilities.subtracting([.atomicForReaders, .wholeListings]))
        #expect(store.commitDomain != rest.commitDomain)
        let below = RefScope(prefix: Array("refs/changes/".utf8))
        let (all, part) = (try store.stamp(covering: .all), try store.stamp(covering: below))
        try store.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        let next = try store.stamp(covering: .all)
        #expect(next != all)
        #expect(try store.stamp(covering: below) == part)
        // A snapshot stays as it was in all stores.
        let snapshot = try store.snapshot()
        try store.commit(RefTransaction([.create("refs/changes/1", at: Self.a)]))
        #expect(try store.stamp(covering: .all) != next)
        #expect(try snapshot.read("refs/changes/1") == nil)
        let alone = try RoutingRefStore(default: rest, rules: [])
        #expect(alone.capabilities == rest.capabilities && alone.commitDomain == rest.commitDomain)
    }
}
