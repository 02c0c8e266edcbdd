public import StrataModel

/// A front store over a back store: the front's references win, and writes go to the front.
///
/// What a deletion does with a reference that the back has is the overlay's policy, ``Deletes``: it goes through to both stores, or the
/// front hides the name and the back is never written, nor locked: a base repository that many share, the parent of a fork.
///
/// **Hiding.** The front keeps a marker for each hidden name, a symbolic reference below `refs/strata/hidden/` (of a worktree's own names
/// below `refs/worktree/strata/hidden/`), written in the same commit as the deletion. Markers are not listed, and users cannot read or
/// write there (`invalid`), nor create `refs/strata`, which would be in the way (a name conflict). A marker stays when the name is created
/// again: the front's reference wins, and nobody who reads meanwhile can find neither of them and take the back's old value for the
/// current one. A marker costs what a reference costs; a listing reads those of its directory. Git sees them as symbolic references to
/// nothing.
///
/// Directories and files exclude each other across both stores, as they are seen: `a` cannot be created over the back's `a/b`, but can
/// when `a/b` is hidden.
///
/// **Consistency.** Front and back are read one after the other, the front first, so that what moves from front to back is not missed. Where
/// the front's snapshots stay as they were, both are taken at once; else the back is asked anew for each read. A hold holds the front's names,
/// and the back's too where deletions go through. Where they hide, others may change the back at any moment; a transaction decides by what
/// the back held after the front's names were locked.
///
/// **Reflogs** go on in the front: a log is the back's lines and then the front's, until the name is hidden; from then on it is the
/// front's. Where deletions hide, the back's lines can neither be expired nor deleted by themselves.
///
/// A deletion that goes through is committed in the back first, so that an old value there never shows. The two are one where the stores can
/// commit together; else a failure in between says so. Safe to share between threads.
public final class OverlayRefStore: RefStore {
    /// What becomes of a reference of the back when it is deleted.
    public enum Deletes: Sendable, Hashable {
        /// It is deleted there too.
        case goThrough
        /// The front hides it.
        case hide
    }

    public let front: any RefStore
    public let back: any RefStore
    public let deletes: Deletes

    /// - Parameters:
    ///   - front: gets all writes. To hide it must keep symbolic references, and must not itself be an overlay that hides.
    ///   - back: never written where `deletes` is ``Deletes/hide``.
    /// - Throws: ``RefError``: `invalid` for stores of different hash functions, `unsupported` for a front that cannot hide.
    public init(front: any RefStore, over back: any RefStore, deletes: Deletes = .goThrough) throws(RefError) {
        guard front.hashAlgorithm == back.hashAlgorithm else {
            throw RefError(.invalid, "stores of different hash functions in an overlay")
        }
        if deletes == .hide {
            guard front.capabilities.contains(.symbolicRefs) else {
                throw RefError(.unsupported, "a store without symbolic references cannot hide those of another")
            }
            if let inner = front as? OverlayRefStore, inner.deletes == .hide {
                throw RefError(.unsupported, "an overlay that hides references cannot hide those of another store")
            }
        }
        self.front = front
        self.back = back
        self.deletes = deletes
    }

    /// What the front can do, as far as the back does not take it away.
    public var capabilities: RefStoreCapabilities {
        let (above, below) = (front.capabilities, back.capabilities)
        var all = above.intersection([.symbolicRefs, .reflogs, .perWorktreeRefs])
        all.formUnion(
            above.intersection(below).intersection([.stamps, .snapshotIsolation, .atomicForReaders, .wholeListings]))
        switch deletes {
        case .hide: all.formUnion(above.intersection(.writes))
        case .goThrough:
            all.formUnion(above.intersection(below).intersection(.writes))
            // A snapshot may come between the deletion in the back and that in the front.
            if front.commitDomain != back.commitDomain {
                all.subtract([.atomicForReaders, .snapshotIsolation, .wholeListings])
            }
        }
        return all
    }

    public var hashAlgorithm: HashAlgorithm { front.hashAlgorithm }

    public var commitDomain: CommitDomainID { front.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        let (front, back) = (try front.snapshot(), back)
        let now = try back.snapshot()
        let watches = (front.watches + now.watches).withoutRepeats()
        guard self.front.capabilities.contains(.snapshotIsolation) else {
            return OverlayRefSnapshot(front: front, deletes: deletes, watches: watches) { () throws(RefError) in
                try back.snapshot()
            }
        }
        return OverlayRefSnapshot(front: front, deletes: deletes, watches: watches) { now }
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        var words: [UInt64] = []
        let scopes = deletes == .hide ? [scope] + HiddenRefName.scopes(hiding: scope) : [scope]
        for scope in scopes {
            guard let stamp = try front.stamp(covering: scope) else { return nil }
            words += stamp.words
        }
        guard let stamp = try back.stamp(covering: scope) else { return nil }
        return RefStamp(words: words + stamp.words)
    }

    public func makeHold() throws(RefError) -> any HeldRefs { OverlayHold(self) }

    public var reflogs: (any ReflogStore)? { front.reflogs.map { OverlayReflogs(self, front: $0) } }

    static func refusal(_ name: RefName) -> RefError {
        RefError(.invalid, "'\(name)' is reserved, for what an overlay hides", reference: name)
    }
}
