public import StrataModel

/// A store in which some objects stand for others: git's `refs/replace/`. Whoever reads an object gets the one that replaces it.
///
/// Whether an object is there, listings and writes are those of the store itself, as in git. Answers to git's `replace-object.c`.
public struct ReplacedObjectStore: WrappingObjectStore {
    public let base: any ObjectStore
    private let replacement: @Sendable (ObjectID) throws(ObjectError) -> ObjectID?

    /// A replacement of a replacement of a … is followed so often.
    public static let depthLimit = 5

    /// - Parameter replacement: the object that stands for another, if one does.
    public init(_ base: any ObjectStore, replacement: @escaping @Sendable (ObjectID) throws(ObjectError) -> ObjectID?) {
        self.base = base
        self.replacement = replacement
    }

    public init(_ base: any ObjectStore, replacements: [ObjectID: ObjectID]) {
        self.init(base) { id throws(ObjectError) in replacements[id] }
    }

    /// The object that is read for `id`: `id` itself, if nothing replaces it.
    ///
    /// - Throws: `corrupt` when replacements go on for more than ``depthLimit`` steps.
    public func actual(_ id: ObjectID) throws(ObjectError) -> ObjectID {
        var current = id
        for _ in 0..<Self.depthLimit {
            guard let next = try replacement(current) else { return current }
            current = next
        }
        throw ObjectError(.corrupt, object: id, "replace depth too high for object \(id)")
    }

    public func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        if fields.isEmpty { return try base.info(of: id, fields) }
        return try ask(id) { actual throws(ObjectError) in try base.info(of: actual, fields) }
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        try ask(id) { actual throws(ObjectError) in try base.read(actual, limit: limit) }
    }

    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        try ask(id) { actual throws(ObjectError) in try base.stream(actual, limit: limit) }
    }

    /// An object whose replacement is missing is there, and cannot be read.
    private func ask<Answer>(
        _ id: ObjectID, _ body: (ObjectID) throws(ObjectError) -> Answer?
    ) throws(ObjectError) -> Answer? {
        let actual = try actual(id)
        if let answer = try body(actual) { return answer }
        if actual == id { return nil }
        throw ObjectError(.corrupt, object: id, "replacement \(actual) not found for \(id)")
    }

    public func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor {
        ReplacingCursor(try base.cursor(order), self)
    }

    public func pinned() throws(ObjectError) -> any ObjectStore {
        ReplacedObjectStore(try base.pinned(), replacement: replacement)
    }
}

/// A walk that tells of replacements what it tells of objects.
private final class ReplacingCursor: ObjectCursor {
    private let cursor: any ObjectCursor
    private let store: ReplacedObjectStore
    private var last: ObjectID?

    init(_ cursor: any ObjectCursor, _ store: ReplacedObjectStore) {
        self.cursor = cursor
        self.store = store
    }

    func next() throws(ObjectError) -> ObjectID? {
        last = try cursor.next()
        return last
    }

    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        guard let last else { return nil }
        let actual = try store.actual(last)
        return actual == last ? try cursor.info(fields) : try store.info(of: last, fields)
    }
}
