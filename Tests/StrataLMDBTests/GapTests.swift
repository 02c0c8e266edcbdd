import StrataModel
import TestSupport
import Testing

@testable import StrataLMDB
@testable import StrataRefs

/// What a write transaction knows of names without looking at each.
@Suite struct GapTests {
    /// Names with common beginnings, some too long for a key, and some that are just not.
    private struct Names {
        var random: SplitMix64
        private let parts = ["a", "a-", "a0", "b", "ab", "b.c"]
        private let padding = String(repeating: "p", count: 480)

        init(_ seed: Int) { random = SplitMix64(seed: UInt64(seed)) }

        mutating func any() -> RefName {
            var path = "refs/heads"
            if Int.random(in: 0..<6, using: &random) == 0 { path += "/" + padding }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                path += "/" + (parts.randomElement(using: &random) ?? "")
            }
            return RefName(unchecked: Array(path.utf8))
        }
    }

    /// The key of the record that a name is in, without the scope.
    private func key(_ name: RefName) -> [UInt8] {
        name.bytes.count <= LMDBRefKey.nameLimit
            ? name.bytes : Array(name.bytes.prefix(LMDBRefKey.nameLimit)) + [0x01]
    }

    @Test(arguments: 1...30) func aGapSaysNothingThatIsNotSo(_ seed: Int) throws {
        var names = Names(seed)
        let all = (0..<Int.random(in: 0...30, using: &names.random)).map { _ in names.any() }
        let keys = Set(all.map { key($0) }).sorted { RefNameOrder.compare($0.span, $1.span) < 0 }
        var (said, freed) = (0, 0)
        for _ in 0..<400 {
            let start = key(names.any())
            if start.last == 0x01 { continue }
            let end = keys.first { RefNameOrder.compare($0.span, start.span) >= 0 }
            if end == start { continue }
            let gap = LMDBGap()
            let name = names.any()
            #expect(!gap.contains(name, 1) && !gap.isEmpty(below: name, 1))
            unsafe (end ?? []).withUnsafeBytes { bytes in
                unsafe gap.note(1, from: start.span, to: end == nil ? nil : bytes)
            }
            if gap.contains(name, 1) {
                #expect(!all.contains(name))
                said += 1
            } else if name.bytes.count <= LMDBRefKey.nameLimit, RefName(unchecked: start) <= name {
                #expect(end.map { RefNameOrder.compare($0.span, name.bytes.span) <= 0 } ?? false)
            }
            if gap.isEmpty(below: name, 1) {
                #expect(!all.contains { name.isDirectory(of: $0.bytes.span) }, "\(name) \(all)")
                freed += 1
            }
            #expect(!gap.contains(name, 2) && !gap.isEmpty(below: name, 2))
            gap.forget()
            #expect(!gap.contains(name, 1) && !gap.isEmpty(below: name, 1))
        }
        #expect(said > 0 && freed > 0)
    }

    /// Names exclude each other as in a store that looks at each.
    @Test(arguments: 1...12) func transactionsAreDecidedAsElsewhere(_ seed: Int) throws {
        var names = Names(seed &* 77)
        let directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        let stores: [any RefStore] = [MemoryRefStore(), LMDBRefStore(environment)]
        let id = SampleEnvironment.id(7)
        var (done, refused) = (0, 0)
        for round in 0..<40 {
            var wanted = Set((0..<Int.random(in: 1...25, using: &names.random)).map { _ in names.any() }).shuffled(
                using: &names.random)
            if round % 3 > 0 { wanted.sort() }
            let edits = wanted.map { name -> RefEdit in
                switch Int.random(in: 0..<5, using: &names.random) {
                case 0: .delete(name)
                case 1: .update(name, to: SampleEnvironment.id(round))
                default: .create(name, at: id)
                }
            }
            // Reflogs of names that do not exist are records without a value.
            if round % 5 == 0, let name = wanted.first {
                for store in stores where try store.snapshot().read(name) == nil { try store.reflogs?.create(name) }
            }
            let transaction = RefTransaction(edits, mode: .batched)
            let results = try stores.map { store in
                try store.commit(transaction, SampleEnvironment.context).rejections.map { $0?.message }
            }
            #expect(results[0] == results[1])
            for message in results[0] { if message == nil { done += 1 } else { refused += 1 } }
        }
        let listings = try stores.map { store in
            var (listing, cursor) = ([String](), try store.snapshot().cursor(over: .all))
            while let view = try cursor.next() { listing.append("\(view.refName) \(view.value)") }
            return listing
        }
        #expect(listings[0] == listings[1] && !listings[0].isEmpty)
        #expect(done > 50 && refused > 50)
    }
}
