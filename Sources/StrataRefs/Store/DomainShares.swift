import Synchronization

/// What the stores of one commit domain have in common within one snapshot or one hold of a composition of them: the transaction of the
/// database that they are views of.
///
/// A composition makes one and hands it to each of its stores (``RefStore/snapshot(sharing:)``, ``RefStore/makeHold(sharing:)``). The first
/// store of a domain puts its part here and the others find it, so that they see one state, and are held and committed as one. Safe to share
/// between threads.
public final class DomainShares: Sendable {
    private let shared = Mutex<[CommitDomainID: any AnyObject & Sendable]>([:])

    public init() {}

    /// What `domain` shares, made by the first that asks; nil where another type's is there already.
    public func share<Shared: AnyObject & Sendable>(
        _ domain: CommitDomainID, _ make: () throws(RefError) -> Shared
    ) throws(RefError) -> Shared? {
        if let known = shared.withLock({ $0[domain] }) { return known as? Shared }
        let made = try make()
        return shared.withLock { all in
            if let first = all[domain] { return first as? Shared }
            all[domain] = made
            return made
        }
    }
}
