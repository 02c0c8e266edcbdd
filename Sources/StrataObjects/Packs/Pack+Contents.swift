import StrataModel

/// How contents are read from packs: what is allowed, what is kept, and where else to look.
struct PackReading {
    /// The most bytes that an object, or one that it is a delta of, may have.
    var limit: Int
    var cache: DeltaBaseCache?
    /// Another copy of the base of a delta whose own is damaged.
    var otherCopy: ((ObjectID) throws(ObjectError) -> ObjectContents?)?
    /// The bytes that all objects of one chain may have together.
    static let work = 4 << 30
}

extension Pack {
    /// The kind and contents of the object at `offset`.
    ///
    /// The bases of deltas come from the cache or go there. Damage in a base is got round by another copy of that object, if there is one.
    func read(_ data: Data, at offset: Int, _ reading: PackReading) throws(ObjectError) -> ObjectContents {
        try Inflater.with { (failure) -> ObjectError in
            ObjectError(.unavailable, file: path.text, failure.cause)
        } _: { inflater throws(ObjectError) in
            defer { inflater.trim() }
            return try read(data, at: offset, reading, inflater)
        }
    }

    private func read(
        _ data: Data, at offset: Int, _ reading: PackReading, _ inflater: Inflater
    ) throws(ObjectError) -> ObjectContents {
        var work = PackReading.work
        // Down the chain, to what is known or whole.
        var deltas: [PackEntry] = []
        var place = offset
        var contents: ObjectContents
        while true {
            if let known = reading.cache?.contents(number, place) {
                if known.bytes.count > reading.limit { throw .tooLarge(path, at: place, size: known.bytes.count) }
                contents = known
                break
            }
            do throws(ObjectError) {
                let entry = try entry(data, at: place)
                if case .object(let kind) = entry.body {
                    let bytes = try inflate(data, entry, reading, &work, inflater)
                    contents = ObjectContents(kind: kind, bytes: bytes)
                    if !deltas.isEmpty { reading.cache?.keep(contents, number, place) }
                    break
                }
                try checkLength(of: deltas.count, from: offset)
                guard let base = try base(of: entry) else { throw .corrupt(path, at: place, "entry without a kind") }
                deltas.append(entry)
                place = base
            } catch {
                contents = try replacement(for: place, of: offset, &deltas, error, reading)
                break
            }
        }
        // And up again.
        while let next = deltas.popLast() {
            do throws(ObjectError) {
                contents.bytes = try apply(data, next, to: contents.bytes, reading, &work, inflater)
                if Self.isKept(deltas.count) { reading.cache?.keep(contents, number, next.offset) }
            } catch {
                // Of this object, or of one farther up: nothing to be kept under this one's place.
                contents = try replacement(for: next.offset, of: offset, &deltas, error, reading)
            }
        }
        return contents
    }

    /// Whether a base is kept that is so many deltas below what was asked for: that of the object itself, which the next one is likely to be a delta of
    /// too, and every fourth on the way. From there the others are made again sooner than room for all of them is found.
    private static func isKept(_ distance: Int) -> Bool { distance & 3 == 1 }

    /// Another copy of the object at `place`, or of one that is a delta of it and has its delta in `deltas`, which is then taken out.
    private func replacement(
        for place: Int, of target: Int, _ deltas: inout [PackEntry], _ error: ObjectError, _ reading: PackReading
    ) throws(ObjectError) -> ObjectContents {
        guard error.code != .tooLarge, let otherCopy = reading.otherCopy else { throw error }
        var place = place
        while place != target {
            if let id = try? id(at: place), let other = try? otherCopy(id), other.bytes.count <= reading.limit {
                return other
            }
            guard let above = deltas.popLast() else { break }
            place = above.offset
        }
        throw error
    }

    private func input(_ data: Data, _ entry: PackEntry) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: data.file.bytes[entry.data..<data.end])
    }

    private func inflate(
        _ data: Data, _ entry: PackEntry, _ reading: PackReading, _ work: inout Int, _ inflater: Inflater
    ) throws(ObjectError) -> [UInt8] {
        try spend(entry.size, at: entry.offset, reading, &work)
        do throws(InflateFailure) {
            return unsafe try inflater.bytes(input(data, entry), size: entry.size).bytes
        } catch {
            throw .corrupt(path, at: entry.offset, error.cause)
        }
    }

    private func apply(
        _ data: Data, _ entry: PackEntry, to base: [UInt8], _ reading: PackReading, _ work: inout Int,
        _ inflater: Inflater
    ) throws(ObjectError) -> [UInt8] {
        try spend(entry.size, at: entry.offset, reading, &work)
        let delta: Delta
        do throws(InflateFailure) {
            let bytes = unsafe try inflater.temporary(input(data, entry), size: entry.size).bytes
            guard let parsed = unsafe Delta(bytes), parsed.baseSize == base.count, parsed.canGiveSize else {
                throw InflateFailure(cause: "delta header is damaged")
            }
            delta = parsed
        } catch {
            throw .corrupt(path, at: entry.offset, error.cause)
        }
        try spend(delta.size, at: entry.offset, reading, &work)
        var isGood = false
        let result = unsafe [UInt8](unsafeUninitializedCapacity: delta.size) { buffer, count in
            let output = UnsafeMutableRawBufferPointer(buffer)
            isGood = unsafe base.withUnsafeBytes { unsafe delta.apply(to: $0, into: output) == .good }
            count = isGood ? delta.size : 0
        }
        guard isGood else { throw .corrupt(path, at: entry.offset, "delta is damaged") }
        return result
    }

    private func spend(
        _ size: Int, at offset: Int, _ reading: PackReading, _ work: inout Int
    ) throws(ObjectError) {
        work -= min(size, work)
        guard size <= reading.limit, work > 0 else { throw .tooLarge(path, at: offset, size: size) }
    }
}
