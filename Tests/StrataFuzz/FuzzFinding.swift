/// A property that does not hold for an input.
package struct FuzzFinding: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Ends a check with a finding unless `holds`.
func require(_ holds: Bool, _ property: @autoclosure () -> String) throws {
    if !holds { throw FuzzFinding(property()) }
}

/// Bytes for people: printable ones as they are, others as `\xNN`.
package func shown(_ bytes: some Sequence<UInt8>) -> String {
    bytes.reduce(into: "") { text, byte in
        if (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\\") {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
}
