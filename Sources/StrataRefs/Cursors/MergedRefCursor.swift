import StrataModel

/// One walk over several cursors in order: of references with equal names the one of the foremost cursor is yielded, the others are
/// passed over.
///
/// The children's scopes, and filters where a scope cannot say it, select what each contributes. Git's functions:
/// `merge_ref_iterator_begin`, `overlay_ref_iterator_begin`.
public struct MergedRefCursor: RefCursor {
    /// One cursor to be merged.
    public struct Child {
        /// The cursor, over the scope that it contributes to.
        public var cursor: any RefCursor
        /// Makes the child's scope of the merged one's when it is sought; nil where it contributes nothing to that.
        public var scope: @Sendable (RefScope) -> RefScope?
        /// Whether the child contributes a reference; nil = all.
        public var accepts: (@Sendable (RefView) -> Bool)?

        public init(
            _ cursor: any RefCursor, scope: @escaping @Sendable (RefScope) -> RefScope? = { $0 },
            accepts: (@Sendable (RefView) -> Bool)? = nil
        ) {
            self.cursor = cursor
            self.scope = scope
            self.accepts = accepts
        }
    }

    private let state: MergeState

    /// Merges `children`, the foremost first; at most 64, which are positioned already.
    ///
    /// - Parameter watches: tell when the children, sought one after the other, came between the steps of a transaction; they are sought
    ///   again then.
    public init(_ children: [Child], watches: [any RefReadWatch] = []) throws(RefError) {
        guard children.count <= 64 else { throw RefError(.invalid, "more than 64 stores in one listing") }
        state = MergeState(children, watches)
    }

    public mutating func next() throws(RefError) -> RefView? { try state.next() }

    public mutating func seek(_ scope: RefScope) throws(RefError) {
        let state = state
        try state.watches.reading { () throws(RefError) in try state.seek(scope) }
    }
}
