public import StrataModel
import StrataRefs

/// A change of one packed reference.
public struct PackedRefChange: Sendable, Hashable {
    /// What the reference becomes.
    public enum Value: Sendable, Hashable {
        /// It holds an object id, and what that peels to if it is a tag.
        case set(ObjectID, peeled: ObjectID?)
        /// It goes, if it is there.
        case remove
    }

    public let name: RefName
    public let value: Value

    /// Sets `name` to `id`, which peels to `peeled`; nil = it is no tag, or a broken one.
    public static func set(_ name: RefName, to id: ObjectID, peeled: ObjectID?) -> PackedRefChange {
        PackedRefChange(name: name, value: .set(id, peeled: peeled))
    }

    /// Removes `name`.
    public static func remove(_ name: RefName) -> PackedRefChange { PackedRefChange(name: name, value: .remove) }
}

extension PackedRefChange {
    /// `changes` in the order of their names.
    ///
    /// - Throws: ``RefError/Code/invalid`` for two changes of one name, for a name that no line can hold and for ids of another
    ///   algorithm than the file's.
    static func ordered(_ changes: [PackedRefChange], _ algorithm: HashAlgorithm) throws(RefError) -> [PackedRefChange]
    {
        var isSorted = true
        for (index, change) in changes.enumerated() {
            if change.name.bytes.contains(0x0a) {
                throw RefError(.invalid, "'\(change.name)' cannot be packed", reference: change.name)
            }
            if case .set(let id, let peeled) = change.value,
                id.algorithm != algorithm || id.isZero
                    || (peeled ?? id).algorithm != algorithm
            {
                throw RefError(.invalid, "'\(id)' is no object id of this repository", reference: change.name)
            }
            if index > 0 && isSorted { isSorted = changes[index - 1].name < change.name }
        }
        if isSorted { return changes }
        let sorted = changes.sorted { $0.name < $1.name }
        for (a, b) in zip(sorted, sorted.dropFirst()) where a.name == b.name {
            throw RefError(.invalid, "multiple updates for ref '\(a.name)' not allowed", reference: a.name)
        }
        return sorted
    }

    /// The record of the new value, as git writes it; nothing for a removal. Git's function: `write_packed_entry`.
    package func appendRecord(to output: inout [UInt8]) {
        guard case .set(let id, let peeled) = value else { return }
        id.appendHex(to: &output)
        output.append(UInt8(ascii: " "))
        output.append(contentsOf: name.bytes)
        output.append(0x0a)
        guard let peeled else { return }
        output.append(UInt8(ascii: "^"))
        peeled.appendHex(to: &output)
        output.append(0x0a)
    }
}
