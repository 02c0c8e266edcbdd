public import StrataModel

/// The reflogs of a store, by the name of their reference.
///
/// Writing belongs under a hold of the reference; ``ResolvedRefEdit`` carries the lines of a transaction.
public protocol ReflogStore: Sendable {
    /// Whether `name` has a log, empty or not.
    func exists(_ name: RefName) throws(RefError) -> Bool

    /// Calls `body` with each entry, oldest first or newest first, until it returns false. Malformed lines are passed over.
    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError)

    /// The names that have a log, sorted.
    func names() throws(RefError) -> [RefName]

    /// Makes an empty log, if there is none. The reference must be held.
    func create(_ name: RefName) throws(RefError)

    /// Deletes the log, if there is one. The reference must be held.
    func delete(_ name: RefName) throws(RefError)

    /// Keeps the entries for which `keep` returns true, in their order; the log is left alone when nothing changes by that. `rewrite` makes each
    /// kept entry's old id the new id of the entry kept before it, and the first one's zero, as git does; `keep` sees those.
    ///
    /// - Returns: the number of entries dropped. The reference must be held.
    @discardableResult
    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int
}
