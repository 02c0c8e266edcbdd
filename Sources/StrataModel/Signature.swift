/// Who did something and when, as commits, tags and reflogs write it.
public struct Signature: Sendable, Hashable {
    /// The name, cleaned: `<`, `>` and newlines gone, no crud at either end. Any encoding.
    public let name: [UInt8]
    /// The mail address, cleaned in the same way.
    public let email: [UInt8]
    /// Seconds since 1970-01-01 00:00 UTC.
    public let seconds: Int64
    /// The offset of the local time from UTC in minutes, east positive.
    public let offsetMinutes: Int32

    /// A signature of the cleaned `name` and `email`.
    public init(
        name: some Collection<UInt8>, email: some Collection<UInt8>, seconds: Int64, offsetMinutes: Int32
    ) {
        self.name = Self.cleaned(name)
        self.email = Self.cleaned(email)
        self.seconds = seconds
        self.offsetMinutes = offsetMinutes
    }

    /// `text` as git puts it into an identity line: the bytes that delimit its fields removed, and at both ends the
    /// control characters, blanks and `, : ; < > " \ '` that mangled configurations leave.
    public static func cleaned(_ text: some Collection<UInt8>) -> [UInt8] {
        let text = Array(text)
        guard let first = text.firstIndex(where: { !isCrud($0) }), let last = text.lastIndex(where: { !isCrud($0) })
        else { return [] }
        return text[first...last].filter { $0 != 0x0a && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }

    /// Whether `byte` is removed from the ends of a name.
    public static func isCrud(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...32, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    /// Appends `name <email> seconds +hhmm` to `output`.
    public func append(to output: inout [UInt8]) {
        output.append(contentsOf: name)
        output.append(contentsOf: [0x20, UInt8(ascii: "<")])
        output.append(contentsOf: email)
        output.append(contentsOf: [UInt8(ascii: ">"), 0x20])
        Self.appendTime(seconds: seconds, offsetMinutes: offsetMinutes, to: &output)
    }

    /// Appends `seconds +hhmm` to `output`.
    public static func appendTime(seconds: Int64, offsetMinutes: Int32, to output: inout [UInt8]) {
        output.append(contentsOf: String(seconds).utf8)
        output.append(0x20)
        output.append(offsetMinutes < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        let minutes = offsetMinutes.magnitude
        // Four digits, always. What was read as `+9999` is 99 hours and 99 minutes, not 100 hours.
        let hours = min(minutes / 60, 99)
        for number in [hours, min(minutes - hours * 60, 99)] {
            if number < 10 { output.append(UInt8(ascii: "0")) }
            output.append(contentsOf: String(number).utf8)
        }
    }

    /// `name <email> seconds +hhmm`.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(name.count + email.count + 32)
        append(to: &output)
        return output
    }
}

extension Signature: CustomStringConvertible {
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
