import StrataRefs

extension Mutant {
    /// A read of several names reads one after the other, and waits for a transaction of others to come between. Listings are whole.
    static let readOneByOne = Mutant(
        "a read of several names shows half a transaction", foundBy: "concurrency: transactions in one reading"
    ) {
        $0.readersSee = .wholeListings
        $0.snapshotsMove = true
        $0.beforeRead = { store in
            let before = store.now.largeChanges
            store.wait { $0.largeChanges > before }
        }
    }
}
