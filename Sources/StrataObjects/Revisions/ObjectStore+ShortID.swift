public import StrataModel

extension ObjectStore {
    /// The fewest leading digits of `id` that tell it from every object there is, present or not itself.
    ///
    /// - Parameter minimum: fewer are not given; nil for git's default, at least 7 and growing with the number of objects; 0 for all digits. Answers
    ///   to git's `odb_find_abbrev_len`.
    public func abbreviationLength(of id: ObjectID, minimum: Int? = nil) throws(ObjectError) -> Int {
        let full = id.algorithm.hexCount
        let least = if let minimum { minimum } else { Self.defaultAbbreviation(try approximateCount()) }
        guard least > 0, least < full else { return full }
        return min(max(least, try distinguishingDigits(of: id)), full)
    }

    /// Half the bits of the number of objects, which is where ids begin to collide.
    private static func defaultAbbreviation(_ count: Int) -> Int {
        let bits = count <= 0 ? 0 : Int.bitWidth - count.leadingZeroBitCount
        return max(7, (bits + 1) / 2)
    }
}
