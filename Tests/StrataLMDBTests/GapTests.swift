import StrataIO
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

        mutating func edits(_ names: [RefName], _ round: Int) -> [RefEdit] {
            names.map { name in
                switch Int.random(in: 0..<5, using: &random) {
                case 0: .delete(name)
                case 1: .update(name, to: SampleEnvironment.id(round))
                default: .create(name, at: SampleEnvironment.id(7))
                }
            }
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
            #expect(!gap.contains(name.bytes[...], 1) && !gap.isEmpty(below: name, 1))
            unsafe (end ?? []).withUnsafeBytes { bytes in
                unsafe gap.note(1, from: start.span, to: end == nil ? nil : bytes)
            }
            if gap.contains(name.bytes[...], 1) {
                #expect(!all.contains(name))
                said += 1
            } else if name.bytes.count <= LMDBRefKey.nameLimit, RefName(unchecked: start) <= name {
                #expect(end.map { RefNameOrder.compare($0.span, name.bytes.span) <= 0 } ?? false)
            }
            if gap.isEmpty(below: name, 1) {
                #expect(!all.contains { name.isDirectory(of: $0.bytes.span) }, "\(name) \(all)")
                freed += 1
            }
            #expect(!gap.contains(name.bytes[...], 2) && !gap.isEmpty(below: name, 2))
            gap.forget()
            #expect(!gap.contains(name.bytes[...], 1) && !gap.isEmpty(below: name, 1))
        }
        #expect(said > 0 && freed > 0)
    }

    /// Names exclude each other as in a store that looks at each.
    @Test(arguments: 1...12) func transactionsAreDecidedAsElsewhere(_ seed: Int) throws {
        var names = Names(seed &* 77)
        let directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        let stores: [any RefStore] = [MemoryRefStore(), LMDBRefStore(environment)]
        var (done, refused) = (0, 0)
        for round in 0..<40 {
            var wanted = Set((0..<Int.random(in: 1...25, using: &names.random)).map { _ in names.any() }).shuffled(
                using: &names.random)
            if round % 3 > 0 { wanted.sort() }
            let edits = names.edits(wanted, round)
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
        let listings = try stores.map { try listing($0) }
        #expect(listings[0] == listings[1] && !listings[0].isEmpty)
        #expect(done > 50 && refused > 50)
    }

    private func listing(_ store: any RefStore) throws -> [String] {
        var (listing, cursor) = ([String](), try store.snapshot().cursor(over: .all))
        while let view = try cursor.next() { listing.append("\(view.refName) \(view.value)") }
        return listing
    }

    /// Says no to every transaction that was prepared.
    private struct Refusal: RefTransactionObserver {
        func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
            if phase == .prepared { throw RefError(.refused, "no") }
        }
    }

    /// What one transaction has seen is so for the next, also beside those of a worktree, and those that were taken back.
    @Test(arguments: 1...12) func oneAfterTheOther(_ seed: Int) throws {
        var names = Names(seed &* 991)
        let directory = try TemporaryDirectory()
        let environment = try LMDBEnvironment.open(directory.path, OpeningTests.options(creates: true))
        let pairs: [[any RefStore]] = [
            [MemoryRefStore(), LMDBRefStore(environment)],
            [MemoryRefStore(), LMDBRefStore(environment, worktree: SampleEnvironment.worktree)],
        ]
        var results: [String: Int] = [:]
        for round in 0..<600 {
            let stores = pairs[Int.random(in: 0..<8, using: &names.random) == 0 ? 1 : 0]
            let wanted = Set((0..<Int.random(in: 1...3, using: &names.random)).map { _ in names.any() }).sorted()
            let transaction = RefTransaction(names.edits(wanted, round))
            var context = SampleEnvironment.context
            if round % 9 == 8 { context.observers = [Refusal()] }
            let said = stores.map { store in
                do throws(RefError) {
                    _ = try store.commit(transaction, context)
                    return "done"
                } catch {
                    return error.message
                }
            }
            #expect(said[0] == said[1], "round \(round)")
            results[said[0] == "done" || said[0] == "no" ? said[0] : "refused", default: 0] += 1
        }
        for stores in pairs { #expect(try listing(stores[0]) == listing(stores[1])) }
        #expect(["done", "refused", "no"].allSatisfy { results[$0, default: 0] > 5 }, "\(results)")
    }

    /// Another process has its turn between.
    @Test func othersAreNotOverlooked() throws {
        let sample = try SampleEnvironment()
        let store = LMDBRefStore(try sample.open())
        let (name, below) = (try RefName("refs/heads/used"), try RefName("refs/heads/used/x"))
        func create(_ name: RefName) -> String {
            do throws(RefError) {
                try store.commit(RefTransaction([.create(name, at: SampleEnvironment.id(1))]))
                return "done"
            } catch {
                return error.message
            }
        }
        let sibling = try RefName("refs/heads/used/a")
        for isOther in [false, true, false] {
            // With the second it is seen that there is nothing at `used`, nor between that and the first.
            #expect(create(sibling) == "done" && create(below) == "done")
            for name in [below, sibling] { try store.commit(RefTransaction([.delete(name)])) }
            if isOther { #expect(try LimitTests.use(sample.path, as: 0, "write") == "done") }
            #expect((create(below) == "done") == !isOther)
            #expect(create(name) != "done")
            try store.commit(RefTransaction([.delete(isOther ? name : below)]))
        }
    }

    /// What is committed before another process has its turn, and writes nothing.
    enum Nothing: CaseIterable, Sendable { case verify, sameValue, absentDeletion, freezing, emptyReflog }

    /// LMDB gives the number of a commit that has written nothing to the next, which may be anybody's.
    @Test(arguments: Nothing.allCases) func aCommitOfNothingIsNone(_ nothing: Nothing) throws {
        let sample = try SampleEnvironment()
        let environment = try sample.open()
        let store = LMDBRefStore(environment)
        let (name, tag) = (try RefName("refs/heads/used"), try RefName("refs/tags/v1"))
        let absent = RefEdit(name, .verify, expecting: .mustNotExist)
        try store.commit(RefTransaction([.update(RefName("refs/heads/usec"), to: SampleEnvironment.id(1)), absent]))
        switch nothing {
        case .verify: try store.commit(RefTransaction([absent]))
        case .sameValue:
            let value = try #require(try store.snapshot().objectID(of: tag))
            try store.commit(RefTransaction([absent, .update(tag, to: value)]))
        case .absentDeletion: try store.commit(RefTransaction([.delete(name)]))
        case .freezing: try environment.freezing(until: .after(milliseconds: 1000)) { () throws(RefError) in }
        case .emptyReflog: try store.reflogs?.delete(name)
        }
        #expect(try LimitTests.use(sample.path, as: 0, "write") == "done")
        let others = try #require(try store.snapshot().read(name))
        #expect(throws: RefError.self) {
            try store.commit(RefTransaction([.create(name, at: SampleEnvironment.id(2))]))
        }
        #expect(try store.snapshot().read(name) == others)
        // With its reflog, which the other process has made.
        let update = RefEdit.update(name, to: SampleEnvironment.id(3), message: "mine")
        try store.commit(RefTransaction([update]), SampleEnvironment.context)
        var lines = 0
        try store.reflogs?.read(name, newestFirst: true) { _ in
            lines += 1
            return true
        }
        #expect(lines == 2)
        #expect(try LMDBCheck.check(sample.path).isSound)
    }
}
