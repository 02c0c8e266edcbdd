import StrataModel
import TestSupport
import Testing

@testable import StrataRefs

/// The names of a transaction beside a plain set of them.
@Suite struct TransactionNamesTests {
    private static func name(_ text: String) -> RefName { RefName(unchecked: Array(text.utf8)) }

    @Test func theFirstThatComesTwiceIsTold() {
        var names = RefTransactionNames()
        #expect(
            names.insert(all: ["refs/b", "refs/c", "refs/a", "refs/c", "refs/b"].map(Self.name)) == Self.name("refs/b"))
        #expect(names.insert(all: ["refs/b", "refs/c", "refs/a"].map(Self.name)) == nil)
        #expect(!names.cameInOrder)
        #expect(names.sorted.map(\.description) == ["refs/a", "refs/b", "refs/c"])
        #expect(names.insert(all: []) == nil)
        #expect(names.cameInOrder && names.first(below: .head) == nil && !names.contains(.head))
    }

    @Test(arguments: 1...40) func answersAsASetDoes(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let parts = ["a", "a-", "a.", "a0", "b", "ab", "refs", "x"]
        func any() -> RefName {
            let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }
            return Self.name(path.joined(separator: "/"))
        }
        var all = Set<RefName>()
        for _ in 0..<Int.random(in: 0...12, using: &random) { all.insert(any()) }
        var names = RefTransactionNames()
        let given = Bool.random(using: &random) ? all.sorted() : all.shuffled(using: &random)
        #expect(names.insert(all: given) == nil)
        for _ in 0..<200 {
            let name = any()
            switch Int.random(in: 0..<4, using: &random) {
            case 0: #expect(names.insert(name) == all.insert(name).inserted)
            case 1:
                names.remove(name)
                all.remove(name)
            case 2: #expect(names.contains(name) == all.contains(name))
            default:
                let prefix = name.bytes + [UInt8(ascii: "/")]
                #expect(names.first(below: name) == all.filter { $0.hasPrefix(prefix) }.min())
            }
        }
    }
}
