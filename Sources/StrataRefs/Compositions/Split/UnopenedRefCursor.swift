/// A cursor over nothing, which is opened when it is sought.
struct UnopenedRefCursor: RefCursor {
    private final class Opener {
        let open: (RefScope) throws(RefError) -> any RefCursor
        var cursor: (any RefCursor)?
        init(_ open: @escaping (RefScope) throws(RefError) -> any RefCursor) { self.open = open }
    }

    private let opener: Opener

    /// A cursor that `open` makes of the first scope that is sought.
    init(_ open: @escaping (RefScope) throws(RefError) -> any RefCursor) { opener = Opener(open) }

    mutating func next() throws(RefError) -> RefView? { try opener.cursor?.next() }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        if opener.cursor == nil {
            opener.cursor = try opener.open(scope)
        } else {
            try opener.cursor?.seek(scope)
        }
    }
}
