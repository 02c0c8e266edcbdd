public import StrataModel

extension ObjectReader {
    /// The fewest leading digits of `id` that tell it from every object there is, present or not itself.
    ///
    /// - Parameter minimum: fewer are not given; nil for git's default, at least 7 and growing with the number of
    ///   objects; 0 for all digits. Answers to git's `odb_find_abbrev_len`.
    public func abbreviationLength(of id: ObjectID, minimum: Int? = nil) throws(ObjectLookupError) -> Int {
        let full = id.algorithm.hexCount
        let sources = current()
        var length = if let minimum { minimum } else { try defaultAbbreviation(sources) }
        guard length > 0, length < full else { return full }
        for handle in sources.packs {
            guard let index = try handle.pack()?.index else { continue }
            let position = index.lowerBound(id)
            // Ids are sorted: no other is closer than the neighbours.
            for neighbour in position - 1...position + 1 where neighbour >= 0 && neighbour < index.count {
                length = max(length, Self.distinguishing(id, index.id(at: neighbour)))
            }
        }
        for directory in sources.directories {
            try directory.loose.forEach(startingWith: id.byte(at: 0)) { other in
                length = max(length, Self.distinguishing(id, other))
            }
        }
        return min(length, full)
    }

    /// The number of digits after which `a` and `b` differ, the differing one included; 0 for the same id.
    private static func distinguishing(_ a: ObjectID, _ b: ObjectID) -> Int {
        if a == b { return 0 }
        let words = [a.word0 ^ b.word0, a.word1 ^ b.word1, a.word2 ^ b.word2, a.word3 ^ b.word3]
        guard let different = words.firstIndex(where: { $0 != 0 }) else { return 0 }
        return different * 16 + words[different].leadingZeroBitCount / 4 + 1
    }

    /// Half the bits of the number of objects, which is where ids begin to collide; loose ones are counted by sample.
    private func defaultAbbreviation(_ sources: ObjectSources) throws(ObjectLookupError) -> Int {
        var count = 0
        for handle in sources.packs { count += try handle.pack()?.index.count ?? 0 }
        for directory in sources.directories {
            var sample = 0
            try directory.loose.forEach(startingWith: 0x17) { _ in sample += 1 }
            count += sample * 256
        }
        let bits = count == 0 ? 0 : Int.bitWidth - count.leadingZeroBitCount
        return max(7, (bits + 1) / 2)
    }
}
