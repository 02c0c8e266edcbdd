public import StrataModel

/// The references of two stores seen as one: the front's, and the back's that the front does not have.
///
/// The back is fetched *after* the front was read, each time: where references move from front to back (pack-refs), one that has
/// left the front is then found in the back.
public struct OverlayRefSnapshot: RefSnapshot {
    private let front: any RefSnapshot
    private let back: @Sendable () throws(RefError) -> any RefSnapshot

    public init(
        front: any RefSnapshot, back: @escaping @Sendable () throws(RefError) -> any RefSnapshot
    ) {
        self.front = front
        self.back = back
    }

    public func read(_ name: RefName) throws(RefError) -> RefValue? {
        if let value = try front.read(name) { return value }
        return try back().read(name)
    }

    public func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        OverlayRefCursor(try merged(over: scope), self)
    }

    fileprivate func merged(over scope: RefScope) throws(RefError) -> MergedRefCursor {
        let front = MergedRefCursor.Child(try front.cursor(over: scope))
        return try MergedRefCursor([front, MergedRefCursor.Child(try back().cursor(over: scope))])
    }
}

/// A merge of front and back that opens the back anew when it is sought.
private struct OverlayRefCursor: RefCursor {
    private var merged: MergedRefCursor
    private let snapshot: Box

    final class Box {
        let snapshot: OverlayRefSnapshot
        init(_ snapshot: OverlayRefSnapshot) { self.snapshot = snapshot }
    }

    init(_ merged: MergedRefCursor, _ snapshot: OverlayRefSnapshot) {
        self.merged = merged
        self.snapshot = Box(snapshot)
    }

    mutating func next() throws(RefError) -> RefView? { try merged.next() }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        merged = try snapshot.snapshot.merged(over: scope)
    }
}
