import StrataHash
public import StrataIO
public import StrataModel
import Synchronization

/// Objects in memory: for tests, scratch, and in front of another store (``OverlayObjectStore``), what need not be written yet. Safe to share between threads.
public final class MemoryObjectStore: ObjectStore {
    public let algorithm: HashAlgorithm
    private let state = Mutex(State())

    private struct State {
        var objects: [ObjectID: ObjectContents] = [:]
        /// The ids in their order, as long as nothing has been added since they were sorted.
        var sorted: [ObjectID]?
    }

    public init(_ algorithm: HashAlgorithm) { self.algorithm = algorithm }

    public var capabilities: ObjectStoreCapabilities { [.writes, .pins] }

    /// The number of objects.
    public var count: Int { state.withLock { $0.objects.count } }

    private var sorted: [ObjectID] {
        state.withLock { state in
            if let sorted = state.sorted { return sorted }
            let sorted = state.objects.keys.sorted()
            state.sorted = sorted
            return sorted
        }
    }

    // MARK: - Reading

    public func contains(_ id: ObjectID) -> Bool { state.withLock { $0.objects[id] != nil } }

    public func info(of id: ObjectID, _ fields: ObjectFields) -> ObjectInfo? {
        guard let contents = state.withLock({ $0.objects[id] }) else { return nil }
        let size = UInt64(contents.bytes.count)
        return ObjectInfo(
            kind: contents.kind, size: size, storedSize: size, deltaBase: .zero(algorithm), place: .memory)
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        guard let contents = state.withLock({ $0.objects[id] }) else { return nil }
        guard contents.bytes.count <= limit else {
            throw ObjectError(.tooLarge, object: id, "object of \(contents.bytes.count) bytes is too large")
        }
        return contents
    }

    public func stream(_ id: ObjectID, limit: Int) -> (any ObjectStream)? {
        state.withLock { $0.objects[id] }.map(MemoryObjectStream.init)
    }

    public func cursor(_ order: ObjectOrder) -> any ObjectCursor { ObjectListCursor(sorted, in: self) }

    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) -> [ObjectID] {
        var found: [ObjectID] = []
        sorted.add(startingWith: prefix, atMost: count, to: &found)
        return found
    }

    public func distinguishingDigits(of id: ObjectID) -> Int { sorted.distinguishingDigits(of: id) }

    public func approximateCount() -> Int { count }

    // MARK: - Writing

    public func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        let id = try ObjectHasher.id(of: kind, bytes, algorithm: algorithm)
        try keep(ObjectContents(kind: kind, bytes: unsafe bytes.withUnsafeBytes { unsafe Array($0) }), as: id)
        return id
    }

    public func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        var contents = ObjectContents(kind: stream.kind, bytes: [])
        var chunk: [UInt8] = []
        while try stream.next(&chunk) {
            contents.bytes += chunk
            if contents.bytes.count > stream.size { break }
        }
        guard contents.bytes.count == stream.size else {
            throw ObjectError(.refused, "stream of \(stream.size) bytes gave another number")
        }
        return try write(contents.kind, contents.bytes.span, durability: durability)
    }

    private func keep(_ contents: ObjectContents, as id: ObjectID) throws(ObjectError) {
        let isSame = state.withLock { state in
            if let known = state.objects[id] { return known == contents }
            state.objects[id] = contents
            state.sorted = nil
            return true
        }
        guard isSame else { throw ObjectError(.collision, object: id, "other contents have the id \(id)") }
    }

    /// Removes all objects.
    public func removeAll() { state.withLock { $0 = State() } }

    /// A copy of what is there now.
    public func pinned() -> any ObjectStore {
        let copy = MemoryObjectStore(algorithm)
        let now = state.withLock { $0 }
        copy.state.withLock { $0 = now }
        return copy
    }
}
