/// Numbers that the same seed gives again (xorshift64*, Vigna 2016), so that a history repeats.
struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        // Zero would stay zero, and neighbouring seeds should not begin alike.
        state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15 | 1
        for _ in 0..<4 { _ = next() }
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }

    /// A number below `count`.
    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }

    /// True once in `count`.
    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    /// One of `all`, which has some.
    mutating func pick<Element>(_ all: [Element]) -> Element { all[below(all.count)] }

    static func shuffled<Element>(_ all: [Element], seed: UInt64) -> [Element] {
        var numbers = SeededNumbers(seed: seed)
        return all.shuffled(using: &numbers)
    }
}
