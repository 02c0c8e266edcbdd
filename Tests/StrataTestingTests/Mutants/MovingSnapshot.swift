extension Mutant {
    /// A snapshot shows what is there when it is asked.
    static let movingSnapshot = Mutant("a snapshot moves", foundBy: "snapshots:") { $0.snapshotsMove = true }
}
