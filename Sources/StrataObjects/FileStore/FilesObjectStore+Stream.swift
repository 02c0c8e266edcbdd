public import StrataModel

extension FilesObjectStore {
    public func stream(_ id: ObjectID, limit: Int) throws(ObjectError) -> (any ObjectStream)? {
        let found: (any ObjectStream)? = try find(id) { place throws(ObjectError) -> (any ObjectStream)? in
            let location = try place.location
            guard let data = try location.pack.open() else { return nil }
            let entry = try location.pack.entry(data, at: location.offset)
            if case .object(let kind) = entry.body {
                return try FileObjectStream(
                    kind, size: UInt64(entry.size), in: data.file, from: entry.data, to: data.end, mustEnd: false)
            }
            let contents = try location.pack.read(
                at: location.offset, limit: limit, cache: catalog.cache, others: self)
            return contents.map(MemoryObjectStream.init)
        } loose: { directory throws(ObjectError) in
            try directory.loose.stream(id)
        }
        if let found { return found }
        return isEmptyTree(id) ? MemoryObjectStream(ObjectContents(kind: .tree, bytes: [])) : nil
    }
}

/// A zlib stream of a mapped file, inflated as it is asked for.
final class FileObjectStream: ObjectStream {
    let kind: ObjectKind
    let size: UInt64
    private let file: MappedBytes
    private let end: Int
    /// Whether the stream must take up all of the file up to the end.
    private let mustEnd: Bool
    private let inflate: InflateStream
    private var place: Int
    private var left: UInt64
    private var skip: Int

    /// A stream of `size` bytes behind `skip` that are passed over, compressed between `start` and `end` of `file`.
    init(
        _ kind: ObjectKind, size: UInt64, skipping skip: Int = 0, in file: MappedBytes, from start: Int, to end: Int,
        mustEnd: Bool
    ) throws(ObjectError) {
        self.kind = kind
        self.size = size
        self.file = file
        self.end = end
        self.mustEnd = mustEnd
        self.skip = skip
        place = start
        left = size
        do throws(InflateFailure) { inflate = try InflateStream() } catch {
            throw ObjectError(.unavailable, file: file.path.text, error.cause)
        }
    }

    private static let pieceSize = 64 << 10

    func next(_ chunk: inout [UInt8]) throws(ObjectError) -> Bool {
        let isLast = left == 0
        do throws(InflateFailure) {
            while skip > 0 { skip -= try some(&chunk, atMost: skip) }
            if !isLast {
                left -= UInt64(try some(&chunk, atMost: Int(min(left, UInt64(Self.pieceSize)))))
            } else if try piece(&chunk, atMost: 1) > 0 {
                throw InflateFailure(cause: "contents have more bytes than the \(size) declared")
            } else if mustEnd, place != end {
                throw InflateFailure(cause: "garbage at end of loose object")
            }
        } catch {
            // What was cut off meanwhile reads as zeros, which is no damage.
            try file.checkWhole()
            throw .corrupt(file.path, at: place, error.cause)
        }
        try file.checkWhole()
        return !isLast
    }

    /// Inflates at least one byte.
    private func some(_ chunk: inout [UInt8], atMost count: Int) throws(InflateFailure) -> Int {
        let got = try piece(&chunk, atMost: count)
        guard got > 0 else { throw InflateFailure(cause: "contents have fewer bytes than the \(size) declared") }
        return got
    }

    /// Inflates up to `count` bytes into `chunk`; fewer only where the stream ends.
    private func piece(_ chunk: inout [UInt8], atMost count: Int) throws(InflateFailure) -> Int {
        var failure: InflateFailure?
        chunk = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            do throws(InflateFailure) {
                while filled < count, !inflate.hasEnded {
                    let input = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[place..<end])
                    let output = unsafe UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)[filled...])
                    let (written, read) = unsafe try inflate.next(output, from: input)
                    filled += written
                    place += read
                    if written == 0, read == 0, !inflate.hasEnded { throw .cutShort }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return chunk.count
    }
}
