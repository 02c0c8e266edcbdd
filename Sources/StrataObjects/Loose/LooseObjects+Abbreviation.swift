import StrataIO
import StrataModel

/// What is asked of the loose objects of a directory that is looked up often.
struct ShardReading {
    /// Whether what is known of it is good enough, if anything is.
    var asKnown = false
    /// Gives the stamp of the directory of a first byte, at less than by its path; nil = by its path.
    var stamp: (UInt8) -> StatStamp? = { _ in nil }
}

extension LooseObjects {
    /// The ids that start with `prefix`, in their order; of many, the lowest `count`.
    func ids(
        startingWith prefix: ObjectIDPrefix, atMost count: Int, _ reading: ShardReading = ShardReading()
    ) throws(ObjectError) -> [ObjectID] {
        guard prefix.lowest.algorithm == algorithm else { return [] }
        var found: [ObjectID] = []
        for byte in prefix.lowest.byte(at: 0)...prefix.highest.byte(at: 0) where found.count < count {
            try shards.ids(byte, reading).add(startingWith: prefix, atMost: count - found.count, to: &found)
        }
        return found
    }

    /// The fewest leading digits of `id` that no other object's id starts with; 0 when there is none whose first two digits are the same.
    ///
    /// No answer is less than what git has to look at: abbreviations have four digits at least.
    func distinguishingDigits(
        of id: ObjectID, _ reading: ShardReading = ShardReading()
    ) throws(ObjectError) -> Int {
        guard id.algorithm == algorithm else { return 0 }
        return try shards.ids(id.byte(at: 0), reading).distinguishingDigits(of: id)
    }

    /// About how many there are, by those of one first byte, which git takes too.
    func approximateCount() throws(ObjectError) -> Int { try shards.ids(0x17).count * 256 }
}
