import StrataIO
import StrataModel
import Synchronization

/// A file that tells which objects are in which packs, as a directory lists it: the index of a pack. Loaded when it is first asked for.
final class IndexSource: Sendable {
    /// The path of the file.
    let path: BytePath
    private let algorithm: HashAlgorithm
    private let opened = OnceReference<IndexTable>()
    private let loading = Mutex(Loading())
    /// The number of attempts that have ended.
    private let attempts = Atomic<Int>(0)

    private struct Loading {
        /// The error of the last attempt.
        var failure: ObjectError?
    }

    init(_ path: BytePath, algorithm: HashAlgorithm) {
        self.path = path
        self.algorithm = algorithm
    }

    /// What the file holds, if it has been loaded.
    var loaded: IndexTable? { opened.load() }

    var isLoaded: Bool { opened.isSet }

    /// What the file holds; nil when it is gone.
    ///
    /// Whoever comes first loads it. Those who come meanwhile wait and get the same answer, or the same error. A corrupt file stays corrupt; what
    /// could not be read is tried anew by the next.
    func table() throws(ObjectError) -> IndexTable? {
        if let table = opened.load() { return table }
        let before = attempts.load(ordering: .acquiring)
        return try loading.withLock { loading throws(ObjectError) -> IndexTable? in
            if let table = opened.load() { return table }
            if let failure = loading.failure,
                failure.code == .corrupt || attempts.load(ordering: .acquiring) != before
            {
                throw failure
            }
            defer { attempts.wrappingAdd(1, ordering: .releasing) }
            do throws(ObjectError) {
                loading.failure = nil
                guard let file = try MappedBytes(path) else { return nil }
                let index = try PackIndex(file, algorithm: algorithm)
                try file.checkWhole()
                let pack = Pack(path.replacingIndexSuffix(with: "pack"), index: index)
                return opened.storeIfNil(IndexTable(pack))
            } catch {
                loading.failure = error
                throw error
            }
        }
    }

    /// Lends what the file holds to `body`, if it has been loaded.
    @inline(__always)
    func withLoaded<Answer>(
        _ body: (IndexTable) throws(ObjectError) -> Answer?
    ) throws(ObjectError) -> Answer? {
        try opened.with(body) ?? nil
    }
}

/// Objects in the order of their ids, and where they are.
final class IndexTable: Sendable, SortedObjectIDs {
    private let pack: Pack
    /// That of the pack.
    private let index: PackIndex

    init(_ pack: Pack) {
        self.pack = pack
        index = pack.index
    }

    @inline(__always)
    var count: Int { index.count }
    /// The packs.
    var packs: [Pack] { [pack] }

    @inline(__always)
    func lowerBound(_ id: ObjectID) -> Int { lend(index) { $0.lowerBound(id) } }
    @inline(__always)
    func id(at position: Int) -> ObjectID { index.id(at: position) }
    /// The first 8 bytes of an id.
    @inline(__always)
    func word(at position: Int) -> UInt64 { index.word(at: position) }

    /// Where the object at a position is.
    func location(at position: Int) throws(ObjectError) -> PackedLocation {
        PackedLocation(pack: pack, offset: try index.offset(at: position))
    }

    @inline(__always)
    func withLocation<Answer>(
        at position: Int, _ body: (Pack, Int) throws(ObjectError) -> Answer?
    ) throws(ObjectError) -> Answer? {
        let offset = try lend(index) { index throws(ObjectError) in try index.offset(at: position) }
        return try lend(pack) { pack throws(ObjectError) in try body(pack, offset) }
    }

    /// To be called after what was read: whether none of the file was cut off meanwhile.
    @inline(__always)
    func checkWhole() throws(ObjectError) { try index.checkWhole() }

    /// To be called after a search for `id` that found nothing, or less than there may be: whether the file was whole and agrees with itself there.
    ///
    /// - Parameter place: the position before which it would stand, where it was looked for alone and not all that begins as it does.
    func checkSearch(for id: ObjectID, foundPlace place: Int? = nil) throws(ObjectError) {
        try lend(index) { index throws(ObjectError) in
            // First: what was cut off looks like damage.
            try index.checkWhole()
            try index.checkFanout(around: id, foundPlace: place)
            try index.checkWhole()
        }
    }
}

/// Where an index has an object. Where that is in a pack is looked up by who needs it.
struct IndexPlace {
    let table: IndexTable
    let position: Int

    var location: PackedLocation { get throws(ObjectError) { try table.location(at: position) } }

    /// Lends the pack and where the object starts in it.
    @inline(__always)
    func withLocation<Answer>(
        _ body: (Pack, Int) throws(ObjectError) -> Answer?
    ) throws(ObjectError) -> Answer? {
        try table.withLocation(at: position, body)
    }
}

/// Where an object is in a pack.
struct PackedLocation {
    let pack: Pack
    let offset: Int
}
