public import StrataModel

extension FilesObjectStore {
    public func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor {
        // What was packed or removed just now is to be seen.
        var snapshot = catalog.current()
        if let newer = catalog.refresh(after: snapshot, force: false) { snapshot = newer }
        var patience = VanishingPacks()
        repeat {
            let (tables, failure, hasVanished) = tables(in: snapshot)
            if let failure { throw failure }
            if !hasVanished {
                switch order {
                case .byID: return try SortedObjectCursor(self, snapshot, tables)
                case .asStored(let repeating):
                    return try StoredObjectCursor(self, snapshot, tables, repeating: repeating)
                }
            }
            // A walk without it would pass over objects that are there.
            if let newer = catalog.refresh(after: snapshot, force: true) { snapshot = newer }
        } while patience.wait()
        throw vanishing()
    }
}

/// Gives all objects by id, each once: a merge of the packs' ids with the loose ones of one first byte after the other. What is packed before
/// its turn is found in its pack.
final class SortedObjectCursor: ObjectCursor {
    private let store: FilesObjectStore
    private let snapshot: CatalogSnapshot
    private let tables: [IndexTable]
    private let merged: MergedIndex?
    private var place = 0
    private let count: Int
    /// The loose objects that come next, and whose first byte they have.
    private var loose: [ObjectID] = []
    private var loosePlace = 0
    private var nextShard = 0
    private var last: ObjectID?
    /// Where the last one was found, if in a pack.
    private var location: PackedLocation?

    init(_ store: FilesObjectStore, _ snapshot: CatalogSnapshot, _ tables: [IndexTable]) throws(ObjectError) {
        self.store = store
        self.snapshot = snapshot
        self.tables = tables
        if tables.count > 1 {
            if let known = store.merged(snapshot, tables) {
                merged = known
            } else if let index = MergedIndex(tables) {
                merged = index
            } else {
                throw ObjectError(.tooLarge, "more objects than can be sorted in memory")
            }
            count = merged?.count ?? 0
        } else {
            merged = nil
            count = tables.first?.count ?? 0
        }
    }

    private func packed(_ place: Int) -> ObjectID { merged?.id(at: place) ?? tables[0].id(at: place) }

    func next() throws(ObjectError) -> ObjectID? {
        while true {
            while loosePlace == loose.count, nextShard < 256 { try listShard() }
            let nextLoose = loosePlace < loose.count ? loose[loosePlace] : nil
            let nextPacked = place < count ? packed(place) : nil
            let id: ObjectID
            switch (nextPacked, nextLoose) {
            case (nil, nil):
                for table in tables { try table.checkWhole() }
                return nil
            case (let packed?, let other) where other.map({ !($0 < packed) }) ?? true:
                id = packed
                if let merged {
                    let (table, position) = merged.source(at: place)
                    location = try merged.tables[table].location(at: position)
                } else {
                    location = try tables[0].location(at: place)
                }
                place += 1
            case (_, let other?):
                id = other
                location = nil
                loosePlace += 1
            case (_, nil): return nil
            }
            if id == last { continue }
            last = id
            return id
        }
    }

    private func listShard() throws(ObjectError) {
        loose = try store.looseIDs(UInt8(nextShard), since: snapshot, tables)
        loosePlace = 0
        loose.sort()
        nextShard += 1
    }

    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        guard let last else { return nil }
        // A copy that is damaged or gone is got round by another.
        if let location, let info = try? location.info(fields) { return info }
        return try store.info(of: last, fields)
    }
}

/// Gives objects as they lie: each pack by offset, then loose objects, and with them what has been packed since the walk began.
final class StoredObjectCursor: ObjectCursor {
    private let store: FilesObjectStore
    private let snapshot: CatalogSnapshot
    private let tables: [IndexTable]
    private let packs: [Pack]
    private let looseObjects: [LooseObjects]
    /// By the packs' numbers, the offsets of the objects that an earlier pack has given.
    private let repeated: [UInt64: Set<Int>]
    private var repeatedHere: Set<Int>?
    private var order: ReverseIndex?
    private var rank = 0
    private var nextPack = 0
    private var loose: [ObjectID] = []
    private var loosePlace = 0
    private var nextShard = 0
    private var seenLoose: Set<ObjectID> = []
    private let repeating: Bool
    private var last: ObjectID?
    private var location: PackedLocation?

    init(
        _ store: FilesObjectStore, _ snapshot: CatalogSnapshot, _ tables: [IndexTable], repeating: Bool
    ) throws(ObjectError) {
        self.store = store
        self.snapshot = snapshot
        self.tables = tables
        self.repeating = repeating
        packs = tables.flatMap(\.packs)
        looseObjects = snapshot.directories.map(\.loose)
        guard !repeating, tables.count > 1 else {
            repeated = [:]
            return
        }
        guard let merged = store.merged(snapshot, tables) ?? MergedIndex(tables) else {
            throw ObjectError(.tooLarge, "more objects than can be sorted in memory")
        }
        repeated = try Self.repeated(merged)
    }

    private static func repeated(_ merged: MergedIndex) throws(ObjectError) -> [UInt64: Set<Int>] {
        var byPack: [UInt64: Set<Int>] = [:]
        for (table, positions) in zip(merged.tables, merged.repeated()) where !positions.isEmpty {
            for position in positions {
                let location = try table.location(at: position)
                byPack[location.pack.number, default: []].insert(location.offset)
            }
        }
        return byPack
    }

    func next() throws(ObjectError) -> ObjectID? {
        while true {
            if let order, rank < order.count {
                let pack = packs[nextPack - 1]
                let id = pack.index.id(at: order.position(rank))
                let offset = order.offset(rank)
                rank += 1
                if let repeatedHere, repeatedHere.contains(offset) { continue }
                location = PackedLocation(pack: pack, offset: offset)
                last = id
                return id
            }
            if nextPack < packs.count {
                order = try ReverseIndex(packs[nextPack].index)
                try packs[nextPack].index.file.checkWhole()
                repeatedHere = repeated[packs[nextPack].number]
                rank = 0
                nextPack += 1
                continue
            }
            order = nil
            location = nil
            if loosePlace < loose.count {
                let id = loose[loosePlace]
                loosePlace += 1
                if !repeating {
                    if tables.contains(where: { $0.position(of: id) != nil }) { continue }
                    if !seenLoose.insert(id).inserted { continue }
                }
                last = id
                return id
            }
            guard nextShard < 256 * looseObjects.count else { return nil }
            loose = try store.looseIDs(
                UInt8(truncatingIfNeeded: nextShard), in: looseObjects[nextShard / 256], since: snapshot, tables)
            loosePlace = 0
            nextShard += 1
        }
    }

    func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        guard let last else { return nil }
        if let location, let info = try? location.info(fields) { return info }
        return try store.info(of: last, fields)
    }
}
