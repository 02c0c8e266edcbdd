/// A hold that is made of others, which are what is committed: so that a composition in a composition commits as one with its neighbours.
protocol HoldOfHolds: HeldRefs {
    /// The holds with something to commit, in their order.
    var committing: [any HeldRefs] { get }
}

/// `holds`, with what is made of others taken apart.
func holdsToCommit(_ holds: [any HeldRefs]) -> [any HeldRefs] {
    holds.flatMap { hold in (hold as? any HoldOfHolds).map { holdsToCommit($0.committing) } ?? [hold] }
}
