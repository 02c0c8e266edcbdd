import StrataModel
import StrataRefs

/// A stretch of the order of names in which a write transaction has no record, seen at the last look: who creates many names in order asks for each, and
/// most fall where the one before fell.
///
/// It holds until the next change. For names that are keys (``LMDBRefKey``).
struct LMDBGap {
    /// Of the worktree.
    let scope: UInt32
    /// The first name that there could be.
    let start: [UInt8]
    /// The next record's key without the scope; nil = there is none in the scope.
    let end: [UInt8]?

    /// Whether it is seen by this that `name` has no record.
    func contains(_ name: RefName, _ scope: UInt32) -> Bool {
        guard scope == self.scope, name.bytes.count <= LMDBRefKey.nameLimit,
            RefNameOrder.compare(start.span, name.bytes.span) <= 0
        else { return false }
        guard let end else { return true }
        return RefNameOrder.compare(name.bytes.span, end.span) < 0
    }

    /// Whether it is seen by this that no record is of a name below the directory `name`.
    func isEmpty(below name: RefName, _ scope: UInt32) -> Bool {
        // Longer ones lie in records that begin with the bytes of the directory, too, as long as a key has room for these.
        guard scope == self.scope, name.bytes.count < LMDBRefKey.nameLimit,
            RefNameOrder.compare(start.span, below: name) <= 0
        else { return false }
        guard let end else { return true }
        return RefNameOrder.compare(end.span, below: name) > 0 && !name.isDirectory(of: end.span)
    }
}
