import RefStoreChecks
import StrataModel
import StrataRefs
import StrataTesting
import Testing

/// Transactions over several stores.
@Suite struct SplitTransactionTests {
    typealias Routing = RoutingTests.Routing
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    static func lines(_ store: any RefStore) throws -> [String: Int] {
        try RefContents.logs(of: store).mapValues(\.count)
    }

    @Test(arguments: InnerStores.allCases)
    func symbolicReferencesLeadAcross(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        try all.commit(.symbolic(.head, to: "refs/changes/1"))
        try all.commit(.update(.head, to: Self.a, message: "through HEAD"))
        #expect(try all.changes.snapshot().read("refs/changes/1")?.objectID == Self.a)
        #expect(try all.rest.snapshot().read(.head)?.target == Array("refs/changes/1".utf8))
        #expect(try Self.lines(all.rest) == ["HEAD": 1])
        #expect(try Self.lines(all.changes) == ["refs/changes/1": 1])
        // The other way about: the branch that HEAD names, in another store, adds to HEAD's log.
        try all.commit(.update("refs/changes/1", to: Self.b, expecting: .object(Self.a)))
        #expect(try Self.lines(all.store) == ["HEAD": 2, "refs/changes/1": 2])
        // From a routed store back into the default one.
        try all.commit(.symbolic("refs/pull/s", to: "refs/heads/main"))
        try all.commit(.update("refs/pull/s", to: Self.a))
        #expect(try all.rest.snapshot().read("refs/heads/main")?.objectID == Self.a)
        #expect(try all.store.snapshot().objectID(of: "refs/pull/s") == Self.a)
        #expect(try Self.lines(all.pulls) == ["refs/pull/s": 1])
        // Two ways to one reference.
        #expect(throws: RefError.self) {
            try all.commit(.update("refs/pull/s", to: Self.b), .update("refs/heads/main", to: Self.b))
        }
        try all.commit(.delete("refs/changes/1", expecting: .object(Self.b)))
        #expect(try Self.lines(all.store) == ["HEAD": 3, "refs/heads/main": 1, "refs/pull/s": 1])
    }

    @Test(arguments: InnerStores.allCases)
    func aBatchGivesEachEditItsResult(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        try all.commit(.create("refs/heads/x", at: Self.a), .create("refs/changes/1", at: Self.a))
        let observer = RecordingObserver(.sha1)
        let result = try all.store.commit(
            RefTransaction(
                [
                    .create("refs/changes/1", at: Self.b), .create("refs/changes/2", at: Self.b),
                    .update("refs/heads/x", to: Self.b, expecting: .object(Self.b)),
                    .create("refs/changes", at: Self.b), .create("refs/changes/1/x", at: Self.b),
                    .create("refs/heads/y", at: Self.b), .delete("refs/pull/1", expecting: .mustExist),
                    .create("refs/pull/2", at: Self.b),
                ], mode: .batched), RefTransactionContext(observers: [observer]))
        #expect(
            result.rejections.map { $0?.reason } == [
                .createExists, nil, .incorrectOldValue, .nameConflict, .nameConflict, nil, .nonexistentRef, nil,
            ])
        #expect(
            try RoutingTests.names(all.store) == [
                "refs/changes/1", "refs/changes/2", "refs/heads/x", "refs/heads/y", "refs/pull/2",
            ])
        let zero = ObjectID.zero(.sha1)
        let told = ["refs/changes/2", "refs/heads/y", "refs/pull/2"].map { "\(zero) \(Self.b) \($0)" }
        #expect(Array(observer.events.drop { $0 != "prepared" }) == ["prepared"] + told + ["committed"] + told)
        #expect(observer.events.filter { !$0.contains(" ") } == ["preparing", "prepared", "committed"])
    }

    @Test(arguments: InnerStores.allCases)
    func oneRejectionKeepsAllStoresAsTheyWere(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        try all.commit(.create("refs/heads/x", at: Self.a))
        let before = try RefContents.references(of: all.store)
        for bad in [RefEdit.create("refs/heads/x", at: Self.b), .create("refs/heads/x/y", at: Self.b)] {
            #expect(throws: RefError.self) {
                try all.commit(.create("refs/changes/1", at: Self.b), bad, .create("refs/pull/1", at: Self.b))
            }
            #expect(try RefContents.references(of: all.store) == before)
        }
        #expect(try Self.lines(all.store) == ["refs/heads/x": 1])
        // All is let go: the same names can be had again.
        try all.commit(.create("refs/changes/1", at: Self.b), .create("refs/pull/1", at: Self.b))
    }

    static func spied(_ log: SpyLog, failing: (store: String, step: String)? = nil) throws -> RoutingRefStore {
        func spy(_ name: String) -> SpyStore {
            SpyStore(name, MemoryRefStore(), log, failing: failing?.store == name ? failing?.step : nil)
        }
        return try RoutingRefStore(
            default: spy("rest"), rules: [.init("refs/b/", to: spy("b")), .init("refs/a/", to: spy("a"))])
    }

    static let everywhere = RefTransaction(
        ["refs/heads/x", "refs/b/1", "refs/a/1"].map { RefEdit.create($0, at: a) })

    @Test func theOrderOfStoresIsFixed() throws {
        let log = SpyLog()
        try Self.spied(log).commit(Self.everywhere)
        #expect(
            log.take() == [
                "a hold", "b hold", "rest hold", "a stage", "b stage", "rest stage", "a commit", "b commit",
                "rest commit",
            ])
    }

    @Test(arguments: ["a", "b", "rest"], ["hold", "stage", "commit"])
    func failuresSayWhetherSomethingChanged(_ name: String, _ step: String) throws {
        let log = SpyLog()
        let store = try Self.spied(log, failing: (name, step))
        let error = #expect(throws: RefError.self) { try store.commit(Self.everywhere) }
        #expect(error?.code == .unavailable)
        let said = error?.message.hasSuffix("; other references of the transaction have changed already")
        let isPartial = step == "commit" && name != "a"
        #expect(said == isPartial)
        #expect(try RoutingTests.names(store).isEmpty == !isPartial)
        if step == "hold" { return }
        // Nothing stays held.
        for edit in Self.everywhere.edits { #expect(try TransactionLifeTests.isFree(edit.name, in: store)) }
    }

    /// A store in which names are only checked has changed nothing when a later one fails.
    @Test func readingIsNoChange() throws {
        let log = SpyLog()
        let store = try Self.spied(log, failing: ("rest", "commit"))
        let error = #expect(throws: RefError.self) {
            try store.commit(RefTransaction([RefEdit("refs/a/1", .verify), .create("refs/heads/x", at: Self.a)]))
        }
        #expect(error?.message == "rest fails to commit")
    }

    @Test(arguments: InnerStores.allCases)
    func reflogsAreRouted(_ kind: InnerStores) throws {
        let all = try Routing(kind)
        try all.commit(.create("refs/heads/x", at: Self.a), .create("refs/changes/1", at: Self.a))
        try all.changes.reflogs?.create("refs/heads/astray")
        let logs = try #require(all.store.reflogs)
        #expect(try logs.names() == ["refs/changes/1", "refs/heads/x"])
        #expect(try logs.exists("refs/changes/1") && !logs.exists("refs/heads/astray"))
        try logs.create("refs/pull/1")
        #expect(try all.pulls.reflogs?.names() == ["refs/pull/1"])
        #expect(try logs.expire("refs/changes/1", rewrite: false) { _ in false } == 1)
        try logs.delete("refs/changes/1")
        #expect(try all.changes.reflogs?.exists("refs/changes/1") == false)
    }
}
