/// Reads a glob pattern into the places of its automaton.
struct WildMatchCompiler {
    private let pattern: [UInt8]
    private let isPathname: Bool
    private let foldsCase: Bool
    private var at = 0
    private var places: [WildMatchPlace] = []
    private var pending = WildMatchPlace()
    private(set) var literalPrefix: [UInt8] = []

    init(pattern: [UInt8], options: WildMatch.Options) {
        self.pattern = pattern.firstIndex(of: 0).map { Array(pattern[..<$0]) } ?? pattern
        isPathname = options.contains(.pathname)
        foldsCase = options.contains(.casefold)
    }

    /// The pattern's byte at `index`, 0 at its end.
    private func byte(_ index: Int) -> UInt8 { index < pattern.count ? pattern[index] : 0 }

    mutating func compile() -> WildMatchAutomaton {
        while at < pattern.count {
            switch pattern[at] {
            case UInt8(ascii: "*"):
                readStars()
            case UInt8(ascii: "?"):
                at += 1
                placeAny()
            case UInt8(ascii: "["):
                guard let set = readSet() else { return WildMatchAutomaton(places: []) }
                placeSet(set)
            case UInt8(ascii: "\\"):
                guard at + 1 < pattern.count else { return WildMatchAutomaton(places: []) }
                // An escaped letter is compared as it stands, even where the text's letters are folded.
                placeLiteral(pattern[at + 1])
                at += 2
            case let literal:
                placeLiteral(foldsCase ? Self.lowercased(literal) : literal)
                at += 1
            }
        }
        places.append(pending)
        return WildMatchAutomaton(places: places)
    }

    // MARK: Places

    private mutating func placeAny() {
        var set = ByteSet(words: (.max, .max, .max, .max))
        if isPathname { set.words.0 &= ~(1 << UInt64(UInt8(ascii: "/"))) }
        placeSet(set)
    }

    private mutating func placeSet(_ set: ByteSet) {
        pending.bytes = set
        places.append(pending)
        pending = WildMatchPlace()
    }

    private mutating func placeLiteral(_ literal: UInt8) {
        if places.isEmpty, pending.run == .none, !(foldsCase && Self.isLetter(literal)) {
            literalPrefix.append(literal)
            return
        }
        // Folded text has no capitals: those match nothing.
        var set = ByteSet()
        let lower = Self.lowercased(literal)
        if !foldsCase || lower == literal { set.insert(literal) }
        if foldsCase, Self.isLetter(literal), lower == literal { set.insert(literal & ~0x20) }
        placeSet(set)
    }

    // MARK: Stars

    private mutating func readStars() {
        let start = at
        while byte(at) == UInt8(ascii: "*") { at += 1 }
        guard isPathname else {
            pending.run = .anything
            return
        }
        let slash = UInt8(ascii: "/")
        let isBounded =
            at - start > 1 && (start == 0 || pattern[start - 1] == slash)
            && (at == pattern.count || pattern[at] == slash
                || pattern[at] == UInt8(ascii: "\\") && byte(at + 1) == slash)
        guard isBounded else {
            pending.run = .withinComponent
            return
        }
        pending.run = .anything
        guard at < pattern.count, pattern[at] == slash else { return }
        at += 1
        // One `**/` after another says nothing new.
        if let last = places.last, last.isOptional {
            pending = WildMatchPlace()
            return
        }
        pending.isOptional = true
        var set = ByteSet()
        set.insert(slash)
        placeSet(set)
    }

    // MARK: Sets

