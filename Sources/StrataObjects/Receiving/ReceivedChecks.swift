import StrataModel

/// What is done with each object of a pack beside naming it. From any thread.
final class ReceivedChecks: Sendable {
    private let store: (any ObjectStore)?
    private let limits: ReceivingLimits

    init(store: (any ObjectStore)?, limits: ReceivingLimits) {
        self.store = store
        self.limits = limits
    }

    /// - Throws: `collision` when the store has other contents of that name; what ends the receiving.
    func check(_ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>) throws(ObjectError) {
        if let store { try compare(id, kind, bytes, store) }
    }

    /// What can only be done when the whole pack is known: large blobs are compared, piece by piece.
    func finish(_ scan: PackScan, in pack: MappedBytes, end: Int) throws(ObjectError) {
        guard let store else { return }
        for index in scan.large { try compareLarge(scan.records[index], in: pack, end: end, store) }
    }

    private func compareLarge(
        _ record: PackRecord, in pack: MappedBytes, end: Int, _ store: any ObjectStore
    ) throws(ObjectError) {
        let entry = try PackEntry(pack, at: record.offset, end: end, record.id.algorithm)
        guard let theirs = try store.stream(record.id, limit: limits.objectSize) else { return }
        guard theirs.kind == .blob, theirs.size == UInt64(entry.size) else { throw collision(record.id) }
        let ours = try FileObjectStream(
            .blob, size: UInt64(entry.size), in: pack, from: entry.data, to: end, mustEnd: false)
        var (mine, other): ([UInt8], [UInt8]) = ([], [])
        var (minePlace, otherPlace) = (0, 0)
        while true {
            if minePlace == mine.count {
                minePlace = 0
                if try !ours.next(&mine) { mine = [] }
            }
            if otherPlace == other.count {
                otherPlace = 0
                if try !theirs.next(&other) { other = [] }
            }
            let count = min(mine.count - minePlace, other.count - otherPlace)
            if count == 0 {
                if mine.isEmpty, other.isEmpty { return }
                throw collision(record.id)
            }
            guard mine[minePlace..<minePlace + count] == other[otherPlace..<otherPlace + count] else {
                throw collision(record.id)
            }
            minePlace += count
            otherPlace += count
        }
    }

    /// Compares the object with one of the same name that is there already, byte by byte.
    private func compare(
        _ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>, _ store: any ObjectStore
    ) throws(ObjectError) {
        guard let info = try store.info(of: id, [.kind, .size]) else { return }
        guard info.kind == kind, info.size == UInt64(bytes.count) else { throw collision(id) }
        guard let contents = try store.read(id, limit: limits.objectSize) else {
            throw ObjectError(.unavailable, object: id, "cannot read existing object \(id)")
        }
        guard contents.kind == kind, contents.bytes.span.isEqual(to: bytes) else { throw collision(id) }
    }

    private func collision(_ id: ObjectID) -> ObjectError {
        ObjectError(.collision, object: id, "SHA1 COLLISION FOUND WITH \(id) !")
    }
}
