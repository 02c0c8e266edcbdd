import StrataModel
import StrataObjects

/// A new store of objects for one law, and the words in which laws are written.
final class ObjectTrial: Expecting, Sendable {
    /// The store that is checked.
    let store: any ObjectStore
    /// Another way to the same objects, where there is one, which can be written.
    let writer: any ObjectStore
    let hasTwoHandles: Bool
    /// What removes nothing.
    let upkeep: (@Sendable () throws -> Void)?
    let damage: (@Sendable (ObjectID) throws -> Void)?
    let options: ObjectStoreCheckOptions
    let capabilities: ObjectStoreCapabilities
    let algorithm: HashAlgorithm

    /// So much is read where the limit is not what matters.
    static let limit = 1 << 30

    init(_ objects: SharedObjects, _ options: ObjectStoreCheckOptions) throws {
        guard let first = objects.handles.first, let last = objects.handles.last else {
            throw LawBroken("there is no store to check")
        }
        store = first
        writer = last
        hasTwoHandles = objects.handles.count > 1
        upkeep = objects.upkeep
        damage = objects.damage
        self.options = options
        capabilities = first.capabilities
        algorithm = first.algorithm
    }

    /// Ends the law where the store does not declare `some`.
    func need(_ some: ObjectStoreCapabilities) throws {
        let missing = some.subtracting(capabilities)
        guard missing.isEmpty else { throw NotApplicable("the store declares no \(missing.words)") }
    }

    // MARK: What there is

    /// Puts an object into the store, so that the law finds it.
    @discardableResult
    func put(_ contents: ObjectContents) throws -> ObjectID {
        guard writer.capabilities.contains(.writes) else {
            throw NotApplicable("nothing can be put into the store; see checkObjectStore(_:sharing:)")
        }
        let id = try contents.id(algorithm)
        let found = try writer.write(contents.kind, contents.bytes.span, durability: nil)
        try expect(found, id, "the id of a \(contents.words)")
        return id
    }

    @discardableResult
    func put(_ all: [ObjectContents]) throws -> [ObjectID] { try all.map { try put($0) } }

    /// Writes an object through the store that is checked.
    @discardableResult
    func write(_ contents: ObjectContents) throws -> ObjectID {
        try store.write(contents.kind, contents.bytes.span, durability: nil)
    }

    /// Blobs that are alike but for a few bytes, so that packing makes deltas of them.
    func many(_ count: Int) -> [ObjectContents] {
        let filling = String(repeating: "a line that all of them have\n", count: 6)
        return (0..<count).map { .blob("\(filling)number \($0)\n") }
    }

    // MARK: What is asked

    /// What a stream gives, made sure of that its pieces are as they should be.
    func collect(_ stream: any ObjectStream) throws -> [UInt8] {
        var (all, chunk): ([UInt8], [UInt8]) = ([], [])
        while try stream.next(&chunk) {
            try expect(!chunk.isEmpty, "a stream gives a piece without bytes")
            all += chunk
            try expect(UInt64(all.count) <= stream.size, "a stream of \(stream.size) bytes gives more")
        }
        try expect(UInt64(all.count), stream.size, "the number of bytes that a stream gives")
        try expect(!(try stream.next(&chunk)), "a stream goes on after its end")
        return all
    }

    /// The ids that a walk gives.
    func walk(_ order: ObjectOrder, in store: (any ObjectStore)? = nil) throws -> [ObjectID] {
        try rest(of: (store ?? self.store).cursor(order))
    }

    func rest(of cursor: any ObjectCursor) throws -> [ObjectID] {
        var ids: [ObjectID] = []
        while let id = try cursor.next() { ids.append(id) }
        return ids
    }

    func prefix(_ digits: some StringProtocol) throws -> ObjectIDPrefix {
        let digits = Array(digits.utf8)
        guard let prefix = ObjectIDPrefix(digits.span, algorithm: algorithm) else {
            throw LawBroken("'\(escaped(digits))' are no digits")
        }
        return prefix
    }

    func ids(_ digits: some StringProtocol, atMost count: Int = .max) throws -> [ObjectID] {
        try store.ids(startingWith: prefix(digits), atMost: count)
    }

    /// What an abbreviation stands for, in words.
    func resolve(_ digits: some StringProtocol, _ hint: AbbreviationHint? = nil) throws -> String {
        let digits = Array(digits.utf8)
        return switch try store.resolveAbbreviation(digits.span, hint: hint) {
        case .none: "none"
        case .unique(let id): id.hex
        case .ambiguous(let ids): ids.map(\.hex).joined(separator: " ")
        }
    }

    /// The error that `body` throws.
    func error(_ what: String, _ body: () throws(ObjectError) -> Void) throws -> ObjectError {
        do throws(ObjectError) { try body() } catch { return error }
        throw LawBroken("\(what) is done")
    }
}
