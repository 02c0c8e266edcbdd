/// Thrown by a law that has nothing to say about a store.
struct NotApplicable: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// Thrown by a law that is broken.
struct LawBroken: Error {
    let finding: String
    init(_ finding: String) { self.finding = finding }
}
