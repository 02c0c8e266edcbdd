import StrataModel

/// The names of a scope that a front hides, in their order.
struct HiddenRefs {
    private(set) var names: [[UInt8]] = []

    /// Reads the markers of a front; `list` lists its references.
    init(
        in scope: RefScope, _ list: (RefScope) throws(RefError) -> any RefCursor
    ) throws(RefError) {
        for place in HiddenRefName.scopes(hiding: scope) {
            var cursor = try list(place)
            while let marker = try cursor.next() {
                guard let name = HiddenRefName.name(hiddenBy: marker.refName) else { continue }
                if scope.contains(name.bytes.span) { names.append(name.bytes) }
            }
        }
        names.sort { RefNameOrder.compare($0.span, $1.span) < 0 }
    }
}

/// A walk over the back's references without those that the front hides.
struct HidingRefCursor: RefCursor {
    private final class State {
        var base: any RefCursor
        let hidden: [[UInt8]]
        var next = 0
        init(_ base: any RefCursor, _ hidden: [[UInt8]]) { (self.base, self.hidden) = (base, hidden) }
    }

    private let state: State

    /// - Parameter hidden: names of the scope of `base`, in order.
    init(_ base: any RefCursor, without hidden: HiddenRefs) { state = State(base, hidden.names) }

    mutating func next() throws(RefError) -> RefView? {
        while let view = try state.base.next() {
            var isHidden = false
            while state.next < state.hidden.count {
                let hidden = state.hidden[state.next]
                let order = RefNameOrder.compare(hidden.span, view.name)
                if order > 0 { break }
                state.next += 1
                isHidden = order == 0
            }
            if !isHidden { return view }
        }
        return nil
    }

    /// Not sought: an overlay's cursor opens the back anew, with what is hidden by then.
    mutating func seek(_ scope: RefScope) throws(RefError) {
        throw RefError(.invalid, "the back of an overlay is opened, not sought")
    }
}
