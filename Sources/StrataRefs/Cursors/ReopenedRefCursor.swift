/// A merge that is made anew when it is sought: where references move from one child to another, each has to be opened after the one that
/// they move from.
package struct ReopenedRefCursor: RefCursor {
    private final class Opener {
        let open: (RefScope) throws(RefError) -> MergedRefCursor
        init(_ open: @escaping (RefScope) throws(RefError) -> MergedRefCursor) { self.open = open }
    }

    private var merged: MergedRefCursor
    private let opener: Opener

    package init(
        over scope: RefScope, _ open: @escaping (RefScope) throws(RefError) -> MergedRefCursor
    ) throws(RefError) {
        opener = Opener(open)
        merged = try open(scope)
    }

    package mutating func next() throws(RefError) -> RefView? { try merged.next() }

    package mutating func seek(_ scope: RefScope) throws(RefError) { merged = try opener.open(scope) }
}
