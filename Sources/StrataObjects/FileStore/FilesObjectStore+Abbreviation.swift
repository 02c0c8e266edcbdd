public import StrataModel

extension FilesObjectStore {
    public func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        switch refresh {
        case .whenMissing: break
        case .never: return try ids(startingWith: prefix, atMost: count, asKnown: true)
        case .whenMissingOnly:
            // A place that could not be read may be another by now.
            if let known = try? ids(startingWith: prefix, atMost: count, asKnown: true), !known.isEmpty { return known }
        }
        return try ids(startingWith: prefix, atMost: count, asKnown: false)
    }

    private func ids(
        startingWith prefix: ObjectIDPrefix, atMost count: Int, asKnown: Bool
    ) throws(ObjectError) -> [ObjectID] {
        var found: [ObjectID] = []
        let packs = try packs(asKnown: asKnown) { directory throws(ObjectError) in
            found += try directory.loose.ids(startingWith: prefix, atMost: count, directory.reading(asKnown: asKnown))
        }
        var failure = packs.failure
        do throws(ObjectError) {
            if let index = merged(packs) {
                index.add(startingWith: prefix, atMost: count, to: &found)
                try index.checkWhole(for: prefix)
            } else {
                for table in packs.tables {
                    table.add(startingWith: prefix, atMost: count, to: &found)
                    do throws(ObjectError) {
                        try table.checkSearch(for: prefix.lowest)
                    } catch {
                        failure = failure ?? error
                    }
                }
            }
        } catch {
            failure = failure ?? error
        }
        if found.count > 1 { found = found.sortedOnce(atMost: count) }
        // One is not known to be the only one when another place could not be read.
        if let failure, found.count < 2 { throw failure }
        return found
    }

    public func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        let asKnown = refresh != .whenMissing
        var digits = 0
        let packs = try packs(asKnown: asKnown) { directory throws(ObjectError) in
            digits = max(
                digits, try directory.loose.distinguishingDigits(of: id, directory.reading(asKnown: asKnown)))
        }
        if let failure = packs.failure { throw failure }
        if let index = merged(packs) {
            digits = max(digits, index.distinguishingDigits(of: id))
            try index.checkWhole(around: id)
        } else {
            for table in packs.tables {
                digits = max(digits, table.distinguishingDigits(of: id))
                try table.checkSearch(for: id)
            }
        }
        return digits
    }

    /// The table of all packs where it is faster than theirs.
    private func merged(_ packs: Packs) -> MergedIndex? {
        packs.tables.count > 3 ? merged(packs.snapshot, packs.tables) : nil
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

extension [ObjectID] {
    /// In their order, each once; the lowest `most`.
    fileprivate func sortedOnce(atMost most: Int) -> [ObjectID] {
        var unique: [ObjectID] = []
        for id in sorted() where unique.last != id && unique.count < most { unique.append(id) }
        return unique
    }
}
