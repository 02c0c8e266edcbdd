import Glibc
import StrataIO
import StrataModel
import StrataObjects
import Synchronization

/// How a small store does what it does; each bug changes one of them.
struct SmallObjectWays: Sendable {
    typealias State = SmallObjectStore.State

    /// What a read finds.
    var find: @Sendable (SmallObjectStore, ObjectID) -> ObjectContents? = { store, id in
        let now = store.now
        return now.loose[id] ?? now.packed[id]
    }
    /// Puts an object among the others.
    var keep: @Sendable (SmallObjectStore, ObjectID, ObjectContents) -> Void = { store, id, contents in
        store.change { $0.loose[id] = contents }
    }
    /// The error of an object that is damaged; nil = it is taken for absent.
    var damage: @Sendable (ObjectID) -> ObjectError? = { ObjectError(.corrupt, object: $0, "damaged object \($0)") }
    var info: @Sendable (ObjectContents) -> ObjectInfo = {
        ObjectInfo(kind: $0.kind, size: UInt64($0.bytes.count))
    }
    var isTooLarge: @Sendable (_ size: Int, _ limit: Int) -> Bool = { $0 > $1 }
    /// The ids that a walk gives, of those that are loose and those that are packed.
    var list: @Sendable (ObjectOrder, [ObjectID], [ObjectID]) -> [ObjectID] = { order, loose, packed in
        switch order {
        case .byID: Set(loose + packed).sorted()
        case .asStored(repeating: false): packed + loose.filter { !Set(packed).contains($0) }
        case .asStored(repeating: true): packed + loose
        }
    }
    var found: @Sendable (_ found: [ObjectID], _ count: Int) -> [ObjectID] = { Array($0.prefix($1)) }
    var digits: @Sendable (_ digits: Int, _ isThere: Bool) -> Int = { digits, _ in digits }
    /// The bytes of a stream that is written, and whether they are taken: nil = refused.
    var takes: @Sendable (_ bytes: [UInt8], _ size: Int) -> [UInt8]? = { $0.count == $1 ? $0 : nil }
    var keepsRefused = false
    var id: @Sendable (ObjectContents, ObjectID) -> ObjectID = { $1 }
    var stream: @Sendable (ObjectContents) -> any ObjectStream = { MemoryObjectStream($0) }
}

/// A store of objects in memory, loose and packed, small enough to be changed in one place.
final class SmallObjectStore: ObjectStore {
    struct State: Sendable {
        var loose: [ObjectID: ObjectContents] = [:]
        var packed: [ObjectID: ObjectContents] = [:]
        var damaged: Set<ObjectID> = []
    }

    let algorithm: HashAlgorithm
    let ways: SmallObjectWays
    private let state: Mutex<State>

    init(_ algorithm: HashAlgorithm, _ ways: SmallObjectWays, _ state: State = State()) {
        self.algorithm = algorithm
        self.ways = ways
        self.state = Mutex(state)
    }

    var capabilities: ObjectStoreCapabilities { [.writes, .pins] }
    var now: State { state.withLock { $0 } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func pack() {
        change { state in
            state.packed.merge(state.loose) { old, _ in old }
            state.loose = [:]
        }
    }

    /// Lets others come between.
    static func wait() { usleep(300) }

    private func contents(_ id: ObjectID) throws(ObjectError) -> ObjectContents? {
        if now.damaged.contains(id) {
            if let error = ways.damage(id) { throw error }
            return nil
        }
        return ways.find(self, id)
    }

    func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        try contents(id).map(ways.info)
    }

    func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        guard let contents = try contents(id) else { return nil }
        if ways.isTooLarge(contents.bytes.count, limit) { throw ObjectError(.tooLarge, object: id, "too large") }
        return contents
    }

    func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        try contents(id).map(ways.stream)
    }

    private var sorted: [ObjectID] {
        let now = now
        return Set(Array(now.loose.keys) + Array(now.packed.keys)).sorted()
    }

    func cursor(_ order: ObjectOrder) -> any ObjectCursor {
        let now = now
        return ObjectListCursor(ways.list(order, now.loose.keys.sorted(), now.packed.keys.sorted()), in: self)
    }

    func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) -> [ObjectID] {
        ways.found(sorted.filter(prefix.matches), count)
    }

    func distinguishingDigits(of id: ObjectID) -> Int {
        let all = sorted
        let shared = all.filter { $0 != id }.map { zip($0.hex.utf8, id.hex.utf8).prefix { $0 == $1 }.count + 1 }
        return ways.digits(shared.max() ?? 0, all.contains(id))
    }

    func approximateCount() -> Int { sorted.count }

    func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        let contents = ObjectContents(kind: kind, bytes: unsafe bytes.withUnsafeBytes { unsafe Array($0) })
        let id = try MemoryObjectStore(algorithm).write(kind, bytes, durability: nil)
        ways.keep(self, id, contents)
        return ways.id(contents, id)
    }

    func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        var (all, chunk): ([UInt8], [UInt8]) = ([], [])
        while try stream.next(&chunk) { all += chunk }
        guard let bytes = ways.takes(all, Int(stream.size)) else {
            if ways.keepsRefused { _ = try write(stream.kind, all.span, durability: durability) }
            throw ObjectError(.refused, "a stream of \(stream.size) bytes gives \(all.count)")
        }
        return try write(stream.kind, bytes.span, durability: durability)
    }

    func pinned() -> any ObjectStore { SmallObjectStore(algorithm, ways, now) }
}
