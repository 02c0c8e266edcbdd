import StrataIO
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

    private static let partCount = 8

    /// What was kept of the object at `offset` of a pack.
    func contents(_ pack: UInt64, _ offset: Int) -> ObjectContents? {
        let key = Key(pack: pack, offset: offset)
        return parts.lend(part(key)) { $0.entries.withLock { $0.take(key) } }
    }

    /// Keeps what an object holds, unless it alone would take an eighth of all there is room for.
    func keep(_ contents: ObjectContents, _ pack: UInt64, _ offset: Int) {
        let size = contents.bytes.count
        let share = limit / Self.partCount
        guard size + Entries.overhead <= share else { return }
        let key = Key(pack: pack, offset: offset)
        parts.lend(part(key)) { $0.entries.withLock { $0.add(key, contents, share) } }
    }

    private func part(_ key: Key) -> Int { Int(key.mixed >> 61) }

    private final class Part: Sendable {
        let entries = Mutex(Entries())
    }

    struct Key: Equatable {
        let pack: UInt64
        let offset: Int

        /// The bits of both, mixed.
        @inline(__always) var mixed: UInt64 {
            let both = UInt64(truncatingIfNeeded: offset) &+ pack &* 0x9e37_79b9_7f4a_7c15
            return (both ^ both >> 32) &* 0xd6e8_feb8_6659_fd93
        }
    }

    /// Entries in slots that are handed on, found by lists of those whose keys mix alike. (A dictionary spends more on its hash than a small delta costs.)
    private struct Entries {
        private struct Slot {
            var key: Key
            /// None in a slot that is free.
            var contents: ObjectContents?
            var isUsed = false
            /// The next slot of the same list, or of the free ones.
            var next: Int32
        }

        private var slots: [Slot] = []
        /// The first slot of each list; a power of two of them.
        private var lists: [Int32] = []
        private var free: Int32 = -1
        private var hand = 0
        private(set) var bytes = 0

        /// What an entry takes beside its contents.
        static let overhead = 128

        @inline(__always)
        private func list(_ key: Key) -> Int { Int(truncatingIfNeeded: key.mixed >> 24) & (lists.count - 1) }

        /// The slot of a key, or -1.
        @inline(__always)
        private func place(_ key: Key) -> Int32 {
            guard !lists.isEmpty else { return -1 }
            var place = lists[list(key)]
            while place >= 0, slots[Int(place)].key != key { place = slots[Int(place)].next }
            return place
        }

        mutating func take(_ key: Key) -> ObjectContents? {
            let place = Int(place(key))
            guard place >= 0 else { return nil }
            slots[place].isUsed = true
            return slots[place].contents
        }

        mutating func add(_ key: Key, _ contents: ObjectContents, _ share: Int) {
            guard place(key) < 0 else { return }
            let size = contents.bytes.count + Self.overhead
            while bytes > 0, bytes + size > share { dropOne() }
            bytes += size
            let place = free >= 0 ? free : Int32(slots.count)
            if free >= 0 {
                free = slots[Int(free)].next
            } else {
                if slots.count == lists.count { spread() }
                slots.append(Slot(key: key, next: -1))
            }
            let list = list(key)
            slots[Int(place)] = Slot(key: key, contents: contents, next: lists[list])
            lists[list] = place
        }

        /// Lets go of the next that has not been used since it was last passed over. There is one.
        private mutating func dropOne() {
            while true {
                if hand >= slots.count { hand = 0 }
                defer { hand += 1 }
                guard let contents = slots[hand].contents else { continue }
                if slots[hand].isUsed {
                    slots[hand].isUsed = false
                    continue
                }
                unlink(hand)
                bytes -= contents.bytes.count + Self.overhead
                slots[hand].contents = nil
                slots[hand].next = free
                free = Int32(hand)
                return
            }
        }

        private mutating func unlink(_ gone: Int) {
            let list = list(slots[gone].key)
            if lists[list] == gone {
                lists[list] = slots[gone].next
                return
            }
            var place = Int(lists[list])
            while slots[place].next != gone { place = Int(slots[place].next) }
            slots[place].next = slots[gone].next
        }

        /// Makes twice as many lists, when all slots are full.
        private mutating func spread() {
            lists = Array(repeating: -1, count: max(lists.count * 2, 64))
            for place in slots.indices {
                let list = list(slots[place].key)
                slots[place].next = lists[list]
                lists[list] = Int32(place)
            }
        }

        /// The number of bytes of contents.
        var contentBytes: Int { slots.reduce(0) { $0 + ($1.contents?.bytes.count ?? 0) } }
    }

    /// The number of bytes of contents that are kept now.
    public var byteCount: Int {
        parts.reduce(0) { $0 + $1.entries.withLock { $0.contentBytes } }
    }

    /// Lets everything go.
    public func removeAll() { for part in parts { part.entries.withLock { $0 = Entries() } } }
}
