public import StrataModel

/// A front store over a back store: the front's references win, writes go to the front, deletions go through to both.
///
/// Reflogs are the front's. A deletion is committed in the back first, so that an old value there never shows; the two commits are separate
/// steps unless both stores share a commit domain.
public final class OverlayRefStore: RefStore {
    let front: any RefStore
    let back: any RefStore

    public init(front: any RefStore, over back: any RefStore) {
        self.front = front
        self.back = back
    }

    public var capabilities: RefStoreCapabilities {
        var both = front.capabilities.intersection(back.capabilities)
        for kept in [RefStoreCapabilities.symbolicRefs, .reflogs, .perWorktreeRefs] {
            both.formUnion(front.capabilities.intersection(kept))
        }
        if front.commitDomain != back.commitDomain { both.remove(.atomicForReaders) }
        // A snapshot fetches the back anew for each read.
        both.remove(.snapshotIsolation)
        return both
    }

    public var hashAlgorithm: HashAlgorithm { front.hashAlgorithm }

    public var commitDomain: CommitDomainID { front.commitDomain }

    public func snapshot() throws(RefError) -> any RefSnapshot {
        let back = back
        return OverlayRefSnapshot(front: try front.snapshot()) { () throws(RefError) in try back.snapshot() }
    }

    public func stamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        guard let a = try front.stamp(covering: scope), let b = try back.stamp(covering: scope) else { return nil }
        return RefStamp(words: a.words + b.words)
    }

    public func makeHold() throws(RefError) -> any HeldRefs { OverlayHold(self) }

    public var reflogs: (any ReflogStore)? { front.reflogs }
}
