import StrataModel

/// Whether names can be created beside the references that exist: `a` and `a/b` exclude each other, in every store.
/// Git's function: `refs_verify_refnames_available`.
struct RefAvailability {
    /// Directories of names that were looked up already: whether a reference stands there. Names in order come back to none but those that are
    /// in the way.
    private var seen: [RefName: Bool] = [:]
    /// The last name that nothing stood above, and how many of its bytes are its directory with the slash: neighbours need not look again.
    private var cleared: [UInt8] = []
    private var clearedCount = 0
    private var cursor: (any RefCursor)?
    private static let root = Array("refs/".utf8)

    /// The text of the conflict that `name` runs into, or nil. `live` are the transaction's names that were not rejected.
    mutating func conflict(
        of name: RefName, among live: inout RefTransactionNames, in held: any HeldRefs
    ) throws(RefError) -> String? {
        // Asked first: what is looked up meanwhile may make the hold forget.
        let isFree = held.isKnownFree(below: name)
        let bytes = name.bytes
        var known = min(RefNameOrder.commonCount(bytes.span, cleared.span), clearedCount)
        // Nothing can be called `refs`.
        if known < Self.root.count, bytes.starts(with: Self.root) { known = Self.root.count }
        var passed = known
        for index in known..<bytes.count where bytes[index] == UInt8(ascii: "/") {
            let above = bytes[..<index]
            if held.isKnownAbsent(above), !live.mayContain(above) {
                passed = index + 1
                continue
            }
            let directory = RefName(unchecked: Array(bytes[..<index]))
            let exists = try isReference(directory, held, remembering: !live.cameInOrder)
            if !exists && !live.contains(directory) {
                passed = index + 1
                continue
            }
            if passed > known { (cleared, clearedCount) = (bytes, passed) }
            return exists
                ? "'\(directory)' exists; cannot create '\(name)'"
                : "cannot process '\(name)' and '\(directory)' at the same time"
        }
        if passed > known { (cleared, clearedCount) = (bytes, passed) }
        if !isFree, let existing = try firstReference(below: name, held) {
            return "'\(existing)' exists; cannot create '\(name)'"
        }
        if let other = live.first(below: name) {
            return "cannot process '\(name)' and '\(other)' at the same time"
        }
        return nil
    }

    private mutating func firstReference(below name: RefName, _ held: any HeldRefs) throws(RefError) -> RefName? {
        let scope = RefScope(prefix: name.bytes + [UInt8(ascii: "/")])
        if cursor == nil {
            cursor = try held.cursor(over: scope)
        } else {
            try cursor?.seek(scope)
        }
        return try cursor?.next()?.refName
    }

    /// Whether something that can be read stands at `directory`. What is broken does not count, as with git.
    private mutating func isReference(
        _ directory: RefName, _ held: any HeldRefs, remembering isRemembered: Bool
    ) throws(RefError) -> Bool {
        guard RefEditRules.belongsSomewhere(directory) else { return false }
        if let known = seen[directory] { return known }
        let value = try RefName(tolerating: directory.bytes).flatMap { name throws(RefError) in try held.read(name) }
        let exists = value != nil && value != .broken(.content)
        if isRemembered || exists { seen[directory] = exists }
        return exists
    }
}