    /// Reads a set from its `[` on, or nil when it is malformed.
    private mutating func readSet() -> ByteSet? {
        at += 1
        var isNegated = false
        if byte(at) == UInt8(ascii: "!") || byte(at) == UInt8(ascii: "^") {
            isNegated = true
            at += 1
        }
        var members = SetMembers()
        // The byte before, when it can begin a range.
        var previous: UInt8 = 0
        var isFirst = true
        while isFirst || byte(at) != UInt8(ascii: "]") {
            isFirst = false
            let c = byte(at)
            guard c != 0 else { return nil }
            if c == UInt8(ascii: "\\") {
                at += 1
                guard byte(at) != 0 else { return nil }
                previous = byte(at)
                members.bytes.insert(previous)
            } else if c == UInt8(ascii: "-"), previous != 0, byte(at + 1) != 0, byte(at + 1) != UInt8(ascii: "]") {
                at += 1
                if byte(at) == UInt8(ascii: "\\") { at += 1 }
                guard byte(at) != 0 else { return nil }
                if previous <= byte(at) { members.ranges.append(previous...byte(at)) }
                previous = 0
            } else if c == UInt8(ascii: "["), byte(at + 1) == UInt8(ascii: ":") {
                var close = at + 2
                while byte(close) != 0, byte(close) != UInt8(ascii: "]") { close += 1 }
                guard byte(close) != 0 else { return nil }
                if close - 1 < at + 2 || byte(close - 1) != UInt8(ascii: ":") {
                    // No ":]": an ordinary bracket.
                    members.bytes.insert(c)
                    previous = c
                } else {
                    guard let named = CharacterClass(name: pattern[(at + 2)..<(close - 1)]) else { return nil }
                    members.classes.append(named)
                    previous = 0
                    at = close
                }
            } else {
                members.bytes.insert(c)
                previous = c
            }
            at += 1
        }
        at += 1
        var set = ByteSet()
        for byte in UInt8.min...UInt8.max {
            if isPathname, byte == UInt8(ascii: "/") { continue }
            if members.contains(byte, folded: foldsCase) != isNegated { set.insert(byte) }
        }
        return set
    }

    static func isLetter(_ c: UInt8) -> Bool { (c | 0x20) &- UInt8(ascii: "a") < 26 }

    static func lowercased(_ c: UInt8) -> UInt8 { c &- UInt8(ascii: "A") < 26 ? c | 0x20 : c }
}

/// What a set lists, before it is one set of bytes.
private struct SetMembers {
    var bytes = ByteSet()
    var ranges: [ClosedRange<UInt8>] = []
    var classes: [CharacterClass] = []

    /// Folding lowers the text only, not the set: `[A]` matches nothing then, while `[A-Z]` and `[:upper:]` do.
    func contains(_ textByte: UInt8, folded: Bool) -> Bool {
        let byte = folded ? WildMatchCompiler.lowercased(textByte) : textByte
        let isFoldedLetter = folded && byte &- UInt8(ascii: "a") < 26
        return bytes.contains(byte)
            || ranges.contains { $0.contains(byte) || isFoldedLetter && $0.contains(byte & ~0x20) }
            || classes.contains { $0.contains(byte) || isFoldedLetter && $0 == .upper }
    }
}

/// The named classes of a set, ASCII only.
private enum CharacterClass: String {
    case alnum, alpha, blank, cntrl, digit, graph, lower, print, punct, space, upper, xdigit

    init?(name: ArraySlice<UInt8>) {
        self.init(rawValue: String(decoding: name, as: UTF8.self))
    }

    func contains(_ c: UInt8) -> Bool {
        let isDigit = c &- UInt8(ascii: "0") < 10
        let isLetter = WildMatchCompiler.isLetter(c)
        switch self {
        case .alnum: return isDigit || isLetter
        case .alpha: return isLetter
        case .blank: return c == 0x20 || c == 0x09
        case .cntrl: return c < 0x20 || c == 0x7f
        case .digit: return isDigit
        case .graph: return c > 0x20 && c < 0x7f
        case .lower: return isLetter && c & 0x20 != 0
        case .print: return c >= 0x20 && c < 0x7f
        case .punct: return c > 0x20 && c < 0x7f && !isDigit && !isLetter
        // Without vertical tab and form feed, as git has it.
        case .space: return c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d
        case .upper: return isLetter && c & 0x20 == 0
        case .xdigit: return isDigit || (c | 0x20) &- UInt8(ascii: "a") < 6
        }
    }
}
