import TestSupport

/// Eighty words and registers, so that these and the words with the vector's differences follow the vector from step 31 to step 65.
struct Pair {
    /// The step before which ``registers`` are: five steps later all of them were made under the vector.
    static let first = 36
    static let last = 65

    private(set) var words: [UInt32] = []
    private(set) var registers = SHA1.Registers(0, 0, 0, 0, 0)
    private(set) var registersOfOther = SHA1.Registers(0, 0, 0, 0, 0)
    private let vector: Vector
    private var nodes = 0

    init(_ vector: Vector, _ random: inout SplitMix64) {
        self.vector = vector
        repeat {
            words = (0..<80).map { _ in UInt32.random(in: .min ... .max, using: &random) }
            let mine = Array(words[..<5])
            // The third to fifth have been turned since a step made them.
            let other = (0..<5).map { place in
                let change = Self.changes(vector.disturbance(Self.first - 1 - place)).randomElement(using: &random) ?? 0
                return place < 2 ? mine[place] &+ change : (mine[place].rotated(2) &+ change).rotated(30)
            }
            registers = SHA1.Registers(mine[0], mine[1], mine[2], mine[3], mine[4])
            registersOfOther = SHA1.Registers(other[0], other[1], other[2], other[3], other[4])
            nodes = 0
        } while !search(Self.first, registers, registersOfOther, &random)
    }

    /// Finds words for this step and those after it, unless it takes too long.
    private mutating func search(
        _ step: Int, _ mine: SHA1.Registers, _ other: SHA1.Registers, _ random: inout SplitMix64
    ) -> Bool {
        if step > Self.last { return true }
        nodes += 1
        if nodes > 2000 { return false }
        let differing = vector.differences[step]
        let known =
            SHA1.term(step, other.a, other.b, other.c, other.d) &+ other.e
            &- SHA1.term(step, mine.a, mine.b, mine.c, mine.d) &- mine.e
        for change in Self.changes(vector.disturbance(step)).shuffled(using: &random) {
            // A bit that differs adds its value where it is 0, and takes it where it is 1; what the highest does is the same.
            let twice = differing &- (change &- known)
            guard twice & 1 == 0, twice >> 1 & ~differing & 0x7fff_ffff == 0 else { continue }
            for _ in 0..<4 {
                let free = UInt32.random(in: .min ... .max, using: &random)
                let bound = differing & 0x7fff_ffff
                words[step] = free & ~bound | twice >> 1 & bound
                var (next, nextOfOther) = (mine, other)
                next.go(step, words[step])
                nextOfOther.go(step, words[step] ^ differing)
                guard nextOfOther.a &- next.a == change else { continue }
                if search(step + 1, next, nextOfOther, &random) { return true }
            }
        }
        return false
    }

    /// What a register may differ by: each bit of the vector's word up or down.
    private static func changes(_ word: UInt32) -> [UInt32] {
        var sums: Set<UInt32> = [0]
        for bit in 0..<32 where word >> UInt32(bit) & 1 == 1 {
            sums = Set(sums.flatMap { [$0 &+ 1 << UInt32(bit), $0 &- 1 << UInt32(bit)] })
        }
        return sums.sorted()
    }
}
