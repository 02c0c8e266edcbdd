import StrataIO
public import StrataModel
public import StrataRefs
import Synchronization

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
        let held = try store.hold(scenario.references.keys.sorted())
        try held.stage(
            scenario.references.map {
                ResolvedRefEdit(name: $0.key, action: .write($0.value), old: nil, reflog: nil, createsReflog: false)
            }, durability: nil)
        try held.commit()
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
            messages: messages, references: try Self.references(of: store), logs: try Self.logs(of: store),
            events: observer.events)
    }

    /// All that a store lists.
    public static func references(of store: any RefStore) throws -> [String: String] {
        var all: [String: String] = [:]
        var cursor = try store.snapshot().cursor(over: .all)
        while let view = try cursor.next() { all[view.refName.description] = view.value.text }
        return all
    }

    /// All reflogs of a store.
    public static func logs(of store: any RefStore) throws -> [String: [String]] {
        var all: [String: [String]] = [:]
        for name in try store.reflogs?.names() ?? [] {
            var lines: [String] = []
            try store.reflogs?.read(name, newestFirst: false) { entry throws(RefError) in
                let message = entry.message.isEmpty ? "" : "\t" + String(decoding: entry.message, as: UTF8.self)
                lines.append("\(entry.old) \(entry.new) \(entry.committer)\(message)")
                return true
            }
            all[name.description] = lines
        }
        return all
    }
}

/// Who the tests' git is told that it is.
public let testCommitter = Signature(
    name: Array("C O Mitter".utf8), email: Array("committer@example.com".utf8), seconds: 1_112_911_993,
    offsetMinutes: -420)

/// Writes down what it is told, as git's hook would be.
public final class RecordingObserver: RefTransactionObserver {
    private let lines = Mutex<[String]>([])
    private let zero: String
    private let refused: RefTransactionPhase?

    /// An observer that refuses in the phase `refusing`.
    public init(_ algorithm: HashAlgorithm, refusing: RefTransactionPhase? = nil) {
        zero = ObjectID.zero(algorithm).hex
        refused = refusing
    }

    public var events: [String] { lines.withLock { $0 } }

    public func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
        let told = updates.map { "\(text($0.old)) \(text($0.new)) \($0.name)" }
        lines.withLock { $0 += [phase.rawValue] + told }
        if phase == refused { throw RefError(.refused, "refused") }
    }

    private func text(_ target: RefTarget?) -> String {
        switch target {
        case nil: zero
        case .object(let id): id.hex
        case .symbolic(let name): "ref:\(name)"
        }
    }
}
