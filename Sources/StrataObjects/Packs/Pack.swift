import StrataIO
import StrataModel
import Synchronization

/// A pack with its index. The `.pack` is mapped when something of it is first asked for. Safe to share between threads.
final class Pack: Sendable {
    /// A number that no other pack of this process has or will have.
    let number: UInt64
    /// The path of the `.pack`.
    let path: BytePath
    let index: PackIndex
    private let data = OnceReference<Data>()
    private let reverse = OnceReference<Box<ReverseIndex>>()
    let memo = OnceReference<KindMemo>()

    private static let numbers = Atomic<UInt64>(1)

    /// The mapped file, and where its entries end and the trailing checksum starts.
    final class Data: Sendable {
        let file: MappedBytes
        let end: Int

        init(_ file: MappedBytes, end: Int) {
            self.file = file
            self.end = end
        }
    }

    private final class Box<Value: Sendable>: Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    init(_ path: BytePath, index: PackIndex) {
        number = Self.numbers.wrappingAdd(1, ordering: .relaxed).oldValue
        self.path = path
        self.index = index
    }

    /// The file, checked to be the one that the index describes, by its header and trailing checksum; nil when it is gone.
    func open() throws(ObjectError) -> Data? {
        if let data = data.load() { return data }
        guard let file = try MappedBytes(path) else { return nil }
        let hash = index.algorithm.byteCount
        guard file.count >= 12 + hash, file.be32(0) == 0x5041_434b else { throw .corrupt(path, "not a pack") }
        guard file.be32(4) == 2 || file.be32(4) == 3 else {
            throw .corrupt(path, at: 4, "pack version \(file.be32(4)) is not supported")
        }
        guard Int(file.be32(8)) == index.count else {
            throw .corrupt(path, at: 8, "pack has \(file.be32(8)) objects, its index \(index.count)")
        }
        let end = file.count - hash
        guard file.id(end, index.algorithm) == index.packChecksum else {
            throw .corrupt(path, at: end, "pack does not match its index")
        }
        try file.checkWhole()
        return data.storeIfNil(Data(file, end: end))
    }

    /// Lends the file, opened when it is first asked for; nil when it is gone.
    @inline(__always)
    func withData<Answer>(_ body: (Data) throws(ObjectError) -> Answer?) throws(ObjectError) -> Answer? {
        if !data.isSet, try open() == nil { return nil }
        return try data.with(body) ?? nil
    }

    /// The objects by their offsets, sorted when first asked for.
    func reverseIndex() throws(ObjectError) -> ReverseIndex {
        if let box = reverse.load() { return box.value }
        return reverse.storeIfNil(Box(try ReverseIndex(index))).value
    }

    /// To be called after what was read: whether none of it was cut off meanwhile.
    @inline(__always)
    func checkWhole(_ data: Data) throws(ObjectError) {
        try lend(index) { index throws(ObjectError) in try index.checkWhole() }
        try lend(data.file) { file throws(ObjectError) in try file.checkWhole() }
    }

    @inline(__always)
    func entry(_ data: Data, at offset: Int) throws(ObjectError) -> PackEntry {
        try PackEntry(data.file, at: offset, end: data.end, index.algorithm)
    }

    /// Where the base of a delta starts; nil when the entry is no delta.
    @inline(__always)
    func base(of entry: PackEntry) throws(ObjectError) -> Int? {
        switch entry.body {
        case .object: return nil
        case .offsetDelta(let base): return base
        case .referenceDelta(let id):
            guard let position = index.position(of: id) else {
                throw .corrupt(path, at: entry.offset, object: id, "delta base \(id) is not in the pack")
            }
            return try index.offset(at: position)
        }
    }

    /// A chain longer than the pack has objects goes round in a circle.
    @inline(__always)
    func checkLength(of chain: Int, from offset: Int) throws(ObjectError) {
        if chain >= index.count { throw .corrupt(path, at: offset, "chain of deltas does not end") }
    }
}
