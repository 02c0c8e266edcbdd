/// Parses lists of alternate object directories: `info/alternates` and `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
enum Alternates {
    /// The entries of `list`, separated by `separator`. Empty ones and those that start with `#` are left out; one that
    /// starts with a quote is C-quoted, or taken as it stands when the quoting is broken.
    static func parse(_ list: some Sequence<UInt8>, separator: UInt8) -> [[UInt8]] {
        let bytes = Array(list)
        var entries: [[UInt8]] = []
        var place = 0
        while place < bytes.count {
            let end = bytes[place...].firstIndex(of: separator) ?? bytes.count
            if bytes[place] == UInt8(ascii: "\""), let (entry, after) = unquote(bytes, from: place + 1) {
                append(entry[...], to: &entries)
                place = after + 1
                continue
            }
            if bytes[place] != UInt8(ascii: "#") { append(bytes[place..<end], to: &entries) }
            place = end + 1
        }
        return entries
    }

    private static func append(_ entry: ArraySlice<UInt8>, to entries: inout [[UInt8]]) {
        // A NUL ends the path, as it does for the system.
        let path = entry.prefix { $0 != 0 }
        if !path.isEmpty { entries.append(Array(path)) }
    }

    /// Undoes git's C-style quoting from `start`, behind the opening quote, and returns where the closing one is passed.
    private static func unquote(_ bytes: [UInt8], from start: Int) -> ([UInt8], Int)? {
        var result: [UInt8] = []
        var place = start
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return (result, place) }
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard place < bytes.count else { return nil }
            let escape = bytes[place]
            place += 1
            switch escape {
            case UInt8(ascii: "a"): result.append(7)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "v"): result.append(11)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): result.append(escape)
            case UInt8(ascii: "0")...UInt8(ascii: "3"):
                guard place + 2 <= bytes.count else { return nil }
                var value = Int(escape & 3)
                for digit in bytes[place..<place + 2] {
                    guard digit >= 0x30, digit <= 0x37 else { return nil }
                    value = value << 3 | Int(digit & 7)
                }
                result.append(UInt8(truncatingIfNeeded: value))
                place += 2
            default: return nil
            }
        }
        return nil
    }

    /// `path` as it stands in a list: quoted only where it must be, as programs that do not know of quotes read it too.
    static func quoted(_ path: [UInt8], separator: UInt8) -> [UInt8] {
        guard path.first == UInt8(ascii: "\"") || path.contains(separator) else { return path }
        var quoted = [UInt8(ascii: "\"")]
        for byte in path {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7f:
                quoted += [UInt8(ascii: "\\"), 0x30 + byte >> 6, 0x30 + (byte >> 3 & 7), 0x30 + (byte & 7)]
            default: quoted.append(byte)
            }
        }
        return quoted + [UInt8(ascii: "\"")]
    }
}
