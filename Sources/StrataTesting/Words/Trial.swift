import StrataModel
import StrataRefs

/// A new store for one law, and the words in which laws are written.
final class Trial: Expecting {
    /// The store that is checked.
    let store: any RefStore
    /// Another way to the same references, where there is one, which can be written.
    let writer: any RefStore
    let hasTwoHandles: Bool
    /// What changes nothing that can be seen.
    let upkeep: (@Sendable () throws -> Void)?
    /// Spoils what a reference holds.
    let damage: (@Sendable (RefName) throws -> Void)?
    let options: RefStoreCheckOptions
    let capabilities: RefStoreCapabilities
    let letters: Letters

    init(_ references: SharedReferences, _ options: RefStoreCheckOptions) throws {
        guard let first = references.handles.first, let last = references.handles.last else {
            throw LawBroken("there is no store to check")
        }
        store = first
        writer = last
        hasTwoHandles = references.handles.count > 1
        upkeep = references.upkeep
        damage = references.damage
        self.options = options
        capabilities = first.capabilities
        letters = Letters(first.hashAlgorithm)
    }

    var a: ObjectID { letters.id("a") }
    var b: ObjectID { letters.id("b") }
    var c: ObjectID { letters.id("c") }
    var zero: ObjectID { .zero(letters.algorithm) }

    // MARK: What applies

    /// Whether the store has a place for `name`.
    func keeps(_ name: RefName) -> Bool {
        guard options.keeps(name) else { return false }
        return name.place != .current || capabilities.contains(.perWorktreeRefs)
    }

    /// Ends the law where the store has no place for a name.
    func need(_ names: RefName...) throws { try need(names) }

    func need(_ names: [RefName]) throws {
        for name in names where !keeps(name) {
            throw NotApplicable("the store has no place for '\(escaped(name.bytes))'")
        }
    }

    /// Ends the law where the store does not declare `some`.
    func need(_ some: RefStoreCapabilities) throws {
        let missing = some.subtracting(capabilities)
        guard missing.isEmpty else { throw NotApplicable("the store declares no \(missing.words)") }
    }

    private func need(_ value: RefValue) throws {
        guard let target = value.target else { return }
        try need(.symbolicRefs)
        if let name = RefName(tolerating: target) { try need(name) }
    }

    // MARK: What there is

    /// Puts references into the store, by the primitives, so that the law finds them: letters, or `ref: ` and a name.
    func seed(_ references: [String: String]) throws {
        try seed(references.map { (ref($0.key), letters.value($0.value)) })
    }

    func seed(_ references: [(name: RefName, value: RefValue)]) throws {
        try need(references.map(\.name))
        for (_, value) in references { try need(value) }
        guard writer.capabilities.contains(.writes) else {
            throw NotApplicable("nothing can be put into the store; see checkRefStore(_:sharing:)")
        }
        try RefContents.put(references, into: writer)
    }

    /// Makes empty reflogs, so that they are written whatever the policy.
    func seedLogs(_ names: String...) throws {
        try need(.reflogs)
        try need(names.map { ref($0) })
        let held = try writer.hold(names.map { ref($0) }.sorted())
        defer { held.abort() }
        for name in names { try writer.reflogs?.create(ref(name)) }
    }

    /// What `name` holds, in letters.
    func value(_ name: String) throws -> String? { try store.snapshot().read(ref(name)).map(letters.text) }

    /// The names in `scope`, in the order of the listing.
    func names(_ scope: RefScope = .all) throws -> [String] {
        var cursor = try store.snapshot().cursor(over: scope)
        return try Self.names(&cursor)
    }

    static func names(_ cursor: inout any RefCursor, atMost count: Int = .max) throws -> [String] {
        var names: [String] = []
        while names.count < count, let view = try cursor.next() { names.append(escaped(view.refName.bytes)) }
        return names
    }

    // MARK: What is found

    /// Compares all references, listed and read one by one, with `expected`: letters, or `ref: ` and a name.
    func expectReferences(_ expected: [String: String], _ when: String = "afterwards") throws {
        let snapshot = try store.snapshot()
        let listed = try RefContents.references(of: snapshot, letters.text)
        try expect(
            listed.sorted { $0.key < $1.key }.map { "\($0) = \($1)" },
            expected.sorted { $0.key < $1.key }.map { "\($0) = \($1)" }, "the references \(when)")
        for (name, value) in expected {
            try expect(try snapshot.read(ref(name)).map(letters.text), value, "\(name) \(when)")
        }
    }

    /// Compares all reflogs with `expected`, lines as `a b message`; of a store without any nothing is expected.
    func expectLogs(_ expected: [String: [String]], _ when: String = "afterwards") throws {
        guard capabilities.contains(.reflogs) else { return }
        let found = try RefContents.logs(of: store, letters.text)
        try expect(
            found.sorted { $0.key < $1.key }.map { "\($0): \($1)" },
            expected.sorted { $0.key < $1.key }.map { "\($0): \($1)" }, "the reflogs \(when)")
    }
}
