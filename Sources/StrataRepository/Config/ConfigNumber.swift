import StrataModel

/// The numbers and booleans that configuration values write.
enum ConfigNumber {
    enum Failure: Error { case invalidUnit, outOfRange }

    /// The boolean that `text` writes, or nil: a word, or a number, of which 0 is false.
    static func bool(_ text: Span<UInt8>) -> Bool? {
        if let word = word(text) { return word }
        return (try? integer(text, in: Int64(Int32.min)...Int64(Int32.max))).map { $0 != 0 }
    }

    /// The boolean that `text` writes as a word (empty: false), or nil.
    static func word(_ text: Span<UInt8>) -> Bool? {
        if text.isEmpty || equalsFolded(text, "false") || equalsFolded(text, "no") || equalsFolded(text, "off") {
            return false
        }
        if equalsFolded(text, "true") || equalsFolded(text, "yes") || equalsFolded(text, "on") { return true }
        return nil
    }

    /// Whether `text` is `word` (which must be in lower case) in either case.
    static func equalsFolded(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard text.count == word.count else { return false }
            for i in 0..<text.count where lowercased(text[i]) != (unsafe word[i]) { return false }
            return true
        }
    }

    /// The number that `text` writes, in C's notations (`10`, `0x1f`, `017`), with an optional `k`, `m` or `g` after it.
    static func integer(_ text: Span<UInt8>, in range: ClosedRange<Int64>) throws(Failure) -> Int64 {
        var at = 0
        while at < text.count, text[at] == 0x20 || (0x09...0x0d).contains(text[at]) { at += 1 }
        var isNegative = false
        if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
            isNegative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        var base: UInt64 = 10
        if at < text.count, text[at] == UInt8(ascii: "0") {
            base = 8
            if at + 2 < text.count, text[at + 1] | 0x20 == UInt8(ascii: "x"), digit(text[at + 2]) < 16 {
                base = 16
                at += 2
            }
        }
        let start = at
        var magnitude: UInt64 = 0
        var overflows = false
        while at < text.count, digit(text[at]) < base {
            let (product, first) = magnitude.multipliedReportingOverflow(by: base)
            let (sum, second) = product.addingReportingOverflow(digit(text[at]))
            overflows = overflows || first || second
            magnitude = sum
            at += 1
        }
        if overflows || magnitude > (isNegative ? UInt64(Int64.max) + 1 : UInt64(Int64.max)) { throw .outOfRange }
        guard at > start else { throw .invalidUnit }
        let factor: Int64
        switch text.count - at {
        case 0: factor = 1
        case 1:
            switch text[at] | 0x20 {
            case UInt8(ascii: "k"): factor = 1 << 10
            case UInt8(ascii: "m"): factor = 1 << 20
            case UInt8(ascii: "g"): factor = 1 << 30
            default: throw .invalidUnit
            }
        default: throw .invalidUnit
        }
        let plain = isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude)
        let (scaled, overflow) = plain.multipliedReportingOverflow(by: factor)
        guard !overflow, range.contains(scaled) else { throw .outOfRange }
        return scaled
    }

    private static func digit(_ c: UInt8) -> UInt64 {
        if isDigit(c) { return UInt64(c - UInt8(ascii: "0")) }
        return isLetter(c) ? UInt64((c | 0x20) - UInt8(ascii: "a")) + 10 : 99
    }
}
