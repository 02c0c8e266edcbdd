import StrataRefs

extension Mutant {
    /// Expected values are compared with what was there before the lock was had.
    static let comparedEarly = Mutant("compared before it was locked", foundBy: "concurrency:") {
        $0.comparesEarly = true
        let good = $0.commit
        $0.commit = { hold, edits in
            hold.store.wait()
            good(hold, edits)
        }
    }
}
