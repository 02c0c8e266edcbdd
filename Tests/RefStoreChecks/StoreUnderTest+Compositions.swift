import StrataModel
import StrataRefs

extension StoreUnderTest {
    /// ``RoutingRefStore`` with branches in one memory store, tags in another and the rest, `HEAD` too, in a third.
    public static let routing = StoreUnderTest("routing") { scenario in
        let store = try routed(over: MemoryRefStore())
        try seed(store, scenario)
        return store
    }

    /// ``NamespacedRefStore`` over a memory store.
    public static let namespaced = StoreUnderTest("namespaced") { scenario in
        let store = NamespacedRefStore(try RefNamespace("a/b"), of: MemoryRefStore())
        try seed(store, scenario)
        return store
    }

    /// A namespace whose branches and other references live in two stores.
    public static let namespacedOverRouting = StoreUnderTest("namespaced over routing") { scenario in
        let routing = try RoutingRefStore(
            default: MemoryRefStore(),
            rules: [
                .init("refs/namespaces/", to: MemoryRefStore()),
                .init("refs/namespaces/a/refs/heads/", to: MemoryRefStore()),
            ])
        let store = NamespacedRefStore(try RefNamespace("a"), of: routing)
        try seed(store, scenario)
        return store
    }

    /// A linked worktree over a routing.
    public static let worktreeOverRouting = StoreUnderTest("worktree over routing") { scenario in
        let store = WorktreeRefStore(
            own: MemoryRefStore(), id: Array("wt".utf8), common: try routed(over: MemoryRefStore())
        ) { _ in nil }
        try seed(store, scenario)
        return store
    }

    /// A routing whose rest is a linked worktree.
    public static let routingOverWorktree = StoreUnderTest("routing over worktree") { scenario in
        let worktree = WorktreeRefStore(own: MemoryRefStore(), id: Array("wt".utf8), common: MemoryRefStore()) { _ in
            nil
        }
        let store = try routed(over: worktree)
        try seed(store, scenario)
        return store
    }

    /// A routing that leads to a routing.
    public static let routingOverRouting = StoreUnderTest("routing over routing") { scenario in
        let store = try RoutingRefStore(
            default: MemoryRefStore(), rules: [.init("refs/", to: try routed(over: MemoryRefStore()))])
        try seed(store, scenario)
        return store
    }

    /// All of the above, and overlays.
    public static let compositions =
        [routing, namespaced, namespacedOverRouting, worktreeOverRouting, routingOverWorktree, routingOverRouting]
        + overlays

    private static func routed(over rest: any RefStore) throws -> RoutingRefStore {
        try RoutingRefStore(
            default: rest,
            rules: [.init("refs/heads/", to: MemoryRefStore()), .init("refs/tags/", to: MemoryRefStore())])
    }
}
