import StrataModel
import Synchronization

/// Contents of objects that deltas were applied to, kept for the next delta: git's delta base cache, shared by threads and packs.
///
/// Bounded in bytes. Keys are a pack's number, which is never used again, and an offset, so an entry can never be taken for one of another
/// pack. What was used least lately goes first, roughly: each entry has one reprieve for each use since it was last passed over.
public final class DeltaBaseCache: Sendable {
    /// Git's `core.deltaBaseCacheLimit` unless configured: 96 MiB.
    public static let defaultLimit = 96 << 20

    /// The most bytes of contents that are kept.
    public let limit: Int
    private let parts: [Part]

    public init(limit: Int = defaultLimit) {
        self.limit = max(limit, 0)
        parts = (0..<Self.partCount).map { _ in Part() }
    }

    private static let partCount = 16

    struct Key: Hashable {
        let pack: UInt64
        let offset: Int

        /// The bits of both, mixed.
        @inline(__always) var mixed: UInt64 {
            (UInt64(truncatingIfNeeded: offset) &+ pack &* 0x9e37_79b9_7f4a_7c15) &* 0xd6e8_feb8_6659_fd93
        }

        func hash(into hasher: inout Hasher) { hasher.combine(mixed) }
    }

    private final class Part: Sendable {
        let entries = Mutex(Entries())
    }

    private struct Entries {
        var places: [Key: Int] = [:]
        var slots: [Slot] = []
        var hand = 0
        var bytes = 0
    }

    private struct Slot {
        let key: Key
        var contents: ObjectContents
        var isUsed: Bool
    }

    private func part(_ key: Key) -> Part { parts[Int(key.mixed >> 60)] }

    /// What was kept of the object at `offset` of a pack.
    func contents(_ pack: UInt64, _ offset: Int) -> ObjectContents? {
        let key = Key(pack: pack, offset: offset)
        return part(key).entries.withLock { entries in
            guard let place = entries.places[key] else { return nil }
            entries.slots[place].isUsed = true
            return entries.slots[place].contents
        }
    }

    /// Keeps what an object holds, unless it alone would take an eighth of all there is room for.
    func keep(_ contents: ObjectContents, _ pack: UInt64, _ offset: Int) {
        let size = contents.bytes.count + Self.overhead
        let share = limit / Self.partCount
        guard size <= limit / 8, size <= max(share, 1) * 4 else { return }
        let key = Key(pack: pack, offset: offset)
        part(key).entries.withLock { entries in
            guard entries.places[key] == nil else { return }
            entries.bytes += size
            entries.places[key] = entries.slots.count
            entries.slots.append(Slot(key: key, contents: contents, isUsed: false))
            while entries.bytes > max(share, size) { Self.dropOne(&entries) }
        }
    }

    /// What an entry takes beside its contents.
    private static let overhead = 128

    private static func dropOne(_ entries: inout Entries) {
        // The newest stands last, and is not the one to go.
        while entries.slots.count > 1 {
            if entries.hand >= entries.slots.count - 1 { entries.hand = 0 }
            if entries.slots[entries.hand].isUsed {
                entries.slots[entries.hand].isUsed = false
                entries.hand += 1
                continue
            }
            let gone = entries.slots[entries.hand]
            entries.bytes -= gone.contents.bytes.count + overhead
            entries.places[gone.key] = nil
            let last = entries.slots.count - 1
            entries.slots.swapAt(entries.hand, last - 1)
            entries.places[entries.slots[entries.hand].key] = entries.hand
            entries.slots.swapAt(last - 1, last)
            entries.places[entries.slots[last - 1].key] = last - 1
            entries.slots.removeLast()
            return
        }
        entries = Entries()
    }

    /// The number of bytes of contents that are kept now.
    public var byteCount: Int {
        parts.reduce(0) { $0 + $1.entries.withLock { $0.slots.reduce(0) { $0 + $1.contents.bytes.count } } }
    }

    /// Lets everything go.
    public func removeAll() { for part in parts { part.entries.withLock { $0 = Entries() } } }
}
