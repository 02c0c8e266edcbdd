import StrataIO
import StrataModel
import Synchronization

/// A file that tells which objects are in which packs, as a directory lists it: the index of a pack, or one over many packs. Loaded when it is
/// first asked for.
protocol IndexSource: AnyObject, Sendable {
    /// The path of the file.
    var path: BytePath { get }

    /// What the file holds, if it has been loaded.
    var loaded: (any IndexTable)? { get }

    /// What the file holds; nil when it is gone.
    ///
    /// Whoever comes first loads it. Those who come meanwhile wait and get the same answer, or the same error. A corrupt file stays corrupt; what
    /// could not be read is tried anew by the next.
    func table() throws(ObjectError) -> (any IndexTable)?
}

/// Objects in the order of their ids, and where they are.
protocol IndexTable: AnyObject, Sendable, SortedObjectIDs {
    /// The first 8 bytes of an id.
    func word(at position: Int) -> UInt64
    /// Where the object at a position is.
    func location(at position: Int) throws(ObjectError) -> PackedLocation
    /// The packs.
    var packs: [Pack] { get }
    /// To be called after what was read: whether none of the file was cut off meanwhile.
    func checkWhole() throws(ObjectError)
    /// To be called after a search for `id` that found nothing, or less than there may be: whether the file was whole and agrees with itself there.
    ///
    /// - Parameter place: the position before which it would stand, where it was looked for alone and not all that begins as it does.
    func checkSearch(for id: ObjectID, foundPlace place: Int?) throws(ObjectError)
}

extension IndexTable {
    func checkSearch(for id: ObjectID) throws(ObjectError) { try checkSearch(for: id, foundPlace: nil) }
}

/// Where an index has an object. Where that is in a pack is looked up by who needs it.
struct IndexPlace {
    let table: any IndexTable
    let position: Int

    var location: PackedLocation { get throws(ObjectError) { try table.location(at: position) } }
}

/// Where an object is in a pack.
struct PackedLocation {
    let pack: Pack
    let offset: Int
}

/// One pack with its index.
final class PackSource: IndexSource {
    /// The path of the `.idx`.
    let path: BytePath
    private let algorithm: HashAlgorithm
    private let opened = OnceReference<PackTable>()
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

    var loaded: (any IndexTable)? { opened.load() }

    func table() throws(ObjectError) -> (any IndexTable)? {
        if let table = opened.load() { return table }
        let before = attempts.load(ordering: .acquiring)
        return try loading.withLock { loading throws(ObjectError) -> PackTable? in
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
                return opened.storeIfNil(PackTable(pack))
            } catch {
                loading.failure = error
                throw error
            }
        }
    }
}

/// The table of one pack's index.
final class PackTable: IndexTable {
    let pack: Pack

    init(_ pack: Pack) { self.pack = pack }

    var count: Int { pack.index.count }
    var packs: [Pack] { [pack] }

    func lowerBound(_ id: ObjectID) -> Int { pack.index.lowerBound(id) }
    func id(at position: Int) -> ObjectID { pack.index.id(at: position) }
    func word(at position: Int) -> UInt64 { pack.index.word(at: position) }
    func location(at position: Int) throws(ObjectError) -> PackedLocation {
        PackedLocation(pack: pack, offset: try pack.index.offset(at: position))
    }
    func checkWhole() throws(ObjectError) { try pack.index.file.checkWhole() }
    func checkSearch(for id: ObjectID, foundPlace place: Int?) throws(ObjectError) {
        // First: what was cut off looks like damage.
        try pack.index.file.checkWhole()
        try pack.index.checkFanout(around: id, foundPlace: place)
        try pack.index.file.checkWhole()
    }
}
