import StrataModel

/// Ids in their order, perhaps with repetitions: what abbreviations are looked for in.
protocol SortedObjectIDs {
    var count: Int { get }
    /// The first position whose id is not below `id`; ``count`` when there is none.
    func lowerBound(_ id: ObjectID) -> Int
    func id(at position: Int) -> ObjectID
}

extension SortedObjectIDs {
    /// The position of `id`, or nil when it is not there.
    @inline(__always)
    func position(of id: ObjectID) -> Int? {
        let position = lowerBound(id)
        return position < count && self.id(at: position) == id ? position : nil
    }

    /// Adds to `found` the ids that start with `prefix`, each once; of many, the lowest `most`.
    func add(startingWith prefix: ObjectIDPrefix, atMost most: Int, to found: inout [ObjectID]) {
        var (place, taken) = (lowerBound(prefix.lowest), 0)
        var last: ObjectID?
        while place < count, taken < most {
            let id = id(at: place)
            guard prefix.matches(id) else { return }
            place += 1
            if id == last { continue }
            found.append(id)
            taken += 1
            last = id
        }
    }

    /// The fewest leading digits of `id` that no other id here starts with.
    func distinguishingDigits(of id: ObjectID) -> Int {
        // No other is closer than the neighbours.
        let place = lowerBound(id)
        var next = place
        while next < count, self.id(at: next) == id { next += 1 }
        var digits = next < count ? id.digitsDistinguishing(from: self.id(at: next)) : 0
        if place > 0 { digits = max(digits, id.digitsDistinguishing(from: self.id(at: place - 1))) }
        return digits
    }
}

extension [ObjectID]: SortedObjectIDs {
    func id(at position: Int) -> ObjectID { self[position] }

    func lowerBound(_ id: ObjectID) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
