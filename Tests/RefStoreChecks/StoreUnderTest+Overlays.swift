import StrataModel
import StrataRefs

extension StoreUnderTest {
    /// An overlay whose deletions go through, the references of a scenario spread over both stores.
    public static let overlay = StoreUnderTest("overlay") { scenario in
        try spread(scenario, front: MemoryRefStore(), back: MemoryRefStore(), .goThrough)
    }

    /// An overlay that hides what it deletes, with more in the back that is hidden already.
    public static let hidingOverlay = StoreUnderTest("hiding overlay") { scenario in
        try spread(scenario, front: MemoryRefStore(), back: MemoryRefStore(), .hide)
    }

    /// A hiding overlay in a routing in a worktree; its front is a routing too.
    public static let nestedOverlay = StoreUnderTest("worktree over routing over overlay") { scenario in
        let front = try RoutingRefStore(
            default: MemoryRefStore(), rules: [.init("refs/strata/", to: MemoryRefStore())])
        return try spread(scenario, front: front, back: MemoryRefStore(), .hide) { overlay in
            let routing = try RoutingRefStore(
                default: overlay, rules: [.init("refs/elsewhere/", to: MemoryRefStore())])
            return WorktreeRefStore(common: routing) { _ in nil }
        }
    }

    public static let overlays = [overlay, hidingOverlay, nestedOverlay]

    /// The scenario's references, by turns in the back, in the front, and in the front over another value in the back.
    private static func spread(
        _ scenario: RefScenario, front: any RefStore, back: any RefStore, _ deletes: OverlayRefStore.Deletes,
        within: (OverlayRefStore) throws -> any RefStore = { $0 }
    ) throws -> any RefStore {
        let overlay = try OverlayRefStore(front: front, over: back, deletes: deletes)
        if deletes == .hide { try hide(scenario, overlay) }
        var (above, below) = (scenario, scenario)
        for (index, name) in scenario.references.keys.sorted().enumerated() {
            switch index % 3 {
            case 0:
                above.references[name] = nil
                above.logs.remove(name)
            case 1:
                below.references[name] = nil
                below.logs.remove(name)
            default:
                below.references[name] = .symbolic(Array("refs/heads/elsewhere".utf8))
                below.logs.remove(name)
            }
        }
        above.logs.subtract(below.logs)
        try seed(back, below)
        try seed(front, above)
        return try within(overlay)
    }

    /// Names that the scenario may want are in the back, with logs, and hidden.
    private static func hide(_ scenario: RefScenario, _ overlay: OverlayRefStore) throws {
        let id = ObjectID(algorithm: overlay.hashAlgorithm, words: (1, 2, 3, 0))
        var hidden = RefScenario([:], [])
        for name in scenario.edits.map(\.name) + ["refs/heads/a", "refs/heads/a/b", "refs/heads/c", "ORIG_HEAD"] {
            if scenario.references[name] == nil && !name.isPseudoref {
                hidden.references[name] = .object(id, peeled: nil)
                hidden.logs.insert(name)
            }
        }
        try seed(overlay.back, hidden)
        let names = hidden.references.keys.sorted()
        let held = try overlay.hold(names)
        try held.stage(
            names.map {
                ResolvedRefEdit(
                    name: $0, action: .delete, old: hidden.references[$0], reflog: nil, createsReflog: false)
            }, durability: nil)
        try held.commit()
    }
}
