import StrataModel

/// Where there may be other copies of what is damaged in a pack.
protocol OtherCopies: AnyObject {
    /// A copy of `object` that is not in `pack`, of at most `limit` bytes.
    func copy(of object: ObjectID, outside pack: Pack, limit: Int) throws(ObjectError) -> ObjectContents?
}

extension Pack {
    /// The kind and contents of the object at `offset`; nil when the pack is gone.
    ///
    /// The bases of deltas come from the cache or go there.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that the object, or one that it is a delta of, may have.
    ///   - others: where another copy is looked for of the base of a delta whose own is damaged.
    func read(
        at offset: Int, limit: Int, cache: DeltaBaseCache?, others: (any OtherCopies)? = nil
    ) throws(ObjectError) -> ObjectContents? {
        try withData { data throws(ObjectError) in
            let contents = try Inflater.with { (failure) -> ObjectError in
                ObjectError(.unavailable, file: path.text, failure.cause)
            } _: { inflater throws(ObjectError) in
                defer { inflater.trim() }
                return try read(data, at: offset, limit, cache, inflater, others)
            }
            try checkWhole(data)
            return contents
        }
    }

    /// The bytes that all objects of one chain may have together.
    private static let work = 4 << 30

    private func read(
        _ data: Data, at offset: Int, _ limit: Int, _ cache: DeltaBaseCache?, _ inflater: Inflater,
        _ others: (any OtherCopies)?
    ) throws(ObjectError) -> ObjectContents {
        var work = Self.work
        // Down the chain, to what is known or whole.
        var deltas: [PackEntry] = []
        var place = offset
        var contents: ObjectContents
        while true {
            if let known = cache?.contents(number, place) {
                if known.bytes.count > limit { throw .tooLarge(path, at: place, size: known.bytes.count) }
                contents = known
                break
            }
            do throws(ObjectError) {
                let entry = try entry(data, at: place)
                if case .object(let kind) = entry.body {
                    let bytes = try inflate(data, entry, limit, &work, inflater)
                    contents = ObjectContents(kind: kind, bytes: bytes)
                    if !deltas.isEmpty { cache?.keep(contents, number, place) }
                    break
                }
                try checkLength(of: deltas.count, from: offset)
                guard let base = try base(of: entry) else { throw .corrupt(path, at: place, "entry without a kind") }
                deltas.append(entry)
                place = base
            } catch {
                contents = try replacement(for: place, of: offset, &deltas, error, limit, others)
                break
            }
        }
        // And up again.
        while let next = deltas.popLast() {
            do throws(ObjectError) {
                contents.bytes = try apply(data, next, to: contents.bytes, limit, &work, inflater)
                if Self.isKept(deltas.count) { cache?.keep(contents, number, next.offset) }
            } catch {
                // Of this object, or of one farther up: nothing to be kept under this one's place.
                contents = try replacement(for: next.offset, of: offset, &deltas, error, limit, others)
            }
        }
        return contents
    }

    /// Whether a base is kept that is so many deltas below what was asked for: that of the object itself, which the next one is likely to be a delta of
    /// too, and every fourth on the way. From there the others are made again sooner than room for all of them is found.
    private static func isKept(_ distance: Int) -> Bool { distance & 3 == 1 }

    /// Another copy of the object at `place`, or of one that is a delta of it and has its delta in `deltas`, which is then taken out.
    private func replacement(
        for place: Int, of target: Int, _ deltas: inout [PackEntry], _ error: ObjectError, _ limit: Int,
        _ others: (any OtherCopies)?
    ) throws(ObjectError) -> ObjectContents {
        guard error.code != .tooLarge, let others else { throw error }
        var place = place
        while place != target {
            if let id = try? id(at: place), let other = try? others.copy(of: id, outside: self, limit: limit),
                other.bytes.count <= limit
            {
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
        _ data: Data, _ entry: PackEntry, _ limit: Int, _ work: inout Int, _ inflater: Inflater
    ) throws(ObjectError) -> [UInt8] {
        try spend(entry.size, at: entry.offset, limit, &work)
        do throws(InflateFailure) {
            return unsafe try inflater.bytes(input(data, entry), size: entry.size).bytes
        } catch {
            throw .corrupt(path, at: entry.offset, error.cause)
        }
    }

    private func apply(
        _ data: Data, _ entry: PackEntry, to base: [UInt8], _ limit: Int, _ work: inout Int,
        _ inflater: Inflater
    ) throws(ObjectError) -> [UInt8] {
        try spend(entry.size, at: entry.offset, limit, &work)
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
        try spend(delta.size, at: entry.offset, limit, &work)
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
        _ size: Int, at offset: Int, _ limit: Int, _ work: inout Int
    ) throws(ObjectError) {
        work -= min(size, work)
        guard size <= limit, work > 0 else { throw .tooLarge(path, at: offset, size: size) }
    }
}
