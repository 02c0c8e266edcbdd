import StrataModel

/// Deltas whose bases have not come yet.
struct WaitingDeltas {
    struct Delta {
        /// The number of its entry.
        let number: Int
        let bytes: [UInt8]
    }

    /// How a delta names its base.
    enum Base: Hashable {
        case offset(Int)
        case object(ChosenID)
    }

    private var deltas: [Base: [Delta]] = [:]
    /// The number of bytes that all take together.
    private(set) var size = 0

    var isEmpty: Bool { deltas.isEmpty }

    mutating func add(_ bytes: [UInt8], of number: Int, on base: Base) {
        deltas[base, default: []].append(Delta(number: number, bytes: bytes))
        size += bytes.count + 64
    }

    /// Takes out those that wait for the object `id`, whose entry stands at `offset`.
    mutating func take(offset: Int, id: ObjectID) -> [Delta] {
        if deltas.isEmpty { return [] }
        let found =
            (deltas.removeValue(forKey: .offset(offset)) ?? [])
            + (deltas.removeValue(forKey: .object(ChosenID(id))) ?? [])
        for delta in found { size -= delta.bytes.count + 64 }
        return found
    }
}
