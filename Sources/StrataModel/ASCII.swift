/// Whether `c` is a letter of ASCII.
@inlinable
package func isLetter(_ c: UInt8) -> Bool { (c | 0x20) &- UInt8(ascii: "a") < 26 }

/// `c`, and for a capital letter of ASCII the small one.
@inlinable
package func lowercased(_ c: UInt8) -> UInt8 { c &- UInt8(ascii: "A") < 26 ? c | 0x20 : c }

/// Whether `c` is a digit of ASCII.
@inlinable
package func isDigit(_ c: UInt8) -> Bool { c &- UInt8(ascii: "0") < 10 }
