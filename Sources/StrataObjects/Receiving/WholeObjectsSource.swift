import StrataHash
import StrataIO
import StrataModel
import SystemPackage

/// A pack of objects of a store, each of them whole, made as it is read, in flat memory but for objects that are stored as deltas.
final class WholeObjectsSource: ByteSource {
    let name: FilePath = "objects"
    let endsWithFile = true
    /// Why it ended before its end.
    private(set) var failure: ObjectError?
    private let store: any ObjectStore
    private let limit: Int
    private let level: Int
    private let ids: [ObjectID]
    private var next = 0
    private var entry: Entry?
    private var hasEnded = false
    private var hasher: ChecksumHasher
    private var pending: [UInt8]
    private var place = 0

    /// The object that is being written.
    private struct Entry {
        let id: ObjectID
        let stream: any ObjectStream
        let deflate: DeflateStream
        var hasher: ObjectHasher
    }

    /// - Parameters:
    ///   - limit: the most bytes of an object that is stored as a delta.
    ///   - level: zlib's.
    init(_ ids: [ObjectID], in store: any ObjectStore, limit: Int, level: Int) {
        self.ids = ids
        self.store = store
        self.limit = limit
        self.level = level
        pending = Array("PACK".utf8) + [0, 0, 0, 2]
        for shift in [24, 16, 8, 0] { pending.append(UInt8(truncatingIfNeeded: ids.count >> shift)) }
        var hasher = ChecksumHasher(store.algorithm)
        hasher.update(pending.span)
        self.hasher = hasher
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        do throws(ObjectError) {
            while place == pending.count, !hasEnded { try fill() }
        } catch {
            failure = error
            hasEnded = true
            return 0
        }
        let count = min(buffer.count, pending.count - place)
        unsafe pending.withUnsafeBytes { from in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[place..<place + count]))
        }
        place += count
        return count
    }

    /// Makes the next bytes, if what comes next gives any, or the checksum.
    private func fill() throws(ObjectError) {
        place = 0
        pending.removeAll(keepingCapacity: true)
        if entry == nil, next == ids.count {
            pending = hasher.finish().bytes
            hasEnded = true
            return
        }
        if entry == nil { try begin(ids[next]) } else { try goOn() }
        var hasher = hasher
        hasher.update(pending.span)
        self.hasher = hasher
    }

    private func begin(_ id: ObjectID) throws(ObjectError) {
        guard let stream = try store.stream(id, limit: limit) else {
            throw ObjectError(.unavailable, object: id, "object \(id) is not there any more")
        }
        pending += WholeEntry.header(stream.kind, size: stream.size)
        entry = Entry(
            id: id, stream: stream, deflate: try DeflateStream(level: level),
            hasher: ObjectHasher(stream.kind, size: stream.size, algorithm: id.algorithm))
        next += 1
    }

    private func goOn() throws(ObjectError) {
        guard var entry else { return }
        var chunk: [UInt8] = []
        let isLast = try !entry.stream.next(&chunk)
        if isLast { chunk = [] }
        entry.hasher.update(chunk.span)
        try unsafe entry.deflate.next(chunk.span, isLast: isLast) { bytes throws(ObjectError) in
            unsafe pending.append(contentsOf: bytes)
        }
        if isLast, try entry.hasher.finish() != entry.id {
            throw ObjectError(.corrupt, object: entry.id, "local object \(entry.id) is corrupt")
        }
        self.entry = isLast ? nil : entry
    }
}
