public import StrataModel

/// The references of two stores seen as one: the front's, and the back's that the front neither has nor hides.
///
/// The back is fetched *after* the front was read, each time: where references move from front to back (pack-refs), one that has
/// left the front is then found in the back. For the same reason what the front hides is looked up after the front itself: a reference
/// that was deleted is not in the front any more, and its marker is there.
public struct OverlayRefSnapshot: RefSnapshot {
    private let front: any RefSnapshot
    private let back: @Sendable () throws(RefError) -> any RefSnapshot
    private let deletes: OverlayRefStore.Deletes
    /// The front's, and the back's as they were when this snapshot was taken.
    public let watches: [any RefReadWatch]

    /// - Parameters:
    ///   - back: gives a snapshot of the back; asked for each read and each listing.
    ///   - deletes: whether the front may hide references of the back.
    ///   - watches: tell when front and back were read on two sides of a transaction's steps; both are read again then.
    public init(
        front: any RefSnapshot, deletes: OverlayRefStore.Deletes = .goThrough, watches: [any RefReadWatch] = [],
        back: @escaping @Sendable () throws(RefError) -> any RefSnapshot
    ) {
        self.front = front
        self.back = back
        self.deletes = deletes
        self.watches = watches
    }

    public func read(_ name: RefName) throws(RefError) -> RefValue? {
        try watches.reading { () throws(RefError) in try found(name) }
    }

    private func found(_ name: RefName) throws(RefError) -> RefValue? {
        if deletes == .hide && HiddenRefName.isReserved(name) { return nil }
        if let value = try front.read(name) { return value }
        if deletes == .hide, try front.read(HiddenRefName.marker(of: name)) != nil { return nil }
        return try back().read(name)
    }

    /// The back is fetched once for all that the front has not.
    public func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        try watches.reading { () throws(RefError) in
            var values = [RefValue?](repeating: nil, count: names.count)
            var rest = names.indices.filter { deletes != .hide || !HiddenRefName.isReserved(names[$0]) }
            for (index, value) in zip(rest, try front.read(rest.map { names[$0] })) { values[index] = value }
            rest = rest.filter { values[$0] == nil }
            if deletes == .hide, !rest.isEmpty {
                let markers = try front.read(rest.map { HiddenRefName.marker(of: names[$0]) })
                rest = zip(rest, markers).filter { $0.1 == nil }.map { $0.0 }
            }
            if rest.isEmpty { return values }
            for (index, value) in zip(rest, try back().read(rest.map { names[$0] })) { values[index] = value }
            return values
        }
    }

    public func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try ReopenedRefCursor(over: scope) { scope throws(RefError) in
            try watches.reading { () throws(RefError) in try opened(scope) }
        }
    }

    private func opened(_ scope: RefScope) throws(RefError) -> MergedRefCursor {
        try OverlayListing.merged(
            over: scope, deletes, front: { scope throws(RefError) in try front.cursor(over: scope) },
            back: { scope throws(RefError) in try back().cursor(over: scope) })
    }
}

/// How an overlay is listed, from snapshots or under a hold.
enum OverlayListing {
    /// Opens the front, then reads what it hides, then opens the back.
    static func merged(
        over scope: RefScope, _ deletes: OverlayRefStore.Deletes,
        front: (RefScope) throws(RefError) -> any RefCursor, back: (RefScope) throws(RefError) -> any RefCursor
    ) throws(RefError) -> MergedRefCursor {
        guard deletes == .hide else {
            let front = MergedRefCursor.Child(try front(scope))
            return try MergedRefCursor([front, MergedRefCursor.Child(try back(scope))])
        }
        guard let shown = HiddenRefName.shown(scope) else { return try MergedRefCursor([]) }
        // Below `refs/` the scope says it all.
        var accepts: (@Sendable (RefView) -> Bool)?
        if !scope.prefix.starts(with: "refs/".utf8) { accepts = { !HiddenRefName.isReserved($0.refName) } }
        let foremost = try front(shown)
        let hidden = try HiddenRefs(in: shown, front)
        var rest = try back(shown)
        if !hidden.names.isEmpty { rest = HidingRefCursor(rest, without: hidden) }
        return try MergedRefCursor([
            MergedRefCursor.Child(foremost, accepts: accepts), MergedRefCursor.Child(rest, accepts: accepts),
        ])
    }
}
