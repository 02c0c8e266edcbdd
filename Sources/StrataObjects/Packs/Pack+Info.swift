import StrataIO
import StrataModel

/// What is known of objects without their contents.
extension Pack {
    /// What is known of the object at `offset`; nil when the pack is gone.
    func info(at offset: Int, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        var info = ObjectInfo()
        if fields.isEmpty { return info }
        if fields.contains(.place) { info.place = .packed(pack: number, offset: UInt64(offset)) }
        return try withData { data throws(ObjectError) in
            let entry = try entry(data, at: offset)
            if fields.contains(.kind) { info.kind = try kind(data, of: entry) }
            if fields.contains(.size) { info.size = UInt64(try size(data, of: entry)) }
            if fields.contains(.storedSize) { info.storedSize = UInt64(try storedSize(data, at: offset)) }
            if fields.contains(.deltaBase) { info.deltaBase = try deltaBase(data, of: entry) }
            try checkWhole(data)
            return info
        }
    }

    /// The kind of the object whose entry is `first`, found along the chain of deltas; nothing is inflated.
    func kind(_ data: Data, of first: PackEntry) throws(ObjectError) -> ObjectKind {
        if case .object(let kind) = first.body { return kind }
        if !memo.isSet { _ = memo.storeIfNil(KindMemo(count: index.count)) }
        let found = try memo.with { memo throws(ObjectError) in try kind(data, of: first, memo) }
        guard let found else { preconditionFailure("the memo has just been set") }
        return found
    }

    private func kind(_ data: Data, of first: PackEntry, _ memo: KindMemo) throws(ObjectError) -> ObjectKind {
        if let kind = memo.kind(at: first.offset) { return kind }
        var current = first
        var steps = 0
        while true {
            if case .object(let kind) = current.body {
                remember(kind, from: first, steps: steps, data, memo)
                return kind
            }
            try checkLength(of: steps, from: first.offset)
            steps += 1
            guard let base = try base(of: current) else { break }
            if let kind = memo.kind(at: base) {
                remember(kind, from: first, steps: steps, data, memo)
                return kind
            }
            current = try entry(data, at: base)
        }
        throw .corrupt(path, at: first.offset, "entry without a kind")
    }

    /// Keeps the kind for the entries of a chain that was followed.
    private func remember(_ kind: ObjectKind, from first: PackEntry, steps: Int, _ data: Data, _ memo: KindMemo) {
        var current = first
        for _ in 0..<steps {
            memo.keep(kind, at: current.offset)
            guard let base = try? base(of: current), let next = try? entry(data, at: base) else { return }
            current = next
        }
    }

    /// The size of the object whose entry is `first`; of a delta, its first bytes are inflated.
    func size(_ data: Data, of first: PackEntry) throws(ObjectError) -> Int {
        if case .object = first.body { return first.size }
        return try Inflater.with { (failure) -> ObjectError in
            .corrupt(path, at: first.offset, failure.cause)
        } _: { inflater throws(ObjectError) in
            do throws(InflateFailure) {
                let input = unsafe UnsafeRawBufferPointer(rebasing: data.file.bytes[first.data..<data.end])
                guard let size = unsafe try Self.deltaSize(inflater, input, first.size) else {
                    throw InflateFailure(cause: "delta header is damaged")
                }
                return size
            } catch {
                throw .corrupt(path, at: first.offset, error.cause)
            }
        }
    }

    /// The size that the delta in `input` gives: small ones are inflated whole, which is faster than to begin a large one.
    @inline(__always)
    private static func deltaSize(
        _ inflater: Inflater, _ input: UnsafeRawBufferPointer, _ size: Int
    ) throws(InflateFailure) -> Int? {
        if size <= 512 {
            return unsafe Delta(try inflater.temporary(input, size: size).bytes)?.size
        }
        // Two numbers of at most ten bytes each.
        var head: [24 of UInt8] = .init(repeating: 0)
        var span = head.mutableSpan
        var failure: InflateFailure?
        let found = unsafe span.withUnsafeMutableBytes { room -> Int? in
            do throws(InflateFailure) {
                let count = unsafe try inflater.begin(UnsafeMutableRawBufferPointer(rebasing: room[..<20]), from: input)
                    .written
                return unsafe Delta(UnsafeRawBufferPointer(rebasing: room[..<count]))?.size
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return found
    }

    /// The number of bytes of the pack that the entry at `offset` takes.
    func storedSize(_ data: Data, at offset: Int) throws(ObjectError) -> Int {
        let reverse = try reverseIndex()
        guard let rank = reverse.rank(of: offset) else { throw .corrupt(path, at: offset, "no object starts here") }
        return (rank + 1 < reverse.count ? reverse.offset(rank + 1) : data.end) - offset
    }

    /// The object that starts at `offset`; nil when none does.
    func id(at offset: Int) throws(ObjectError) -> ObjectID? {
        let reverse = try reverseIndex()
        return reverse.rank(of: offset).map { index.id(at: reverse.position($0)) }
    }

    /// The object that the entry at `offset` is a delta of; zero when it is stored whole.
    func deltaBase(_ data: Data, of entry: PackEntry) throws(ObjectError) -> ObjectID {
        switch entry.body {
        case .object: return .zero(index.algorithm)
        case .referenceDelta(let id): return id
        case .offsetDelta(let base):
            guard let id = try id(at: base) else { throw .corrupt(path, at: entry.offset, "delta base is no object") }
            return id
        }
    }
}
