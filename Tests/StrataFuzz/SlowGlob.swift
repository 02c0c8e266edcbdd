import StrataModel

/// Git's glob patterns by trying every way, each pair of places once.
struct SlowGlob {
    private let pattern: [UInt8]
    private let text: [UInt8]
    private let isPathname: Bool
    private let foldsCase: Bool
    /// Whether the rest of the pattern matches the rest of the text, where that is known.
    private var known: [Bool?]

    init(_ pattern: [UInt8], _ text: [UInt8], _ options: WildMatch.Options) {
        self.pattern = Array(pattern.prefix { $0 != 0 })
        self.text = text
        isPathname = options.contains(.pathname)
        foldsCase = options.contains(.casefold)
        known = Array(repeating: nil, count: (self.pattern.count + 1) * (text.count + 1))
    }

    mutating func matches() -> Bool { matches(0, 0) }

    private mutating func matches(_ p: Int, _ t: Int) -> Bool {
        let place = p * (text.count + 1) + t
        if let answer = known[place] { return answer }
        let answer = decide(p, t)
        known[place] = answer
        return answer
    }

    private mutating func decide(_ p: Int, _ t: Int) -> Bool {
        guard p < pattern.count else { return t == text.count }
        if pattern[p] == UInt8(ascii: "*") { return star(p, t) }
        guard t < text.count else { return false }
        switch pattern[p] {
        case UInt8(ascii: "?"): return !(isPathname && text[t] == UInt8(ascii: "/")) && matches(p + 1, t + 1)
        case UInt8(ascii: "["):
            var set = SlowSet(pattern, p + 1, folded(text[t]), foldsCase)
            guard let holds = set.read() else { return false }
            return holds && !(isPathname && text[t] == UInt8(ascii: "/")) && matches(set.at, t + 1)
        case UInt8(ascii: "\\"):
            guard p + 1 < pattern.count else { return false }
            return pattern[p + 1] == folded(text[t]) && matches(p + 2, t + 1)
        default: return folded(pattern[p]) == folded(text[t]) && matches(p + 1, t + 1)
        }
    }

    private mutating func star(_ p: Int, _ t: Int) -> Bool {
        let rest = pattern[p...].firstIndex { $0 != UInt8(ascii: "*") } ?? pattern.count
        let behind = String(decoding: pattern[rest...].prefix(2), as: UTF8.self)
        let isAlone =
            rest - p > 1 && (p == 0 || pattern[p - 1] == UInt8(ascii: "/"))
            && (behind.isEmpty || behind.hasPrefix("/") || behind == "\\/")
        // `**/` stands for nothing, too.
        if isPathname, isAlone, behind.hasPrefix("/"), matches(rest + 1, t) { return true }
        for end in t...text.count {
            if matches(rest, end) { return true }
            if end < text.count, isPathname, !isAlone, text[end] == UInt8(ascii: "/") { return false }
        }
        return false
    }

    private func folded(_ byte: UInt8) -> UInt8 { foldsCase && (0x41...0x5a).contains(byte) ? byte + 32 : byte }
}

/// A set of a pattern, read for one byte of a text that is in lower case already where case does not count.
private struct SlowSet {
    private let pattern: [UInt8]
    /// Where reading has come to; behind the set when it is read.
    private(set) var at: Int
    private let byte: UInt8
    private let foldsCase: Bool
    private var holds = false

    init(_ pattern: [UInt8], _ start: Int, _ byte: UInt8, _ foldsCase: Bool) {
        self.pattern = pattern
        at = start
        self.byte = byte
        self.foldsCase = foldsCase
    }

    private func peek(_ offset: Int = 0) -> UInt8? { at + offset < pattern.count ? pattern[at + offset] : nil }

    /// Whether the set has the byte; nil where the set is malformed.
    mutating func read() -> Bool? {
        let isNegated = peek() == UInt8(ascii: "!") || peek() == UInt8(ascii: "^")
        if isNegated { at += 1 }
        // What a range may begin with: the member before, if it was a single byte.
        var low: UInt8?
        var isFirst = true
        while isFirst || peek() != UInt8(ascii: "]") {
            isFirst = false
            guard let member = peek() else { return nil }
            at += 1
            if member == UInt8(ascii: "-"), let start = low, let next = peek(), next != UInt8(ascii: "]") {
                guard let end = bare() else { return nil }
                hold(start, end)
                low = nil
            } else if member == UInt8(ascii: "["), peek() == UInt8(ascii: ":") {
                guard let close = pattern[(at + 1)...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
                guard close > at + 1, pattern[close - 1] == UInt8(ascii: ":") else {
                    hold(member)
                    low = member
                    continue
                }
                guard let isMember = isIn(String(decoding: pattern[(at + 1)..<(close - 1)], as: UTF8.self)) else {
                    return nil
                }
                holds = holds || isMember
                low = nil
                at = close + 1
            } else {
                if member == UInt8(ascii: "\\") { at -= 1 }
                guard let single = member == UInt8(ascii: "\\") ? bare() : member else { return nil }
                hold(single)
                low = single
            }
        }
        at += 1
        return holds != isNegated
    }

    /// One byte, a backslash before it left out.
    private mutating func bare() -> UInt8? {
        if peek() == UInt8(ascii: "\\") { at += 1 }
        guard let byte = peek() else { return nil }
        at += 1
        return byte
    }

    private mutating func hold(_ single: UInt8) { holds = holds || byte == single }

    private mutating func hold(_ low: UInt8, _ high: UInt8) {
        let capital = foldsCase && (0x61...0x7a).contains(byte) ? byte - 32 : byte
        holds = holds || (low <= byte && byte <= high) || (low <= capital && capital <= high)
    }

    private func isIn(_ name: String) -> Bool? {
        let scalar = Unicode.Scalar(byte)
        let (isUpper, isLower) = (("A"..."Z").contains(scalar), ("a"..."z").contains(scalar))
        let isDigit = ("0"..."9").contains(scalar)
        switch name {
        case "alnum": return isUpper || isLower || isDigit
        case "alpha": return isUpper || isLower
        case "blank": return " \t".unicodeScalars.contains(scalar)
        case "cntrl": return byte < 32 || byte == 127
        case "digit": return isDigit
        case "graph": return (33...126).contains(byte)
        case "lower": return isLower
        case "print": return (32...126).contains(byte)
        case "punct": return (33...126).contains(byte) && !isUpper && !isLower && !isDigit
        case "space": return " \t\n\r".unicodeScalars.contains(scalar)
        case "upper": return isUpper || foldsCase && isLower
        case "xdigit": return isDigit || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
        default: return nil
        }
    }
}
