import RefStoreChecks
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// Where nobody can be written into reflogs HEAD is not asked for, and every verdict is what it is elsewhere.
@Suite struct NobodyLoggedTests {
    private static let names: [RefName] = [
        .head, "refs/heads/main", "refs/heads/other", "refs/heads/sym", "refs/heads/link", "refs/heads/new",
        "ORIG_HEAD",
    ]
    private static let ids = ["1", "2", "3"].map { ObjectID(hex: String(repeating: $0, count: 40)) ?? .zero(.sha1) }

    private func store(_ random: inout SplitMix64) throws -> [MemoryRefStore] {
        let targets: [RefName] = [.head, "refs/heads/main", "refs/heads/other", "refs/heads/new"]
        var edits = ["refs/heads/main", "refs/heads/other"].map { RefEdit.create($0, at: Self.ids[0]) }
        for name in [RefName.head, "refs/heads/sym", "refs/heads/link", "ORIG_HEAD"] {
            let target = targets[Int(random.next() % 4)]
            if name != target { edits.append(.symbolic(name, to: target)) }
        }
        return try (0..<2).map { _ in
            let store = MemoryRefStore()
            for edit in edits { try store.commit(RefTransaction([edit])) }
            return store
        }
    }

    private func edit(_ random: inout SplitMix64) -> RefEdit {
        let (name, id) = (Self.names[Int(random.next() % 7)], Self.ids[Int(random.next() % 3)])
        var edit: RefEdit =
            switch random.next() % 6 {
            case 0: .delete(name)
            case 1: .create(name, at: id)
            case 2: .symbolic(name, to: "refs/heads/other")
            case 3: RefEdit(name, .verify, expecting: .object(id))
            default: .update(name, to: id)
            }
        if random.next() % 4 == 0 { edit.followsSymbolic = false }
        return edit
    }

    @Test(arguments: 1...20) func verdictsAreTheSame(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let who = Signature(name: Array("A".utf8), email: Array("a@b".utf8), seconds: 1, offsetMinutes: 0)
        let contexts = [RefTransactionContext(reflogs: .always) { who }, RefTransactionContext(reflogs: .always)]
        var (done, refused) = (0, 0)
        for round in 0..<150 {
            let stores = try store(&random)
            let edits = (0...random.next() % 3).map { _ in edit(&random) }
            let transaction = RefTransaction(edits, mode: round % 2 == 0 ? .batched : .atomic)
            let said = zip(stores, contexts).map { store, context in
                do throws(RefError) {
                    return try store.commit(transaction, context).rejections.map { $0?.message }
                } catch {
                    return [error.message]
                }
            }
            #expect(said[0] == said[1], "\(edits)")
            let values = try stores.map { try $0.snapshot().read(Self.names) }
            #expect(values[0] == values[1], "\(edits)")
            if said[0].contains(nil) { done += 1 }
            if said[0].contains(where: { $0 != nil }) { refused += 1 }
            #expect(try stores[1].reflogs?.names() == [])
        }
        #expect(done > 20 && refused > 20)
    }
}
