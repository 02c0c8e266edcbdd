import StrataRefs

extension Mutant {
    /// The locks are let go before the new values are there.
    static let releasedEarly = Mutant("the lock is released early", foundBy: "concurrency:") {
        $0.commit = { hold, edits in
            hold.letGo()
            hold.store.wait()
            hold.store.change { $0.apply(edits, hold.store.ways) }
        }
    }
}
