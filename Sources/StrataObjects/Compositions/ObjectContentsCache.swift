import StrataModel
import Synchronization

/// Contents of objects by their ids, as many bytes as were allowed. What was used least lately goes first, roughly: each entry has one reprieve for each
/// use since it was last passed over. Safe to share between threads.
final class ObjectContentsCache: Sendable {
    private let limit: Int
    private let parts: [Part]

    private final class Part: Sendable {
        let entries = Mutex(Entries())
    }

    private struct Entries {
        var places: [ObjectID: Int] = [:]
        var slots: [Slot] = []
        var hand = 0
        var bytes = 0
    }

    private struct Slot {
        let id: ObjectID
        let contents: ObjectContents
        var isUsed = false

        /// What it takes: the contents, and what is around them.
        var bytes: Int { contents.bytes.count + 160 }
    }

    init(limit: Int) {
        self.limit = max(limit, 0)
        // Few of a small cache, so that a part has room for something.
        let count = max(1, min(16, limit >> 20))
        parts = (0..<count).map { _ in Part() }
    }

    private func part(_ id: ObjectID) -> Part { parts[Int(id.word0 & 0xff) % parts.count] }

    func contents(_ id: ObjectID) -> ObjectContents? {
        part(id).entries.withLock { entries in
            guard let place = entries.places[id] else { return nil }
            entries.slots[place].isUsed = true
            return entries.slots[place].contents
        }
    }

    func keep(_ contents: ObjectContents, _ id: ObjectID) {
        let slot = Slot(id: id, contents: contents)
        let share = limit / parts.count
        guard slot.bytes <= share else { return }
        part(id).entries.withLock { entries in
            guard entries.places[id] == nil else { return }
            while entries.bytes + slot.bytes > share { Self.dropOne(&entries) }
            entries.bytes += slot.bytes
            entries.places[id] = entries.slots.count
            entries.slots.append(slot)
        }
    }

    private static func dropOne(_ entries: inout Entries) {
        while true {
            if entries.hand >= entries.slots.count { entries.hand = 0 }
            guard entries.slots[entries.hand].isUsed else { break }
            entries.slots[entries.hand].isUsed = false
            entries.hand += 1
        }
        let gone = entries.slots[entries.hand]
        entries.bytes -= gone.bytes
        entries.places[gone.id] = nil
        let last = entries.slots.removeLast()
        guard entries.hand < entries.slots.count else { return }
        entries.slots[entries.hand] = last
        entries.places[last.id] = entries.hand
    }

    /// The number of bytes that are kept now.
    var byteCount: Int { parts.reduce(0) { $0 + $1.entries.withLock { $0.bytes } } }

    func removeAll() { for part in parts { part.entries.withLock { $0 = Entries() } } }
}
