import StrataModel

/// The text of a configuration file, whose variables can be set and removed: what git would write, byte for byte.
///
/// Answers to git's `git_config_set` for variables of sections without subsections.
struct ConfigText {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Why a variable is not changed.
    enum Failure: Error {
        case malformed(line: Int)
        /// It stands there more than once.
        case repeated
    }

    /// Sets `key` (`section.name`): in the place of its value, else behind the last variable of its section, else in a new section at
    /// the end. The name is written as it is given.
    mutating func set(_ key: String, to value: [UInt8]) throws(Failure) {
        let (section, name) = Self.split(key)
        let parts = try parts()
        let line = Self.line(name, value)
        if let index = try place(of: key, in: parts) {
            let range = parts[index].range
            replace(startOfLine(range.lowerBound)..<range.upperBound, with: line)
        } else if let end = end(of: section, in: parts) {
            replace(end..<end, with: line)
        } else {
            replace(bytes.count..<bytes.count, with: [UInt8(ascii: "[")] + section.utf8 + Array("]\n".utf8) + line)
        }
    }

    /// Removes `key`, and its section where nothing else is in it, nor a comment in or before it.
    mutating func unset(_ key: String) throws(Failure) {
        let parts = try parts()
        guard let index = try place(of: key, in: parts) else { return }
        let range = wholeSection(around: index, in: parts) ?? parts[index].range
        replace(startOfLine(range.lowerBound)..<range.upperBound, with: [])
    }

    // MARK: Places

    private func parts() throws(Failure) -> [ConfigParser.Part] {
        var parser = ConfigParser(bytes, notesParts: true)
        while true {
            switch parser.next() {
            case .variable: continue
            case .end: return parser.parts
            case .malformed: throw .malformed(line: parser.line)
            }
        }
    }

    private static func split(_ key: String) -> (section: Substring, name: Substring) {
        let dot = key.lastIndex(of: ".") ?? key.startIndex
        return (key[..<dot], key[dot...].dropFirst())
    }

    private func place(of key: String, in parts: [ConfigParser.Part]) throws(Failure) -> Int? {
        let key = key.utf8.map(lowercased)
        let places = parts.indices.filter { parts[$0].kind == .variable && parts[$0].key == key }
        if places.count > 1 { throw .repeated }
        return places.first
    }

    /// Where the last variable of the last section of this name ends, or its heading.
    private func end(of section: Substring, in parts: [ConfigParser.Part]) -> Int? {
        let prefix = section.utf8.map(lowercased) + [UInt8(ascii: ".")]
        guard let start = parts.lastIndex(where: { $0.kind == .section && $0.key == prefix }) else { return nil }
        let inside = parts[(start + 1)...].prefix { $0.kind != .section }
        if let last = inside.last(where: { $0.kind == .variable }) { return last.range.upperBound }
        let end = parts[start].range.upperBound
        return end < bytes.count && bytes[end] == 0x0a ? end + 1 : end
    }

    /// The section that the variable at `index` is alone in, up to the next.
    private func wholeSection(around index: Int, in parts: [ConfigParser.Part]) -> Range<Int>? {
        guard index > 0, parts[index - 1].kind == .section else { return nil }
        if index > 1, parts[index - 2].kind == .comment { return nil }
        if index + 1 < parts.count, parts[index + 1].kind != .section { return nil }
        let end = index + 1 < parts.count ? parts[index + 1].range.lowerBound : bytes.count
        return parts[index - 1].range.lowerBound..<end
    }

    /// `offset` less the blanks before it on its line.
    private func startOfLine(_ offset: Int) -> Int {
        var start = offset
        while start > 0, bytes[start - 1] == 0x20 || bytes[start - 1] == 0x09 { start -= 1 }
        return start
    }

    /// Puts `text` there, on a line of its own.
    private mutating func replace(_ range: Range<Int>, with text: [UInt8]) {
        let needsLine = range.lowerBound > 0 && bytes[range.lowerBound - 1] != 0x0a
        bytes.replaceSubrange(range, with: (needsLine ? [0x0a] : []) + text)
    }

    // MARK: Writing

    private static func line(_ name: Substring, _ value: [UInt8]) -> [UInt8] {
        let isQuoted =
            value.first == 0x20 || value.last == 0x20
            || value.contains { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "#") || $0 == 0x0d }
        let quote = isQuoted ? [UInt8(ascii: "\"")] : []
        var line = [0x09] + name.utf8 + Array(" = ".utf8) + quote
        for byte in value {
            switch byte {
            case 0x0a: line += Array("\\n".utf8)
            case 0x09: line += Array("\\t".utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            default: line.append(byte)
            }
        }
        return line + quote + [0x0a]
    }
}
