import RefStoreChecks
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// The nestings that DESIGN.md says are supported, each over stores in memory and in files, and those that are refused, each with its error.
@Suite struct NestingTableTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    struct Nesting: Sendable, CustomStringConvertible {
        let description: String
        let make: @Sendable (InnerStores.Maker) throws -> any RefStore

        init(_ description: String, _ make: @escaping @Sendable (InnerStores.Maker) throws -> any RefStore) {
            (self.description, self.make) = (description, make)
        }
    }

    private static func routing(_ maker: InnerStores.Maker, over rest: any RefStore) throws -> RoutingRefStore {
        try RoutingRefStore(default: rest, rules: [.init("refs/changes/", to: try maker.make())])
    }

    private static func linked(_ maker: InnerStores.Maker, over common: any RefStore) throws -> WorktreeRefStore {
        WorktreeRefStore(own: try maker.make(), id: Array("one".utf8), common: common) { _ in nil }
    }

    private static func hiding(_ maker: InnerStores.Maker, over back: any RefStore) throws -> OverlayRefStore {
        try OverlayRefStore(front: try maker.make(), over: back, deletes: .hide)
    }

    static let supported: [Nesting] = [
        Nesting("worktree over routing") { try linked($0, over: routing($0, over: $0.make())) },
        Nesting("routing over worktree") { try routing($0, over: linked($0, over: $0.make())) },
        Nesting("routing over routing") { maker in
            try RoutingRefStore(
                default: maker.make(), rules: [.init("refs/", to: try routing(maker, over: maker.make()))])
        },
        Nesting("namespace over routing") { maker in
            NamespacedRefStore(
                try RefNamespace("n"),
                of: try RoutingRefStore(
                    default: maker.make(), rules: [.init("refs/namespaces/n/refs/changes/", to: maker.make())]))
        },
        Nesting("routing over namespaces of two stores") { maker in
            try RoutingRefStore(
                default: NamespacedRefStore(try RefNamespace("n"), of: maker.make()),
                rules: [.init("refs/changes/", to: NamespacedRefStore(try RefNamespace("n"), of: maker.make()))])
        },
        Nesting("namespace over worktree") { maker in
            NamespacedRefStore(try RefNamespace("a/b"), of: try linked(maker, over: maker.make()))
        },
        Nesting("worktree over overlay") { try linked($0, over: hiding($0, over: $0.make())) },
        Nesting("overlay over worktree") { try hiding($0, over: linked($0, over: $0.make())) },
        Nesting("worktree as an overlay's front") { maker in
            try OverlayRefStore(front: linked(maker, over: maker.make()), over: maker.make(), deletes: .hide)
        },
        Nesting("overlay over overlay") { try hiding($0, over: hiding($0, over: $0.make())) },
        Nesting("overlay in a namespace's place") { maker in
            try hiding(maker, over: NamespacedRefStore(RefNamespace("n"), of: maker.make()))
        },
        Nesting("namespace of an overlay") { maker in
            NamespacedRefStore(try RefNamespace("n"), of: try hiding(maker, over: maker.make()))
        },
        Nesting("routing as an overlay's front") { maker in
            try OverlayRefStore(front: routing(maker, over: maker.make()), over: maker.make(), deletes: .hide)
        },
        Nesting("overlay over read-only") { try hiding($0, over: ReadOnlyRefStore($0.make())) },
        Nesting("overlay that deletes through, in a routing") { maker in
            try routing(maker, over: OverlayRefStore(front: maker.make(), over: maker.make()))
        },
        Nesting("overlay that deletes through, as a front") { maker in
            try OverlayRefStore(
                front: OverlayRefStore(front: maker.make(), over: maker.make()), over: maker.make(), deletes: .hide)
        },
        Nesting("cache over worktree over routing over overlay") { maker in
            CachedRefStore(around: try linked(maker, over: routing(maker, over: hiding(maker, over: maker.make()))))
        },
        Nesting("caches in a routing") { maker in
            try RoutingRefStore(
                default: CachedRefStore(around: maker.make()),
                rules: [.init("refs/changes/", to: CachedRefStore(around: maker.make()))])
        },
    ]

    @Test(arguments: supported, InnerStores.allCases)
    func isSupported(_ nesting: Nesting, _ kind: InnerStores) throws {
        let maker = try InnerStores.Maker(kind)
        let store = try nesting.make(maker)
        let context = RoutingTests.context
        let names: [RefName] = ["refs/changes/1", "refs/heads/a/b", "refs/heads/main"]
        try store.commit(
            RefTransaction([.symbolic(.head, to: "refs/heads/main")] + names.map { .create($0, at: Self.a) }), context)
        #expect(try RoutingTests.names(store) == ["HEAD"] + names.map(\.description))
        // Through HEAD, whose log tells of it; whole or absent.
        try store.commit(RefTransaction([.update(.head, to: Self.b), .delete("refs/changes/1")]), context)
        #expect(try store.snapshot().objectID(of: .head) == Self.b)
        #expect(try store.reflogs?.names() == [.head, "refs/heads/a/b", "refs/heads/main"])
        for bad in ["refs/heads/a", "refs/heads/main/x", "refs/changes"] as [RefName] {
            if bad == "refs/changes" {
                try store.commit(RefTransaction([.create("refs/changes/2", at: Self.a)]), context)
            }
            let error = #expect(throws: RefError.self) {
                try store.commit(RefTransaction([.create(bad, at: Self.a), .delete("refs/heads/main")]), context)
            }
            #expect(error?.rejection?.reason == .nameConflict)
        }
        let edits: [RefEdit] = [
            .update("refs/heads/main", to: Self.a, expecting: .object(Self.a)), .delete("refs/heads/a/b"),
            .create("refs/changes/3", at: Self.a),
        ]
        let result = try store.commit(RefTransaction(edits, mode: .batched), context)
        #expect(result.rejections.map { $0?.reason } == [.incorrectOldValue, nil, nil])
        #expect(try RoutingTests.names(store) == ["HEAD", "refs/changes/2", "refs/changes/3", "refs/heads/main"])
        let below = RefScope(prefix: Array("refs/changes/".utf8), from: Array("refs/changes/3".utf8))
        #expect(try RoutingTests.names(store, below) == ["refs/changes/3"])
        // Explained by the layers, each of which agrees with the whole.
        let told = store.explain(.name("refs/heads/main"))
        #expect(told.failure == nil && !told.layers.isEmpty)
        guard case .value(.object(Self.b, _)) = told.answer else { return #expect(Bool(false), "\(told)") }
    }

    struct Refusal: Sendable, CustomStringConvertible {
        let description: String
        let code: RefError.Code
        let run: @Sendable () throws -> Void

        init(_ description: String, _ code: RefError.Code, _ run: @escaping @Sendable () throws -> Void) {
            (self.description, self.code, self.run) = (description, code, run)
        }
    }

    private static func route(_ prefixes: String...) throws {
        _ = try RoutingRefStore(
            default: MemoryRefStore(), rules: prefixes.map { .init($0, to: MemoryRefStore()) })
    }

    static let refused: [Refusal] = [
        Refusal("a prefix without a slash at its end", .invalid) { try route("refs/changes") },
        Refusal("a prefix outside refs/", .invalid) { try route("changes/") },
        Refusal("a malformed prefix", .invalid) { try route("refs/a..b/") },
        Refusal("one prefix twice", .invalid) { try route("refs/a/", "refs/a/") },
        Refusal("more than 63 rules", .invalid) {
            _ = try RoutingRefStore(
                default: MemoryRefStore(), rules: (0..<64).map { .init("refs/\($0)/", to: MemoryRefStore()) })
        },
        Refusal("a routing of different hash functions", .invalid) {
            _ = try RoutingRefStore(
                default: MemoryRefStore(), rules: [.init("refs/a/", to: MemoryRefStore(hashAlgorithm: .sha256))])
        },
        Refusal("an overlay of different hash functions", .invalid) {
            _ = try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore(hashAlgorithm: .sha256))
        },
        Refusal("an empty namespace", .invalid) { _ = try RefNamespace("//") },
        Refusal("a malformed namespace", .invalid) { _ = try RefNamespace("a..b") },
        Refusal("a hiding front that hides", .unsupported) {
            let front = try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore(), deletes: .hide)
            _ = try OverlayRefStore(front: front, over: MemoryRefStore(), deletes: .hide)
        },
        Refusal("a hiding front without symbolic references", .unsupported) {
            let packed = PackedRefStore(
                "packed-refs", hashAlgorithm: .sha1, locks: LockSpace(directory: "strata"))
            _ = try OverlayRefStore(front: packed, over: MemoryRefStore(), deletes: .hide)
        },
        Refusal("writing what is read-only, at any depth", .unsupported) {
            let store = try RoutingRefStore(
                default: MemoryRefStore(),
                rules: [.init("refs/a/", to: CachedRefStore(around: ReadOnlyRefStore(MemoryRefStore())))])
            try store.commit(RefTransaction([.create("refs/a/x", at: a)]))
        },
        Refusal("deleting through to what is read-only", .unsupported) {
            let store = try OverlayRefStore(front: MemoryRefStore(), over: ReadOnlyRefStore(MemoryRefStore()))
            try store.commit(RefTransaction([.create("refs/heads/x", at: a)]))
        },
        Refusal("a symbolic reference out of a namespace", .invalid) {
            let store = NamespacedRefStore(try RefNamespace("n"), of: MemoryRefStore())
            try store.commit(RefTransaction([.symbolic(.head, to: "ORIG_HEAD")]))
        },
        Refusal("a name that has no place in a namespace", .invalid) {
            let store = NamespacedRefStore(try RefNamespace("n"), of: MemoryRefStore())
            try store.commit(RefTransaction([.create("ORIG_HEAD", at: a)]))
        },
        Refusal("a worktree that there is not", .invalid) {
            let store = WorktreeRefStore(common: MemoryRefStore()) { _ in nil }
            try store.commit(RefTransaction([.create("worktrees/none/HEAD", at: a)]))
        },
        Refusal("a reserved parent of a prefix", .rejected) {
            let store = try RoutingRefStore(
                default: MemoryRefStore(), rules: [.init("refs/changes/", to: MemoryRefStore())])
            try store.commit(RefTransaction([.create("refs/changes", at: a)]))
        },
        Refusal("a name among an overlay's markers", .invalid) {
            let store = try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore(), deletes: .hide)
            try store.commit(RefTransaction([.create("refs/strata/hidden/x", at: a)]))
        },
    ]

    @Test(arguments: refused)
    func isRefused(_ refusal: Refusal) throws {
        let error = #expect(throws: RefError.self) { try refusal.run() }
        #expect(error?.code == refusal.code)
    }
}
