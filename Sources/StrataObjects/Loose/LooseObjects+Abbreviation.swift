import StrataModel

extension LooseObjects {
    /// The ids that start with `prefix`, in their order; of many, the lowest `count`.
    func ids(startingWith prefix: ObjectIDPrefix, atMost count: Int) throws(ObjectError) -> [ObjectID] {
        guard prefix.lowest.algorithm == algorithm else { return [] }
        var found: [ObjectID] = []
        for byte in prefix.lowest.byte(at: 0)...prefix.highest.byte(at: 0) where found.count < count {
            let ids = try shards.ids(byte)
            var place = ids.lowerBound(prefix.lowest)
            while place < ids.count, found.count < count, prefix.matches(ids[place]) {
                found.append(ids[place])
                place += 1
            }
        }
        return found
    }

    /// The fewest leading digits of `id` that no other object's id starts with; 0 when there is none whose first two digits are the same.
    ///
    /// No answer is less than what git has to look at: abbreviations have four digits at least.
    func distinguishingDigits(of id: ObjectID) throws(ObjectError) -> Int {
        guard id.algorithm == algorithm else { return 0 }
        return try shards.ids(id.byte(at: 0)).distinguishingDigits(of: id)
    }

    /// About how many there are, by those of one first byte, which git takes too.
    func approximateCount() throws(ObjectError) -> Int { try shards.ids(0x17).count * 256 }
}

extension [ObjectID] {
    /// The first place, in an array in the order of ids, whose id is not below `id`.
    func lowerBound(_ id: ObjectID) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The fewest leading digits of `id` that no other id of an array in the order of ids starts with.
    func distinguishingDigits(of id: ObjectID) -> Int {
        // No other is closer than the neighbours.
        let place = lowerBound(id)
        var next = place
        while next < count, self[next] == id { next += 1 }
        var digits = next < count ? id.digitsDistinguishing(from: self[next]) : 0
        if place > 0 { digits = Swift.max(digits, id.digitsDistinguishing(from: self[place - 1])) }
        return digits
    }
}
