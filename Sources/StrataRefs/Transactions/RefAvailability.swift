import StrataModel

/// Whether names can be created beside the references that exist: `a` and `a/b` exclude each other, in every store.
/// Git's function: `refs_verify_refnames_available`.
struct RefAvailability {
    /// The names of the transaction, sorted; some may have been rejected since.
    private let transaction: [RefName]
    /// Directories of names that were looked up already: whether a reference stands there.
    private var seen: [RefName: Bool] = [:]
    /// The directory, with its slash, of the last name that nothing stood above: neighbours need not look again.
    private var cleared: [UInt8] = []
    private var cursor: (any RefCursor)?
    /// Where the last name would be among the transaction's: mostly the next is its neighbour.
    private var place = 0

    init(transaction: [RefName]) { self.transaction = transaction.sortedWithoutRepeats() }

    /// The text of the conflict that `name` runs into, or nil. `live` are the transaction's names that were not rejected.
    mutating func conflict(
        of name: RefName, among live: Set<RefName>, in held: any HeldRefs
    ) throws(RefError) -> String? {
        var known = 0
        while known < min(cleared.count, name.bytes.count), cleared[known] == name.bytes[known] { known += 1 }
        for (index, byte) in name.bytes.enumerated() where byte == UInt8(ascii: "/") {
            if index < known { continue }
            let directory = RefName(unchecked: Array(name.bytes[..<index]))
            let exists = try isReference(directory, held)
            if !exists && !live.contains(directory) { continue }
            return exists
                ? "'\(directory)' exists; cannot create '\(name)'"
                : "cannot process '\(name)' and '\(directory)' at the same time"
        }
        if let slash = name.bytes.lastIndex(of: UInt8(ascii: "/")), slash >= known {
            cleared = Array(name.bytes[...slash])
        }
        let below = name.bytes + [UInt8(ascii: "/")]
        if cursor == nil {
            cursor = try held.cursor(over: RefScope(prefix: below))
        } else {
            try cursor?.seek(RefScope(prefix: below))
        }
        if let existing = try cursor?.next() {
            return "'\(existing.refName)' exists; cannot create '\(name)'"
        }
        if let other = first(below: below, among: live) {
            return "cannot process '\(name)' and '\(other)' at the same time"
        }
        return nil
    }

    /// Whether something that can be read stands at `directory`. What is broken does not count, as with git.
    private mutating func isReference(_ directory: RefName, _ held: any HeldRefs) throws(RefError) -> Bool {
        if let known = seen[directory] { return known }
        let value = try RefName(tolerating: directory.bytes).flatMap { name throws(RefError) in try held.read(name) }
        let exists = value != nil && value != .broken(.content)
        seen[directory] = exists
        return exists
    }

    private mutating func first(below prefix: [UInt8], among live: Set<RefName>) -> RefName? {
        func isBefore(_ index: Int) -> Bool {
            guard index >= 0, index < transaction.count else { return index < 0 }
            let other = transaction[index].bytes
            return RefNameOrder.compare(other.span, prefix.span) < 0
        }
        var (low, high) = (0, transaction.count)
        if isBefore(place), !isBefore(place + 1) {
            (low, high) = (place + 1, place + 1)
        }
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        place = low
        return transaction[low...].prefix { $0.bytes.starts(with: prefix) }.first(where: live.contains)
    }
}
