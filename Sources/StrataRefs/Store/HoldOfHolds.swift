/// A hold that is made of others, which are what is committed: so that a composition in a composition commits as one with its neighbours.
///
/// ``commitTogether(_:)`` commits those instead of calling ``HeldRefs/commit()``.
public protocol HoldOfHolds: HeldRefs {
    /// The holds with something to commit, in their order. Asked once, when the commit begins.
    var committing: [any HeldRefs] { get }

    /// Asked when what was committing has been committed and all names have been let go: what it throws is the outcome. The default throws
    /// nothing.
    func confirm() throws(RefError)

    /// Is told that what was committing has been committed, or why not, once the commit is over. A failure may have taken effect all the same
    /// (``RefError/hasTakenEffect``).
    func committed(_ failure: RefError?)
}

extension HoldOfHolds {
    public func confirm() throws(RefError) {}

    public func committed(_ failure: RefError?) {}
}

/// Holds with what is made of others taken apart.
struct HoldsToCommit {
    /// The holds that do the work.
    private(set) var leaves: [any HeldRefs] = []
    /// With the indices of the leaves that each is made of.
    private var made: [(hold: any HoldOfHolds, leaves: [Int])] = []

    init(_ holds: [any HeldRefs]) { for hold in holds { add(hold) } }

    /// - Returns: which of the leaves `hold` comes down to.
    @discardableResult
    private mutating func add(_ hold: any HeldRefs) -> [Int] {
        guard let hold = hold as? any HoldOfHolds else {
            // Views of one database share what commits.
            if let known = leaves.firstIndex(where: { $0 === hold }) { return [known] }
            leaves.append(hold)
            return [leaves.count - 1]
        }
        let place = made.count
        made.append((hold, []))
        for inner in hold.committing { made[place].leaves += add(inner) }
        return made[place].leaves
    }

    /// Asks those that were taken apart whether it counts.
    func confirm() throws(RefError) { for (hold, _) in made { try hold.confirm() } }

    /// Tells those that were taken apart how it ended. `committed` are the leaves that have committed though others have not.
    func tell(_ failure: RefError?, committed: Set<Int>) {
        for (hold, leaves) in made {
            let isDone = !leaves.isEmpty && leaves.allSatisfy(committed.contains)
            hold.committed(isDone && failure?.hasTakenEffect != true ? nil : failure)
        }
    }
}
