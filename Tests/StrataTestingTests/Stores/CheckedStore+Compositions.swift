import StrataFiles
import StrataModel
import StrataRefs
import StrataTesting

extension CheckedStore {
    /// What a namespace has a place for.
    static let isInNamespaces: @Sendable (RefName) -> Bool = { $0 == .head || $0.hasPrefix("refs/") }

    static func routing(over rest: any RefStore) throws -> RoutingRefStore {
        try RoutingRefStore(
            default: rest,
            rules: [.init("refs/heads/", to: MemoryRefStore()), .init("refs/tags/", to: MemoryRefStore())])
    }

    static func worktree(own: any RefStore = MemoryRefStore(), over common: any RefStore) -> WorktreeRefStore {
        WorktreeRefStore(own: own, id: Array("wt".utf8), common: common) { _ in nil }
    }

    /// A cache and what it is around, which is changed beside it.
    private static func cached(_ inner: any RefStore) -> SharedReferences {
        SharedReferences([CachedRefStore(around: inner), inner])
    }

    /// Over memory with all laws, on disk with some.
    static let compositions: [CheckedStore] = [
        CheckedStore("cached over memory", sharing: { _ in cached(MemoryRefStore()) }),
        CheckedStore("cached over packed", isOnDisk: true, sharing: { cached(try $0.packed()) }),
        CheckedStore("cached over loose", isOnDisk: true, sharing: { cached(try $0.loose()) }),
        CheckedStore("cached over files", isOnDisk: true, sharing: { cached(try $0.files()) }),
        CheckedStore("overlay") { _ in try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore()) },
        CheckedStore("overlay of memory over packed", isOnDisk: true) {
            try OverlayRefStore(front: MemoryRefStore(), over: try $0.packed())
        },
        CheckedStore("routing") { _ in try routing(over: MemoryRefStore()) },
        CheckedStore("linked worktree") { _ in worktree(over: MemoryRefStore()) },
        CheckedStore("main worktree") { _ in WorktreeRefStore(common: MemoryRefStore()) { _ in nil } },
        CheckedStore(
            "read-only",
            sharing: { _ in
                let store = MemoryRefStore()
                return SharedReferences([ReadOnlyRefStore(store), store])
            }),
        CheckedStore("namespace", keeps: isInNamespaces) { _ in
            NamespacedRefStore(try RefNamespace("a/b"), of: MemoryRefStore())
        },
    ].map { $0.isOnDisk ? $0.sampled(oneIn: 5) : $0 }

    static let nestings: [CheckedStore] = [
        CheckedStore("namespace of a routing", keeps: isInNamespaces) { _ in
            let routing = try RoutingRefStore(
                default: MemoryRefStore(),
                rules: [
                    .init("refs/namespaces/", to: MemoryRefStore()),
                    .init("refs/namespaces/a/refs/heads/", to: MemoryRefStore()),
                ])
            return NamespacedRefStore(try RefNamespace("a"), of: routing)
        },
        CheckedStore("namespace of a namespace", keeps: isInNamespaces) { _ in
            NamespacedRefStore(
                try RefNamespace("b"), of: NamespacedRefStore(try RefNamespace("a"), of: MemoryRefStore()))
        },
        CheckedStore("namespace of files", isOnDisk: true, keeps: isInNamespaces) {
            NamespacedRefStore(try RefNamespace("a"), of: try $0.files())
        },
        CheckedStore("worktree over a routing") { _ in worktree(over: try routing(over: MemoryRefStore())) },
        CheckedStore("worktree over files", isOnDisk: true) { worktree(own: try $0.loose(), over: try $0.files()) },
        CheckedStore("routing over a worktree") { _ in try routing(over: worktree(over: MemoryRefStore())) },
        CheckedStore("routing over a routing") { _ in
            try RoutingRefStore(
                default: MemoryRefStore(), rules: [.init("refs/", to: try routing(over: MemoryRefStore()))])
        },
        CheckedStore("routing over an overlay") { _ in
            try routing(over: try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore()))
        },
        CheckedStore("routing of files and memory", isOnDisk: true) { try routing(over: $0.files()) },
        CheckedStore("overlay that hides") { _ in
            try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore(), deletes: .hide)
        },
        CheckedStore("overlay over an overlay") { _ in
            try OverlayRefStore(
                front: OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore()), over: MemoryRefStore())
        },
        CheckedStore(
            "cached over a worktree over a routing",
            sharing: { _ in
                cached(worktree(over: try routing(over: MemoryRefStore())))
            }),
        CheckedStore(
            "cached over a namespace", keeps: isInNamespaces,
            sharing: { _ in
                cached(NamespacedRefStore(try RefNamespace("a"), of: MemoryRefStore()))
            }),
        CheckedStore("worktree over a cached store") { _ in worktree(over: CachedRefStore(around: MemoryRefStore())) },
        CheckedStore(
            "read-only over an overlay",
            sharing: { _ in
                let overlay = try OverlayRefStore(front: MemoryRefStore(), over: MemoryRefStore())
                return SharedReferences([ReadOnlyRefStore(overlay), overlay])
            }),
        CheckedStore(
            "overlay over a read-only store",
            sharing: { _ in
                let (front, back) = (MemoryRefStore(), MemoryRefStore())
                return SharedReferences([
                    try OverlayRefStore(front: front, over: ReadOnlyRefStore(back)),
                    try OverlayRefStore(front: front, over: back),
                ])
            }),
    ].map { $0.sampled(oneIn: $0.isOnDisk ? 5 : 3) }
}
