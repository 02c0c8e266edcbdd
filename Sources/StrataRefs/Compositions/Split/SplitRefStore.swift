import StrataModel

/// A store made of stores of which each keeps some of the names: the worktrees of a repository, the rules of a routing.
///
/// A conforming store says which names live where; how such a store is read, listed, stamped, held and committed, and how its reflogs are
/// found, stands once, in the extensions and types beside this.
protocol SplitRefStore: RefStore {
    /// What is listed and from where, each share a range of names of its own; at most 64. Where there is one, it is the whole of its part.
    var shares: [RefShare] { get }

    /// The parts of the shares, each once and in order; their ranks are 0, 1, 2 and so on.
    var listedParts: [RefPart] { get }

    /// Where `name` lives; nil for names that live nowhere.
    func place(of name: RefName) -> RefPlace?

    /// The store of `part`; nil when there is none of that id.
    func store(of part: RefPart) throws(RefError) -> (any RefStore)?

    /// Why a name that lives nowhere cannot be held.
    func strayError(_ name: RefName) -> RefError

    /// Why `name` must not come to be, where names below it live in another store; nil = it may.
    func reservation(of name: RefName) -> String?

    /// Whether names below `name`, in the store that it lives in, are not listed here.
    func hidesNames(below name: RefName) -> Bool

    /// What explanations call a part.
    func role(of part: RefPart) -> String

    /// Whether a snapshot takes those of all listed parts at once, or each when it is first read.
    var takesSnapshotsAtOnce: Bool { get }
}

/// One of the stores of a ``SplitRefStore``. Parts order as they are held and committed.
struct RefPart: Hashable, Comparable, Sendable {
    let rank: Int
    /// Which of several of one rank: the name of a worktree.
    var id: [UInt8] = []

    static func < (a: RefPart, b: RefPart) -> Bool {
        a.rank != b.rank ? a.rank < b.rank : RefNameOrder.compare(a.id.span, b.id.span) < 0
    }
}

/// Where a name lives, and what it is called there.
struct RefPlace: Sendable {
    let part: RefPart
    let name: RefName
}

/// What one part contributes to listings.
struct RefShare: Sendable {
    let part: RefPart
    /// The piece of a scope that the part contributes; nil where that is nothing.
    let scope: @Sendable (RefScope) -> RefScope?
    /// Whether a reference is contributed, where a scope cannot say it.
    var accepts: (@Sendable (RefView) -> Bool)?
}

extension SplitRefStore {
    func reservation(of name: RefName) -> String? { nil }

    func hidesNames(below name: RefName) -> Bool { false }

    /// The walk over all shares of `scope`; `open` gives that over one of them. What contributes nothing is not opened before it is
    /// sought.
    func mergedCursor(
        over scope: RefScope, watches: [any RefReadWatch] = [],
        _ open: @escaping (RefPart, RefScope) throws(RefError) -> any RefCursor
    ) throws(RefError) -> any RefCursor {
        if shares.count > 1, !watches.isEmpty {
            return try watches.reading { () throws(RefError) in
                try openedCursor(over: scope, watches: watches, open)
            }
        }
        return try openedCursor(over: scope, watches: [], open)
    }

    private func openedCursor(
        over scope: RefScope, watches: [any RefReadWatch],
        _ open: @escaping (RefPart, RefScope) throws(RefError) -> any RefCursor
    ) throws(RefError) -> any RefCursor {
        let shares = shares
        if shares.count == 1 { return try open(shares[0].part, scope) }
        var children: [MergedRefCursor.Child] = []
        children.reserveCapacity(shares.count)
        for share in shares {
            let cursor: any RefCursor
            if let part = share.scope(scope) {
                cursor = try open(share.part, part)
            } else {
                cursor = UnopenedRefCursor { scope throws(RefError) in try open(share.part, scope) }
            }
            children.append(MergedRefCursor.Child(cursor, scope: share.scope, accepts: share.accepts))
        }
        return try MergedRefCursor(children, watches: watches)
    }

    /// The stamps of all that contributes to `scope`, one behind the other.
    func combinedStamp(covering scope: RefScope) throws(RefError) -> RefStamp? {
        let shares = shares
        var words: [UInt64] = []
        for share in shares {
            guard let part = shares.count == 1 ? scope : share.scope(scope) else { continue }
            guard let stamp = try store(of: share.part)?.stamp(covering: part) else { return nil }
            words += stamp.words
        }
        return RefStamp(words: words)
    }

    /// The reflogs of all parts; nil where no listed part keeps any.
    func combinedReflogs() -> (any ReflogStore)? {
        let keepsAny = listedParts.contains { part in ((try? store(of: part)) ?? nil)?.reflogs != nil }
        return keepsAny ? SplitReflogs(store: self) : nil
    }
}
