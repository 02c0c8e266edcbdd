import StrataModel

/// Objects by their ids, which others may have chosen, and what is known of each: an open table, 40 bytes a slot, half to three quarters full.
struct LinkTable {
    /// What is known of an object.
    struct Knowledge {
        fileprivate(set) var bits: UInt8

        /// What kind of object it is, or is said to be.
        var kind: ObjectKind? { ObjectKind(rawValue: bits & 7) }
        /// Whether something that was received points to it.
        var isLinked: Bool { bits & 8 != 0 }
        /// Whether it was received itself.
        var isReceived: Bool { bits & 16 != 0 }
        /// Whether something that was received with a promise leads to it.
        var isNoted: Bool { bits & 32 != 0 }

        static var linked: UInt8 { 8 }
        static var received: UInt8 { 16 }
        static var noted: UInt8 { 32 }
    }

    private struct Slot {
        var id: ObjectID
        /// 0 = nothing is here.
        var bits: UInt8
    }

    private var slots: [Slot]
    private(set) var count = 0
    /// Makes it impossible to know which ids fall on one slot.
    private let seeds = (UInt64.random(in: 1...UInt64.max), UInt64.random(in: 1...UInt64.max))

    init() { slots = Self.empty(64) }

    private static func empty(_ count: Int) -> [Slot] {
        Array(repeating: Slot(id: .zero(.sha1), bits: 0), count: count)
    }

    private func place(of id: ObjectID) -> Int {
        let one = (id.word0 ^ seeds.0).multipliedFullWidth(by: id.word1 ^ seeds.1)
        let two = (id.word2 ^ seeds.1).multipliedFullWidth(by: id.word3 ^ seeds.0)
        let hash = (one.high ^ one.low) &+ (two.high ^ two.low)
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count - 1)
    }

    /// Says of an object that it is of a kind, if that is not nil, and what else.
    ///
    /// - Returns: the kind that it was said to be before, when that is another; then nothing is changed.
    mutating func say(_ id: ObjectID, is kind: ObjectKind?, _ more: UInt8) -> ObjectKind? {
        var place = place(of: id)
        while slots[place].bits != 0 {
            if slots[place].id == id {
                let known = Knowledge(bits: slots[place].bits).kind
                if let known, let kind, known != kind { return known }
                slots[place].bits |= more | (kind?.rawValue ?? 0)
                return nil
            }
            place = (place + 1) & (slots.count - 1)
        }
        slots[place] = Slot(id: id, bits: more | (kind?.rawValue ?? 0))
        count += 1
        if count > slots.count / 4 * 3 { grow() }
        return nil
    }

    private mutating func grow() {
        let old = slots
        slots = Self.empty(old.count * 2)
        for slot in old where slot.bits != 0 {
            var place = place(of: slot.id)
            while slots[place].bits != 0 { place = (place + 1) & (slots.count - 1) }
            slots[place] = slot
        }
    }

    /// What is known of an object; nil = nothing.
    func knowledge(of id: ObjectID) -> Knowledge? {
        var place = place(of: id)
        while slots[place].bits != 0 {
            if slots[place].id == id { return Knowledge(bits: slots[place].bits) }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Calls `body` with each object, in no order.
    func visit<E: Error>(_ body: (ObjectID, Knowledge) throws(E) -> Void) throws(E) {
        for slot in slots where slot.bits != 0 { try body(slot.id, Knowledge(bits: slot.bits)) }
    }
}
