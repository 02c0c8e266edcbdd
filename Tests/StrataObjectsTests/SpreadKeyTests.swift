import TestSupport
import Testing

@testable import StrataObjects

/// Keys in buckets, beside the standard library's sort.
@Suite struct SpreadKeyTests {
    /// Spread, in heaps, all the same, few and none; ties by a rule and as they stand.
    @Test(arguments: [0, 1, 2, 3, 40, 5000], [0, 1, 2, 3, 4])
    func theyAreSortedHoweverTheyAreSpread(_ count: Int, _ spread: Int) {
        var random = SplitMix64(seed: UInt64(count * 7 + spread))
        let keys = (0..<count).map { index in
            let number: UInt64 =
                switch spread {
                case 0: random.next()
                case 1: random.next() % 3
                case 2: 0
                case 3: .max - random.next() % 2
                default: random.next() >> (random.next() % 64)
                }
            return SpreadKey(number: number, index: UInt32(index))
        }
        let stable = keys.enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
        #expect(keys.sortedAsSpread { _, _ in false }.map(\.index) == stable.map(\.element.index))
        let reversed = keys.sorted { $0.number != $1.number ? $0.number < $1.number : $0.index > $1.index }
        #expect(keys.sortedAsSpread { $0.index > $1.index }.map(\.index) == reversed.map(\.index))
    }
}
