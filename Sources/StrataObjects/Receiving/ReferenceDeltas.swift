import StrataModel
import Synchronization

/// The deltas of a pack that name their base by its id, sorted by it. Each is resolved once, however many objects have that id.
///
/// Sendable because the marks are atomic, the pointer is constant, and the memory lives as long as this.
@safe
final class ReferenceDeltas: @unchecked Sendable {
    private let deltas: [PackScan.ReferenceDelta]
    private let claims: UnsafeMutablePointer<Atomic<Bool>>

    init(_ deltas: [PackScan.ReferenceDelta]) {
        self.deltas = deltas.sorted { $0.base != $1.base ? $0.base < $1.base : $0.record < $1.record }
        unsafe claims = .allocate(capacity: max(deltas.count, 1))
        for place in deltas.indices { unsafe (claims + place).initialize(to: Atomic(false)) }
    }

    deinit {
        unsafe claims.deinitialize(count: deltas.count)
        unsafe claims.deallocate()
    }

    /// The places of the deltas against the object `id`.
    func range(of id: ObjectID) -> Range<Int> {
        if deltas.isEmpty { return 0..<0 }
        var low = 0
        var high = deltas.count
        while low < high {
            let middle = (low + high) / 2
            if deltas[middle].base < id { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < deltas.count, deltas[end].base == id { end += 1 }
        return low..<end
    }

    /// The entry of the delta at a place; nil when it has been taken before.
    func take(_ place: Int) -> Int? {
        guard unsafe !claims[place].exchange(true, ordering: .relaxed) else { return nil }
        return Int(deltas[place].record)
    }

    /// Those that nobody has taken, in the order of their entries.
    var left: [PackScan.ReferenceDelta] {
        deltas.indices.filter { unsafe !claims[$0].load(ordering: .relaxed) }.map { deltas[$0] }
            .sorted { $0.record < $1.record }
    }

    /// Whether the delta at an entry has been taken.
    func isTaken(_ delta: PackScan.ReferenceDelta) -> Bool {
        range(of: delta.base).first { deltas[$0].record == delta.record }
            .map { unsafe claims[$0].load(ordering: .relaxed) } ?? false
    }
}
