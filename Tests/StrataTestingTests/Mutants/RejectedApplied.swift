import StrataModel
import StrataRefs
import StrataTesting

extension Mutant {
    /// In a batch the new value of an edit with an incorrect old value is written all the same.
    static let rejectedApplied = Mutant(
        "a rejected edit is applied", foundBy: "batches:"
    ) {
        SharedReferences([CarelessRefStore()])
    }

    private final class CarelessRefStore: RefStore {
        private let inner = MemoryRefStore()

        var capabilities: RefStoreCapabilities { inner.capabilities }
        var hashAlgorithm: HashAlgorithm { inner.hashAlgorithm }
        var commitDomain: CommitDomainID { inner.commitDomain }
        var reflogs: (any ReflogStore)? { inner.reflogs }
        func snapshot() throws(RefError) -> any RefSnapshot { try inner.snapshot() }
        func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? { try inner.stamp(covering: scope) }
        func makeHold() throws(RefError) -> any HeldRefs { try inner.makeHold() }

        func submit(
            _ transactions: [RefTransaction], _ context: RefTransactionContext
        ) -> [Result<RefTransactionResult, RefError>] {
            let results = inner.submit(transactions, context)
            for (transaction, result) in zip(transactions, results) where transaction.mode == .batched {
                guard case .success(let verdicts) = result else { continue }
                for (edit, verdict) in zip(transaction.edits, verdicts.rejections)
                where verdict?.reason == .incorrectOldValue {
                    var again = edit
                    again.expected = .any
                    _ = inner.submit([RefTransaction([again])], context)
                }
            }
            return results
        }
    }
}
