/// Integers as git reads them in option values.
enum OptionNumber {
    /// An integer of 32 bits: decimal, octal or hexadecimal as in C, with an optional unit k, m or g.
    ///
    /// - Throws: git's refusal, naming the option as `spelling`. Git's functions: `git_parse_signed`, `do_get_value`.
    static func int32(_ bytes: Bytes, of spelling: String) throws(OptionRefusal) -> Int32 {
        guard !bytes.isEmpty else { throw OptionRefusal("\(spelling) expects a numerical value") }
        guard let (digits, rest) = leadingInteger(bytes, base: 0), let factor = unit(rest) else {
            throw OptionRefusal("\(spelling) expects an integer value with an optional k/m/g suffix")
        }
        guard let digits, case (let value, let overflow) = digits.multipliedReportingOverflow(by: factor), !overflow,
            let fits = Int32(exactly: value)
        else {
            throw OptionRefusal(
                Bytes("value ") + bytes + Bytes(" for \(spelling) not in range [\(Int32.min),\(Int32.max)]"))
        }
        return fits
    }

    /// A number that is not negative, of 63 bits, decimal, octal or hexadecimal as in C, with an optional unit k, m or g; nil for anything else.
    /// Git's function: `git_parse_ulong`.
    static func unsigned(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard !bytes.contains(UInt8(ascii: "-")), let (digits, rest) = leadingInteger(Bytes(bytes), base: 0),
            let digits,
            let factor = unit(rest), case (let value, false) = digits.multipliedReportingOverflow(by: factor)
        else { return nil }
        return UInt64(value)
    }

    /// A number of digits for object ids: 0 stays, what is less than 4 becomes 4. Git's function: `parse_opt_abbrev_cb`.
    static func abbreviation(_ bytes: Bytes, of long: String) throws(OptionRefusal) -> Int32 {
        guard !bytes.isEmpty, let (digits, rest) = leadingInteger(bytes, base: 10), rest.isEmpty else {
            throw OptionRefusal("option `\(long)' expects a numerical value")
        }
        // Beyond 64 bits, strtol's limit; beyond 32, the low half: as the value goes through an int.
        let wide = digits ?? (bytes.contains(UInt8(ascii: "-")) ? Int64.min : Int64.max)
        let value = Int32(truncatingIfNeeded: wide)
        return value != 0 && value < 4 ? 4 : value
    }

    /// What C's `strtoimax` reads at the front of `bytes`, and what is left.
    ///
    /// - Returns: nil when no digit is there; a nil number when it does not fit 64 bits.
    static func leadingInteger(_ bytes: Bytes, base fixed: Int64) -> (Int64?, ArraySlice<UInt8>)? {
        var rest = bytes[...].drop { $0 == 0x20 || $0 &- 0x09 < 5 }
        let negative = rest.first == UInt8(ascii: "-")
        if negative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var base = fixed == 0 ? 10 : fixed
        if fixed == 0, rest.first == UInt8(ascii: "0") {
            base = 8
            if let mark = rest.dropFirst().first, mark | 0x20 == UInt8(ascii: "x"),
                let digit = rest.dropFirst(2).first, Self.digit(digit) < 16
            {
                base = 16
                rest = rest.dropFirst(2)
            }
        }
        var value: Int64? = 0
        let start = rest.startIndex
        while let byte = rest.first, case let digit = Self.digit(byte), digit < base {
            rest = rest.dropFirst()
            guard let sofar = value else { continue }
            let (product, high) = sofar.multipliedReportingOverflow(by: base)
            let (sum, carry) =
                negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            value = high || carry ? nil : sum
        }
        return rest.startIndex == start ? nil : (value, rest)
    }

    private static func digit(_ byte: UInt8) -> Int64 {
        if byte.isDigit { return Int64(byte - 0x30) }
        let letter = byte.asciiLowercased
        return letter &- 0x61 < 26 ? Int64(letter - 0x61) + 10 : 99
    }

    private static func unit(_ suffix: ArraySlice<UInt8>) -> Int64? {
        guard let letter = suffix.first else { return 1 }
        guard suffix.count == 1 else { return nil }
        switch letter.asciiLowercased {
        case UInt8(ascii: "k"): return 1 << 10
        case UInt8(ascii: "m"): return 1 << 20
        case UInt8(ascii: "g"): return 1 << 30
        default: return nil
        }
    }
}
