import CObjectHash
import TestSupport
import Testing

/// Of one of the vectors there are real attacks to try. For all of them there are pairs of words that follow the vector through the steps that
/// matter, found here one step after the other: words that are not bound to be a message's.
@Suite struct VectorTests {
    @Test func theTableIsWhatTheVectorsMakeIt() {
        #expect(Set(Vector.all.map(\.description)).count == 32)
        for vector in Vector.all {
            #expect(vector.differences == vector.workedOut, "\(vector)")
            let d = vector.differences
            for i in 16..<80 { #expect(d[i] == (d[i - 3] ^ d[i - 8] ^ d[i - 14] ^ d[i - 16]).rotated(1)) }
        }
    }

    /// No condition is broken by a pair that follows its vector, in either message.
    @Test(arguments: Vector.all.indices)
    func pairsAreSuspects(_ index: Int) {
        let vector = Vector.all[index]
        var random = SplitMix64(seed: UInt64(index))
        for _ in 0..<100 {
            let words = Pair(vector, &random).words
            #expect(unsafe strata_sha1_suspects(words) >> UInt32(index) & 1 == 1, "\(vector)")
            let others = zip(words, vector.differences).map { $0 ^ $1 }
            #expect(unsafe strata_sha1_suspects(others) >> UInt32(index) & 1 == 1, "\(vector)")
        }
    }

    /// A block of random bits is rarely a suspect: else the conditions would be of no use.
    @Test func othersAreNot() {
        var random = SplitMix64(seed: 9)
        var suspects = 0
        for _ in 0..<20_000 {
            let words = SHA1.words(random.bytes(64))
            suspects += unsafe strata_sha1_suspects(words).nonzeroBitCount
        }
        #expect(suspects < 20_000 / 5)
    }

    /// A block whose result is what its counterpart gives from another state collides; with one bit changed it does not.
    @Test(arguments: Vector.all.indices)
    func pairsThatMeetCollide(_ index: Int) {
        let vector = Vector.all[index]
        var random = SplitMix64(seed: UInt64(100 + index))
        for _ in 0..<5 {
            let pair = Pair(vector, &random)
            let others = zip(pair.words, vector.differences).map { $0 ^ $1 }
            var (end, otherStart, otherEnd) = (pair.registers, pair.registersOfOther, pair.registersOfOther)
            for step in Pair.first..<80 {
                end.go(step, pair.words[step])
                otherEnd.go(step, others[step])
            }
            for step in (0..<Pair.first).reversed() { otherStart.goBack(step, others[step]) }
            // After: what the counterpart's state becomes. Before: what makes this block end there too.
            let after = zip(otherStart.array, otherEnd.array).map { $0 &+ $1 }
            let before = zip(after, end.array).map { $0 &- $1 }
            #expect(unsafe strata_sha1_collides(pair.words, before, after, Int32(index)) == 1, "\(vector)")
            for bit in 0..<160 {
                var changed = after
                changed[bit / 32] ^= 1 << UInt32(bit % 32)
                #expect(unsafe strata_sha1_collides(pair.words, before, changed, Int32(index)) == 0)
                // Its registers at the end stay the same: only the comparison of the results can tell.
                let moved = zip(changed, end.array).map { $0 &- $1 }
                #expect(unsafe strata_sha1_collides(pair.words, moved, changed, Int32(index)) == 0)
            }
        }
    }
}
