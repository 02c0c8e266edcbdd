import StrataModel

/// What is done with each object of a pack beside naming it. From any thread.
final class ReceivedChecks: Sendable {
    private let store: (any ObjectStore)?
    /// Where objects are that must have the same contents; nil when the pack is one of the store itself.
    private let others: (any ObjectStore)?
    private let limits: ReceivingLimits
    private let syntax: ReceivedSyntax?
    private let links: ReceivedLinks?
    private let requiresLinks: Bool
    private let notesLinks: Bool
    let tell: ReceivedProblems?

    init(
        store: (any ObjectStore)?, hasPack: Bool = false, limits: ReceivingLimits, syntax: ReceivedSyntax? = nil,
        links: ReceivedLinks? = nil, requiresLinks: Bool = false, notesLinks: Bool = false,
        tell: ReceivedProblems? = nil
    ) {
        self.store = store
        others = hasPack ? nil : store
        self.limits = limits
        self.syntax = syntax
        self.links = links
        self.requiresLinks = requiresLinks
        self.notesLinks = notesLinks
        self.tell = tell
    }

    /// - Throws: `collision` when the store has other contents of that name; what ends the receiving.
    func check(_ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>) throws(ObjectError) {
        if let store = others { try compare(id, kind, bytes, store) }
        guard let links else { return }
        let found = try links.take(id, kind, bytes)
        try syntax?.check(id, kind, bytes)
        if kind == .blob { return }
        if requiresLinks { try links.follow(id, kind, bytes, found) }
        if notesLinks { try links.note(id, kind, bytes, found) }
    }

    /// What the objects lead to that is not in the pack, by ids, where that was noted.
    var foreignLinks: [ObjectID] { links?.foreign ?? [] }

    /// Whether an object is in the pack, where links are looked at.
    func hasReceived(_ id: ObjectID) -> Bool { links?.isReceived(id) ?? false }

    /// What can only be done when the whole pack is known: large blobs are compared, piece by piece, and links followed.
    ///
    /// - Returns: how many objects are pointed to that are not in the pack.
    func finish(
        _ scan: PackScan, in pack: MappedBytes, end: Int, _ progress: ProgressReport?
    ) throws(ObjectError) -> Int {
        for index in scan.large {
            let record = scan.records[index]
            if let store = others { try compareLarge(record, in: pack, end: end, store) }
            _ = try links?.take(record.id, .blob, nil)
            try syntax?.check(record.id, .blob, nil)
        }
        return requiresLinks ? try links?.requireAll(in: store, progress) ?? 0 : 0
    }

    /// Checks what trees have as `.gitmodules` and `.gitattributes`, where it came by before them or not at all.
    ///
    /// - Returns: the blobs of `.gitmodules` that are missing.
    func finish(_ pack: Pack) throws(ObjectError) -> [ObjectID] {
        guard let syntax else { return [] }
        return try syntax.finish { id throws(ObjectError) in
            if let position = pack.index.position(of: id),
                let found = try pack.read(
                    at: try pack.index.offset(at: position), limit: limits.bigFileThreshold, cache: nil)
            {
                return found
            }
            return try store?.read(id, limit: limits.bigFileThreshold)
        }
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
