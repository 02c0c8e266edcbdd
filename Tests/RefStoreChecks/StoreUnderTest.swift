public import StrataModel
public import StrataRefs
import StrataTesting

/// A kind of store that the checks are run on.
public struct StoreUnderTest: Sendable, CustomStringConvertible {
    public let name: String
    /// A store with the scenario's references and reflogs.
    public let make: @Sendable (RefScenario) throws -> any RefStore

    public init(_ name: String, make: @escaping @Sendable (RefScenario) throws -> any RefStore) {
        self.name = name
        self.make = make
    }

    public var description: String { name }

    /// ``MemoryRefStore``.
    public static let memory = StoreUnderTest("memory") { scenario in
        let store = MemoryRefStore()
        try seed(store, scenario)
        return store
    }

    /// ``WorktreeRefStore`` of a linked worktree over two memory stores.
    public static let worktree = StoreUnderTest("worktree") { scenario in
        let own = MemoryRefStore()
        let store = WorktreeRefStore(own: own, id: Array("wt".utf8), common: MemoryRefStore()) { _ in nil }
        try seed(store, scenario)
        return store
    }

    /// Puts the scenario's references and reflogs into an empty store, by its primitives.
    public static func seed(_ store: any RefStore, _ scenario: RefScenario) throws {
        try RefContents.put(scenario.references.map { ($0.key, $0.value) }, into: store)
        for name in scenario.logs { try store.reflogs?.create(name) }
    }

    /// What the scenario's transaction comes to.
    public func run(_ scenario: RefScenario, objects: (any ObjectLookup)? = nil) throws -> RefOutcome {
        let store = try make(scenario)
        let observer = RecordingObserver(store.hashAlgorithm)
        let context = RefTransactionContext(
            objects: objects, reflogs: scenario.policy, observers: [observer]
        ) { () throws(RefError) in testCommitter }
        var messages: [String]
        do throws(RefError) {
            let result = try store.commit(RefTransaction(scenario.edits, mode: scenario.mode), context)
            messages = result.rejections.compactMap { $0?.message }.sorted()
        } catch {
            messages = [error.message]
        }
        return RefOutcome(
            messages: messages, references: try RefContents.references(of: store),
            logs: try RefContents.logs(of: store),
            events: observer.events)
    }
}

/// Who the tests' git is told that it is.
public let testCommitter = Signature(
    name: Array("C O Mitter".utf8), email: Array("committer@example.com".utf8), seconds: 1_112_911_993,
    offsetMinutes: -420)
