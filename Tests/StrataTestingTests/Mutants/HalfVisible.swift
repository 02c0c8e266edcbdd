import StrataRefs

extension Mutant {
    /// The edits of a transaction are made visible one after the other.
    static let halfVisible = Mutant(
        "half a transaction is visible", foundBy: "concurrency: transactions before readers"
    ) {
        $0.commit = commitOneByOne
    }

    /// The same in a store that promises less.
    static let halfListed = Mutant(
        "a listing shows half a transaction", foundBy: "concurrency: transactions in one reading"
    ) {
        $0.readersSee = .wholeListings
        $0.commit = commitOneByOne
    }

    private static let commitOneByOne: @Sendable (SmallHold, [ResolvedRefEdit]) -> Void = { hold, edits in
        for edit in edits {
            hold.store.change { $0.apply([edit], hold.store.ways) }
            hold.store.wait()
        }
        hold.letGo()
    }
}
