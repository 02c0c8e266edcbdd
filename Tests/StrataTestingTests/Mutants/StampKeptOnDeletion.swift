extension Mutant {
    /// The stamp tells of what is written, not of what goes.
    static let stampKeptOnDeletion = Mutant("a deletion keeps the stamp", foundBy: "stamps:") {
        $0.stamp = { state in state.changes - state.deletions }
    }
}
