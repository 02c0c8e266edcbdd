public import StrataModel

extension FilesObjectStore {
    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        let found: [ObjectID]? = try inEveryState { snapshot throws(ObjectError) in
            let (found, failure, hasVanished) = ids(startingWith: prefix, atMost: count, in: snapshot)
            // One is not known to be the only one when another place could not be read.
            if found.isEmpty || hasVanished || (failure != nil && found.count < 2) {
                return .missing(failure, vanished: hasVanished)
            }
            return .found(found)
        }
        return found ?? []
    }

    private func ids(
        startingWith prefix: ObjectIDPrefix, atMost count: Int, in snapshot: CatalogSnapshot
    ) -> ([ObjectID], ObjectError?, hasVanished: Bool) {
        var found: [ObjectID] = []
        var (tables, failure, hasVanished) = tables(in: snapshot)
        if tables.count > 3, let index = merged(snapshot, tables) {
            var place = index.lowerBound(prefix.lowest)
            while place < index.count, found.count < count, prefix.matches(index.id(at: place)) {
                let id = index.id(at: place)
                if found.last != id { found.append(id) }
                place += 1
            }
        } else {
            for table in tables {
                var position = table.lowerBound(prefix.lowest)
                let start = found.count
                while position < table.count, found.count - start < count, prefix.matches(table.id(at: position)) {
                    found.append(table.id(at: position))
                    position += 1
                }
            }
        }
        for table in tables {
            do throws(ObjectError) { try table.checkSearch(for: prefix.lowest) } catch { failure = failure ?? error }
        }
        for directory in snapshot.directories {
            do throws(ObjectError) {
                found += try directory.loose.ids(startingWith: prefix, atMost: count)
            } catch {
                failure = failure ?? error
            }
        }
        found.sort()
        var unique: [ObjectID] = []
        for id in found where unique.last != id && unique.count < count { unique.append(id) }
        return (unique, failure, hasVanished)
    }

    public func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        let snapshot = catalog.current()
        let (tables, failure, _) = tables(in: snapshot)
        if let failure { throw failure }
        var digits = 0
        func look(_ count: Int, from start: Int, _ at: (Int) -> ObjectID) {
            // Ids are sorted: no other is closer than the neighbours, the first that is not the id itself on either side.
            var place = start
            while place < count, at(place) == id { place += 1 }
            if place < count { digits = max(digits, id.digitsDistinguishing(from: at(place))) }
            if start > 0 { digits = max(digits, id.digitsDistinguishing(from: at(start - 1))) }
        }
        if tables.count > 3, let index = merged(snapshot, tables) {
            look(index.count, from: index.lowerBound(id)) { index.id(at: $0) }
        } else {
            for table in tables { look(table.count, from: table.lowerBound(id)) { table.id(at: $0) } }
        }
        for table in tables { try table.checkSearch(for: id) }
        for directory in snapshot.directories {
            digits = max(digits, try directory.loose.distinguishingDigits(of: id))
        }
        return digits
    }

    /// Packed objects are counted with their repetitions, loose ones by a sample, as git does.
    public func approximateCount() throws(ObjectError) -> Int {
        let snapshot = catalog.current()
        let (tables, failure, _) = tables(in: snapshot)
        if let failure { throw failure }
        var count = tables.reduce(0) { $0 + $1.count }
        for directory in snapshot.directories {
            count += try directory.loose.approximateCount()
        }
        return count
    }
}
