import StrataModel

/// A pack and its index, both mapped: kinds, sizes and contents of the objects in it.
struct Pack: Sendable {
    let index: PackIndex
    let file: MappedBytes
    /// Where the entries end and the trailing checksum starts.
    private let end: Int

    /// Checks that `file` is the pack that `index` describes, by its header and trailing checksum.
    init(_ file: MappedBytes, index: PackIndex) throws(ObjectLookupError) {
        let hash = index.algorithm.byteCount
        guard file.count >= 12 + hash, file.be32(0) == 0x5041_434b else { throw .corrupt(file.path, "not a pack") }
        guard file.be32(4) == 2 || file.be32(4) == 3 else {
            throw .corrupt(file.path, at: 4, "pack version \(file.be32(4)) is not supported")
        }
        guard Int(file.be32(8)) == index.count else {
            throw .corrupt(file.path, at: 8, "pack has \(file.be32(8)) objects, its index \(index.count)")
        }
        end = file.count - hash
        guard file.id(end, index.algorithm) == index.packChecksum else {
            throw .corrupt(file.path, at: end, "pack does not match its index")
        }
        self.file = file
        self.index = index
    }

    /// To be called after what was read: whether none of it was cut off meanwhile.
    func checkWhole() throws(ObjectLookupError) {
        try index.file.checkWhole()
        try file.checkWhole()
    }

    /// What an entry is: an object, or a delta against the entry at an offset.
    private enum Body {
        case object(ObjectKind)
        case delta(base: Int)
    }

    private struct Entry {
        var offset: Int
        var body: Body
        /// The number of bytes that the compressed data gives: the object's, or the delta's.
        var size: Int
        /// Where the compressed data starts.
        var data: Int
    }

    /// The object's kind, found along the chain of deltas; nothing is inflated.
    func kind(at offset: Int) throws(ObjectLookupError) -> ObjectKind {
        try root(of: entry(at: offset))
    }

    /// The object's kind and size; of a delta, its first bytes are inflated.
    func header(at offset: Int) throws(ObjectLookupError) -> ObjectHeader {
        let first = try entry(at: offset)
        let kind = try root(of: first)
        guard case .delta = first.body else { return ObjectHeader(kind: kind, size: UInt64(first.size)) }
        do throws(InflateFailure) {
            // Two numbers of at most ten bytes each.
            var head = DeltaReader(unsafe try Inflate.start(input(first), atMost: 20).bytes)
            guard head.number() != nil, let size = head.number() else {
                throw InflateFailure(cause: "delta header is damaged")
            }
            return ObjectHeader(kind: kind, size: UInt64(size))
        } catch {
            throw .corrupt(file.path, at: offset, error.cause)
        }
    }

    /// The object's kind and contents. No object of the chain may be larger than `limit`, and all of them together
    /// may not take more than 2 GiB of work.
    func read(at offset: Int, limit: Int) throws(ObjectLookupError) -> (ObjectKind, [UInt8]) {
        var current = try entry(at: offset)
        var deltas: [Entry] = []
        while case .delta(let base) = current.body {
            try checkLength(of: deltas.count, from: offset)
            deltas.append(current)
            current = try entry(at: base)
        }
        guard case .object(let kind) = current.body else {
            throw .corrupt(file.path, at: offset, "entry without a kind")
        }
        var work = 1 << 31
        var bytes = try inflate(current, limit: limit, work: &work)
        while let next = deltas.popLast() {
            let delta = try inflate(next, limit: limit, work: &work)
            bytes = try apply(delta, to: bytes, of: next, limit: limit, work: &work)
        }
        return (kind, bytes)
    }

    // MARK: - Entries

    private func root(of first: Entry) throws(ObjectLookupError) -> ObjectKind {
        var current = first
        var steps = 0
        while true {
            switch current.body {
            case .object(let kind): return kind
            case .delta(let base):
                try checkLength(of: steps, from: first.offset)
                steps += 1
                current = try entry(at: base)
            }
        }
    }

    /// A chain longer than the pack has objects goes round in a circle.
    private func checkLength(of chain: Int, from offset: Int) throws(ObjectLookupError) {
        if chain >= index.count { throw .corrupt(file.path, at: offset, "chain of deltas does not end") }
    }

    /// Parses the header of the entry at `offset`.
    private func entry(at offset: Int) throws(ObjectLookupError) -> Entry {
        guard offset >= 12, offset < end else {
            throw .corrupt(file.path, at: offset, "offset outside the entries of the pack")
        }
        var place = offset
        var byte = file[place]
        place += 1
        let type = byte >> 4 & 7
        var size = Int(byte & 15)
        var shift = 4
        while byte & 0x80 != 0 {
            guard place < end, shift <= 53 else { throw .corrupt(file.path, at: offset, "bad object header") }
            byte = file[place]
            place += 1
            size |= Int(byte & 0x7f) << shift
            shift += 7
        }
        let body: Body
        switch type {
        case 6:
            body = .delta(base: try relativeBase(of: offset, at: &place))
        case 7:
            guard place + index.algorithm.byteCount <= end else {
                throw .corrupt(file.path, at: offset, "bad object header")
            }
            let id = file.id(place, index.algorithm)
            place += index.algorithm.byteCount
            guard let position = index.position(of: id) else {
                throw .corrupt(file.path, at: offset, object: id, "delta base \(id) is not in the pack")
            }
            body = .delta(base: try index.offset(at: position))
        default:
            guard let kind = ObjectKind(rawValue: type) else {
                throw .corrupt(file.path, at: offset, "unknown object type \(type)")
            }
            body = .object(kind)
        }
        return Entry(offset: offset, body: body, size: size, data: place)
    }

    /// The offset of an ofs-delta's base. It stands before the delta, so such chains always end.
    private func relativeBase(of offset: Int, at place: inout Int) throws(ObjectLookupError) -> Int {
        var distance = -1
        var byte: UInt8
        repeat {
            guard place < end, distance < 1 << 55 else { break }
            byte = file[place]
            place += 1
            distance = (distance + 1) << 7 | Int(byte & 0x7f)
            if byte & 0x80 == 0 {
                guard distance > 0, distance <= offset - 12 else { break }
                return offset - distance
            }
        } while true
        throw .corrupt(file.path, at: offset, "delta base offset is out of bound")
    }

    // MARK: - Contents

    private func input(_ entry: Entry) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: file.bytes[entry.data..<end])
    }

    private func inflate(_ entry: Entry, limit: Int, work: inout Int) throws(ObjectLookupError) -> [UInt8] {
        try spend(entry.size, of: entry, limit: limit, work: &work)
        do throws(InflateFailure) {
            return unsafe try Inflate.whole(input(entry), size: entry.size).bytes
        } catch {
            throw .corrupt(file.path, at: entry.offset, error.cause)
        }
    }

    private func apply(
        _ delta: [UInt8], to base: [UInt8], of entry: Entry, limit: Int, work: inout Int
    ) throws(ObjectLookupError) -> [UInt8] {
        var reader = DeltaReader(delta)
        guard reader.number() == base.count, let size = reader.number() else {
            throw .corrupt(file.path, at: entry.offset, "delta header is damaged")
        }
        try spend(size, of: entry, limit: limit, work: &work)
        guard let result = reader.apply(to: base, size: size) else {
            throw .corrupt(file.path, at: entry.offset, "delta is damaged")
        }
        return result
    }

    private func spend(_ size: Int, of entry: Entry, limit: Int, work: inout Int) throws(ObjectLookupError) {
        work -= min(size, work)
        guard size <= limit, work > 0 else {
            throw .tooLarge(file.path, at: entry.offset, size: size)
        }
    }
}
