import StrataHash
public import StrataIO
public import StrataModel

/// One store in front of another: objects are looked for in the front and then in the back, and written into the front, unless the back has them.
///
/// A part that cannot be read, or has a damaged copy, does not hide a good one in the other. Safe to share between threads.
public final class OverlayObjectStore: ObjectStore {
    public let front: any ObjectStore
    public let back: any ObjectStore
    public let algorithm: HashAlgorithm

    /// - Throws: `refused` when the stores name their objects by different hash functions.
    public init(front: any ObjectStore, over back: any ObjectStore) throws(ObjectError) {
        guard front.algorithm == back.algorithm else {
            throw ObjectError(.refused, "a store over another needs the same hash function")
        }
        self.front = front
        self.back = back
        algorithm = front.algorithm
    }

    public var capabilities: ObjectStoreCapabilities {
        var capabilities = front.capabilities.intersection([.writes, .durable])
        if front.capabilities.contains(.pins), back.capabilities.contains(.pins) { capabilities.insert(.pins) }
        return capabilities
    }

    // MARK: - One object

    public func contains(_ id: ObjectID) throws(ObjectError) -> Bool {
        try first { store throws(ObjectError) in try store.contains(id) ? true : nil } ?? false
    }

    public func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        try first { store throws(ObjectError) in try store.info(of: id, fields) }
    }

    public func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        try first { store throws(ObjectError) in try store.read(id, limit: limit) }
    }

    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        try first { store throws(ObjectError) in try store.stream(id, limit: limit) }
    }

    /// The first answer; the first error, if there is none.
    private func first<Answer>(_ ask: (any ObjectStore) throws(ObjectError) -> Answer?) throws(ObjectError) -> Answer? {
        let failure: ObjectError
        do throws(ObjectError) {
            if let answer = try ask(front) { return answer }
            return try ask(back)
        } catch {
            // One that is there and too large is no less so elsewhere.
            if error.code == .tooLarge { throw error }
            failure = error
        }
        if let answer = try? ask(back) { return answer }
        throw failure
    }

    // MARK: - Looking for many

    public func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor {
        let (first, second) = (try front.cursor(order), try back.cursor(order))
        switch order {
        case .byID: return try MergedObjectCursor(first, second)
        case .asStored(let repeating): return JoinedObjectCursor(first, second, repeating: repeating)
        }
    }

    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        let found = try front.ids(startingWith: prefix, atMost: count) + back.ids(startingWith: prefix, atMost: count)
        return Array(Set(found).sorted().prefix(count))
    }

    public func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        try max(front.distinguishingDigits(of: id), back.distinguishingDigits(of: id))
    }

    public func approximateCount() throws(ObjectError) -> Int {
        try front.approximateCount() + back.approximateCount()
    }

    // MARK: - Writing

    public func freshen(_ id: ObjectID) throws(ObjectError) -> Bool {
        if try front.freshen(id) { return true }
        return try back.freshen(id)
    }

    public func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        let id = try ObjectHasher.id(of: kind, bytes, algorithm: algorithm)
        if try back.freshen(id) { return id }
        return try front.write(kind, bytes, durability: durability)
    }

    /// Writes into the front: what a stream gives is known only then.
    public func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        try front.write(stream, durability: durability)
    }

    public func pinned() throws(ObjectError) -> any ObjectStore {
        try OverlayObjectStore(front: front.pinned(), over: back.pinned())
    }
}

/// Two walks by id in one, each object once.
final class MergedObjectCursor: ObjectCursor {
    private let cursors: [any ObjectCursor]
    private var heads: [ObjectID?]
    /// Which of them gave the last one.
    private var last: Int?

    init(_ first: any ObjectCursor, _ second: any ObjectCursor) throws(ObjectError) {
        cursors = [first, second]
        heads = [try first.next(), try second.next()]
    }

    func next() throws(ObjectError) -> ObjectID? {
        // The head that was given is left where it is until now, so that it can be asked about.
        if let last {
            let given = heads[last]
            for index in heads.indices where heads[index] == given { heads[index] = try cursors[index].next() }
        }
        last = nil
        guard let least = heads.compactMap({ $0 }).min() else { return nil }
        last = heads.firstIndex(of: least)
        return least
    }

    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        guard let last else { return nil }
        return try cursors[last].info(fields)
    }
}

/// One walk after another.
final class JoinedObjectCursor: ObjectCursor {
    private let cursors: [any ObjectCursor]
    private let repeating: Bool
    /// What the first walk has given, unless repetitions are wanted. Its store cannot be asked instead: it may have got an object when the walk was
    /// past it, or have one that it does not list.
    private var given: Set<ObjectID> = []
    private var index = 0

    init(_ first: any ObjectCursor, _ second: any ObjectCursor, repeating: Bool) {
        cursors = [first, second]
        self.repeating = repeating
    }

    func next() throws(ObjectError) -> ObjectID? {
        while index < cursors.count {
            while let id = try cursors[index].next() {
                if repeating { return id }
                if index == 0 { given.insert(id) } else if given.contains(id) { continue }
                return id
            }
            index += 1
        }
        return nil
    }

    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        index < cursors.count ? try cursors[index].info(fields) : nil
    }
}
