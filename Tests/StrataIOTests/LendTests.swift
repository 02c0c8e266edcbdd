import StrataIO
import Synchronization
import Testing

/// What is lent stays for as long as it is, also where its owner is not used any more: the optimiser does not see that it hangs on that. (Optimised, and
/// under the address sanitizer: `make sanitize`.)
@Suite struct LendTests {
    private final class Leaf: Sendable {
        let number: Int
        init(_ number: Int) { self.number = number }
        deinit { Self.gone.withLock { _ = $0.insert(number) } }
        static let gone = Mutex<Set<Int>>([])
    }

    private final class Owner: Sendable {
        let once = OnceReference<Leaf>()
        let leaf: Leaf
        let leaves: [Leaf]

        init(_ number: Int) {
            leaf = Leaf(number + 1)
            leaves = [Leaf(number + 2)]
            _ = once.storeIfNil(Leaf(number))
        }
    }

    @inline(never) private static func make(_ number: Int) -> Owner { Owner(number) }
    @inline(never) private static func isThere(_ number: Int) -> Bool { Leaf.gone.withLock { !$0.contains(number) } }

    @Test func theOwnerStays() {
        for round in 0..<100 {
            let base = round * 10
            let (once, wasThere) =
                Self.make(base).once.with { leaf in
                    let isThere = Self.isThere(base)
                    return (leaf.number, isThere)
                } ?? (0, false)
            #expect(once == base && wasThere)
            let owner = Self.make(base + 3)
            let (other, isThere) = lend(owner.leaf) { leaf in
                let isThere = Self.isThere(base + 4)
                return (leaf.number, isThere)
            }
            #expect(other == base + 4 && isThere)
            let third = Self.make(base + 6)
            let (element, stays) = third.leaves.lend(0) { leaf in
                let isThere = Self.isThere(base + 8)
                return (leaf.number, isThere)
            }
            #expect(element == base + 8 && stays)
        }
    }

    /// One plain load, which nothing holds back.
    @Test func aPlainLoadIsOfWhatIsThere() {
        var sum = 0
        for round in 0..<1000 { sum += Self.make(100_000 + round * 10).once.with { $0.number } ?? -1 }
        #expect(sum == 1000 * 100_000 + 10 * 999 * 1000 / 2)
    }
}
