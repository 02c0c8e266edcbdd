/// Git's quoting of names in double quotes with C's escapes: in its output for names that need it, in the input of
/// `update-ref --stdin`. Git's functions: `quote_c_style`, `unquote_c_style`.
enum CQuoting {
    /// Appends `name`, quoted if it needs to be: for control characters, `"`, `\` and, with `fully` (`core.quotePath`), for
    /// every byte above 0x7f.
    static func append(_ name: some Collection<UInt8>, fully: Bool, to output: inout Bytes) {
        guard name.contains(where: { mustQuote($0, fully) }) else {
            output.append(contentsOf: name)
            return
        }
        output.append(UInt8(ascii: "\""))
        for byte in name {
            guard mustQuote(byte, fully) else {
                output.append(byte)
                continue
            }
            output.append(UInt8(ascii: "\\"))
            if let letter = letter(for: byte) {
                output.append(letter)
            } else {
                output.append(0x30 + (byte >> 6))
                output.append(0x30 + (byte >> 3 & 7))
                output.append(0x30 + (byte & 7))
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func mustQuote(_ byte: UInt8, _ fully: Bool) -> Bool {
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7f: true
        case 0x80...: fully
        default: false
        }
    }

    /// The letter that stands for `byte` behind a backslash, if C has one.
    private static func letter(for byte: UInt8) -> UInt8? {
        switch byte {
        case 0x07: UInt8(ascii: "a")
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0a: UInt8(ascii: "n")
        case 0x0b: UInt8(ascii: "v")
        case 0x0c: UInt8(ascii: "f")
        case 0x0d: UInt8(ascii: "r")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        default: nil
        }
    }

    /// Reads the quoted name at the front of `text`.
    ///
    /// - Returns: the name and where the closing quote ends it, or nil when `text` does not begin with a well-formed one.
    static func unquote(_ text: ArraySlice<UInt8>) -> (name: Bytes, end: Int)? {
        guard text.first == UInt8(ascii: "\"") else { return nil }
        var name: Bytes = []
        var rest = text.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return (name, rest.startIndex)
            case UInt8(ascii: "\\"):
                guard let escaped = unescape(&rest) else { return nil }
                name.append(escaped)
            case 0: return nil
            default: name.append(byte)
            }
        }
        return nil
    }

    /// The byte that stands behind a backslash.
    private static func unescape(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = rest.popFirst() else { return nil }
        switch first {
        case UInt8(ascii: "a"): return 0x07
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "v"): return 0x0b
        case UInt8(ascii: "f"): return 0x0c
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return first
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            guard let second = rest.popFirst(), second & 0xf8 == 0x30, let third = rest.popFirst(), third & 0xf8 == 0x30
            else { return nil }
            return (first & 3) << 6 | (second & 7) << 3 | third & 7
        default: return nil
        }
    }
}
