/// How many columns of a terminal text takes.
enum TextWidth {
    /// The columns of `text`: none for control characters and combining marks, two for wide ones. Bytes that are no UTF-8 take one
    /// column each. Git's function: `utf8_strwidth`.
    static func columns(_ text: Bytes) -> Int {
        if text.allSatisfy({ $0 < 0x80 }) {
            return text.count { $0 >= 0x20 && $0 != 0x7f }
        }
        guard let string = String(validating: text, as: UTF8.self) else { return text.count }
        return string.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x20 || (0x7f..<0xa0).contains(value) { return 0 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        case .format: return value == 0xad ? 1 : 0
        default: return wide.contains { $0.contains(value) } ? 2 : 1
        }
    }

    /// East Asian wide and full-width characters, and pictures (UAX #11).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x231a...0x231b, 0x2329...0x232a, 0x23e9...0x23ec, 0x25fd...0x25fe, 0x2614...0x2615,
        0x2648...0x2653, 0x26aa...0x26ab, 0x26bd...0x26be, 0x26c4...0x26c5, 0x2705...0x2705, 0x270a...0x270b,
        0x2728...0x2728, 0x274c...0x274c, 0x2753...0x2755, 0x2795...0x2797, 0x2e80...0x303e, 0x3041...0x33ff,
        0x3400...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19,
        0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x17000...0x18cff, 0x1b000...0x1b2fb, 0x1f200...0x1f265,
        0x1f300...0x1f320, 0x1f337...0x1f393, 0x1f3e0...0x1f3f0, 0x1f400...0x1f4fc, 0x1f54b...0x1f54e,
        0x1f5fb...0x1f64f, 0x1f680...0x1f6c5, 0x1f900...0x1f9ff, 0x1fa70...0x1faff,
        0x20000...0x2fffd, 0x30000...0x3fffd,
    ]

    /// `text` with blanks up to `width` columns; wider text as it is. Git's function: `strbuf_utf8_align`.
    static func aligned(_ text: Bytes, width: UInt32, _ position: FormatAtom.Position) -> Bytes {
        let missing = Int(width) - columns(text)
        guard missing > 0 else { return text }
        let left =
            switch position {
            case .left: 0
            case .middle: missing / 2
            case .right: missing
            }
        return Bytes(repeating: 0x20, count: left) + text + Bytes(repeating: 0x20, count: missing - left)
    }
}
