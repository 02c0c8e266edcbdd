public import StrataModel

extension FilesObjectStore {
    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        var found: [ObjectID] = []
        let packs = try packs { loose throws(ObjectError) in
            found += try loose.ids(startingWith: prefix, atMost: count)
        }
        var failure = packs.failure
        let index = packs.tables.count > 3 ? merged(packs.snapshot, packs.tables) : nil
        if let index {
            var (place, taken) = (index.lowerBound(prefix.lowest), 0)
            var last: ObjectID?
            while place < index.count, taken < count, prefix.matches(index.id(at: place)) {
                let id = index.id(at: place)
                place += 1
                if id == last { continue }
                found.append(id)
                taken += 1
                last = id
            }
        } else {
            for table in packs.tables {
                var position = table.lowerBound(prefix.lowest)
                let start = found.count
                while position < table.count, found.count - start < count, prefix.matches(table.id(at: position)) {
                    found.append(table.id(at: position))
                    position += 1
                }
            }
        }
        for table in packs.tables {
            do throws(ObjectError) {
                // The merged table goes by the names, without fan-out tables.
                if index == nil { try table.checkSearch(for: prefix.lowest) } else { try table.checkWhole() }
            } catch {
                failure = failure ?? error
            }
        }
        found.sort()
        var unique: [ObjectID] = []
        for id in found where unique.last != id && unique.count < count { unique.append(id) }
        // One is not known to be the only one when another place could not be read.
        if let failure, unique.count < 2 { throw failure }
        return unique
    }

    public func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        var digits = 0
        let packs = try packs { loose throws(ObjectError) in
            digits = max(digits, try loose.distinguishingDigits(of: id))
        }
        if let failure = packs.failure { throw failure }
        func look(_ count: Int, from start: Int, _ at: (Int) -> ObjectID) {
            // Ids are sorted: no other is closer than the neighbours, the first that is not the id itself on either side.
            var place = start
            while place < count, at(place) == id { place += 1 }
            if place < count { digits = max(digits, id.digitsDistinguishing(from: at(place))) }
            if start > 0 { digits = max(digits, id.digitsDistinguishing(from: at(start - 1))) }
        }
        let index = packs.tables.count > 3 ? merged(packs.snapshot, packs.tables) : nil
        if let index {
            look(index.count, from: index.lowerBound(id)) { index.id(at: $0) }
        } else {
            for table in packs.tables { look(table.count, from: table.lowerBound(id)) { table.id(at: $0) } }
        }
        // The merged table goes by the names, without fan-out tables.
        for table in packs.tables { if index == nil { try table.checkSearch(for: id) } else { try table.checkWhole() } }
        return digits
    }

    /// Packed objects are counted with their repetitions, loose ones by a sample, as git does.
    public func approximateCount() throws(ObjectError) -> Int {
        let packs = try packs { _ in }
        if let failure = packs.failure { throw failure }
        var count = packs.tables.reduce(0) { $0 + $1.count }
        for directory in packs.snapshot.directories { count += try directory.loose.approximateCount() }
        return count
    }
}
