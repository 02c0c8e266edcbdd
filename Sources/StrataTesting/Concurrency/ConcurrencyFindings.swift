/// What concurrent histories showed.
struct ConcurrencyFindings: Sendable {
    /// The checks that were made, by name.
    var checked: [String] = []
    /// Those that were not, or not to the end, and why.
    var skipped: [(check: String, reason: String)] = []
    var failures: [StoreFailure] = []
}
