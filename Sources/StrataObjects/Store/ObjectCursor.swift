public import StrataModel

/// In which order a walk gives objects.
public enum ObjectOrder: Sendable, Hashable {
    /// By id, each once.
    case byID
    /// As they lie in the store, packs by offset: fastest to read. Each once, or with every copy that there is.
    case asStored(repeating: Bool)
}

/// A walk over objects. For one thread at a time.
public protocol ObjectCursor: AnyObject {
    /// The next object's id; nil at the end.
    func next() throws(ObjectError) -> ObjectID?

    /// What is known of the object that ``next()`` gave last, of that very copy; nil when it has gone meanwhile.
    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo?
}

/// A walk over ids that are known, in a store that is asked about each.
public final class ObjectListCursor: ObjectCursor {
    private let ids: [ObjectID]
    private let store: any ObjectStore
    private var index = 0

    public init(_ ids: [ObjectID], in store: any ObjectStore) {
        self.ids = ids
        self.store = store
    }

    public func next() -> ObjectID? {
        guard index < ids.count else { return nil }
        defer { index += 1 }
        return ids[index]
    }

    public func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        guard index > 0 else { return nil }
        return try store.info(of: ids[index - 1], fields)
    }
}
