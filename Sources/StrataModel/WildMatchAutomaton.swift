/// A set of byte values.
struct ByteSet: Sendable {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        case 2: return words.2 & bit != 0
        default: return words.3 & bit != 0
        }
    }

    var members: [UInt8] {
        var members: [UInt8] = []
        for (i, word) in [words.0, words.1, words.2, words.3].enumerated() {
            var rest = word
            while rest != 0 {
                members.append(UInt8(truncatingIfNeeded: i << 6 | rest.trailingZeroBitCount))
                rest &= rest &- 1
            }
        }
        return members
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }
}

/// What stands at one place of a pattern: the run of other bytes that may come first, and the byte consumed here.
///
/// State *j* of the automaton means "the first *j* places are matched"; state `count` is the end and has a run only.
struct WildMatchPlace: Sendable {
    enum Run: UInt8 { case none, withinComponent, anything }
    /// The bytes that may pass while staying in this state: a star.
    var run = Run.none
    /// Entering this state enters the next one too: `**/` may match nothing.
    var isOptional = false
    /// The bytes that lead to the next state.
    var bytes = ByteSet()
}

/// The automaton of a pattern without its literal prefix.
struct WildMatchAutomaton: Sendable {
    /// The places in order, the end last. Empty: nothing matches.
    private let places: [WildMatchPlace]
    /// For each byte value the states it leads on from, when states fit into one word.
    private let steps: [UInt64]
    private let optional: UInt64
    private let runsAnything: UInt64
    private let runsWithin: UInt64
    private let minimumCount: Int

    init(places: [WildMatchPlace]) {
        self.places = places
        minimumCount = places.count - 1 - places.count(where: { $0.isOptional })
        var optional: UInt64 = 0
        var anything: UInt64 = 0
        var within: UInt64 = 0
        var steps: [UInt64] = []
        if !places.isEmpty, places.count <= 64 {
            steps = [UInt64](repeating: 0, count: 256)
            for (i, place) in places.enumerated() {
                let bit = UInt64(1) << UInt64(i)
                if place.isOptional { optional |= bit }
                if place.run == .anything { anything |= bit }
                if place.run != .none { within |= bit }
                for byte in place.bytes.members { steps[Int(byte)] |= bit }
            }
        }
        self.steps = steps
        self.optional = optional
        runsAnything = anything
        runsWithin = within
    }

    /// Whether only the empty text is accepted.
    var isEmptyPattern: Bool { places.count == 1 && places[0].run == .none }

    func accepts(_ text: Span<UInt8>) -> Bool {
        guard !places.isEmpty, text.count >= minimumCount else { return false }
        if places.count == 1 {
            // Nothing but a star, or nothing.
            switch places[0].run {
            case .none: return text.isEmpty
            case .anything: return true
            case .withinComponent:
                for i in 0..<text.count where text[i] == 0x2f { return false }
                return true
            }
        }
        return steps.isEmpty ? acceptsByList(text) : acceptsByWord(text)
    }

    private func acceptsByWord(_ text: Span<UInt8>) -> Bool {
        let end = UInt64(1) << UInt64(places.count - 1)
        let settled = end & runsAnything
        let steps = steps.span
        var states: UInt64 = 1 | (optional & 1) << 1
        for i in 0..<text.count {
            if states & settled != 0 { return true }
            let byte = text[i]
            // The end has no step, so nothing is shifted out of the word.
            var entered = (states & steps[Int(byte)]) << 1
            entered |= (entered & optional) << 1
            states = entered | states & (byte == 0x2f ? runsAnything : runsWithin)
            if states == 0 { return false }
        }
        return states & end != 0
    }

    /// The same for patterns of 64 places and more: the active states as a sorted list.
    private func acceptsByList(_ text: Span<UInt8>) -> Bool {
        let end = places.count - 1
        var states: [Int32] = []
        func enter(_ state: Int, _ list: inout [Int32]) {
            if list.last.map({ $0 < Int32(state) }) ?? true { list.append(Int32(state)) }
            if places[state].isOptional, list.last.map({ $0 < Int32(state + 1) }) ?? true {
                list.append(Int32(state + 1))
            }
        }
        enter(0, &states)
        var next: [Int32] = []
        next.reserveCapacity(16)
        for i in 0..<text.count {
            let byte = text[i]
            next.removeAll(keepingCapacity: true)
            for s in states {
                let state = Int(s)
                let place = places[state]
                let stays = place.run == .anything || place.run == .withinComponent && byte != 0x2f
                if stays {
                    if state == end, place.run == .anything { return true }
                    // Staying is not entering: what `**/` skips is skipped only on the way in. The states before this
                    // one reach no further than the next, and that one only through this: so it is there or is last.
                    if next.last.map({ $0 < s }) ?? true { next.append(s) }
                }
                if state < end, place.bytes.contains(byte) { enter(state + 1, &next) }
            }
            swap(&states, &next)
            if states.isEmpty { return false }
        }
        return states.contains(Int32(end))
    }
}
