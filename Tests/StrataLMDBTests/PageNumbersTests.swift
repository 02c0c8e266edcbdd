import TestSupport
import Testing

@testable import StrataLMDB

/// The pages that a transaction came to, beside a set.
@Suite struct PageNumbersTests {
    @Test(arguments: [UInt64(1), 64, 4096, 1 << 40]) func itIsASet(_ step: UInt64) {
        var random = SplitMix64(seed: step)
        var (numbers, set) = (LMDBPageNumbers(), Set<UInt64>())
        for _ in 0..<5000 {
            let number = (random.next() % 3000 + 1) &* step
            #expect(numbers.contains(number) == set.contains(number))
            if random.next() % 2 == 0 {
                numbers.insert(number)
                set.insert(number)
            }
        }
        #expect(!numbers.contains(0))
        for number in 1...3000 {
            #expect(numbers.contains(UInt64(number) &* step) == set.contains(UInt64(number) &* step))
        }
    }
}
