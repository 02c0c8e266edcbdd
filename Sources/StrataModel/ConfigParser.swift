/// Reads the syntax of one configuration file, variable by variable.
///
/// Answers to git's `git_parse_source`: what it accepts is accepted, what it refuses is refused with the same line.
package struct ConfigParser {
    private let bytes: [UInt8]
    private var at = 0
    /// Set when the end was read; git reads it as one more newline.
    private var isAtEnd = false
    private var currentLine = 1
    /// How much of `key` is the section and its dot.
    private var sectionCount = 0

    /// The variable just read: `section.name` or `section.subsection.name`; section and name in lower case.
    package private(set) var key: [UInt8] = []
    /// Its value; meaningless when `hasValue` is false.
    package private(set) var value: [UInt8] = []
    /// Whether there was a `=`.
    package private(set) var hasValue = false
    /// The line on which the variable just read ends, from 1; after a failure, the line it is reported for.
    package private(set) var line = 1

    /// A part of the text, for whoever changes it.
    package struct Part {
        package enum Kind { case section, variable, comment }
        package let kind: Kind
        /// The section with its dot, or the variable's whole key.
        package let key: [UInt8]
        package let range: Range<Int>
    }
    /// The parts read so far, if they are wanted.
    package private(set) var parts: [Part] = []
    private let notesParts: Bool

    /// - Parameter notesParts: whether ``parts`` is wanted.
    package init(_ bytes: [UInt8], notesParts: Bool = false) {
        self.bytes = bytes
        self.notesParts = notesParts
        key.reserveCapacity(64)
        value.reserveCapacity(128)
    }

    /// What reading on gave.
    package enum Step { case variable, end, malformed }

    /// Reads on to the next variable.
    package mutating func next() -> Step {
        if at == 0, bytes.first == 0xef {
            // A part of a byte order mark is refused with the first byte that is wrong.
            at = bytes.count > 1 && bytes[1] == 0xbb ? 2 : 1
            guard nextByte() == 0xbf, at == 3 else { return malformed() }
        }
        var isComment = false
        while true {
            let start = at
            let c = nextByte()
            if c == newline {
                if isAtEnd { return .end }
                isComment = false
            } else if isComment {
                at = lineEnd()
            } else if isBlank(c) {
                continue
            } else if c == UInt8(ascii: "#") || c == UInt8(ascii: ";") {
                isComment = true
                note(.comment, from: start)
            } else if c == UInt8(ascii: "[") {
                key.removeAll(keepingCapacity: true)
                guard readSection(), !key.isEmpty else { return malformed() }
                key.append(UInt8(ascii: "."))
                sectionCount = key.count
                note(.section, from: start)
            } else if isLetter(c) {
                key.removeSubrange(min(sectionCount, key.count)...)
                key.append(lowercased(c))
                guard readVariable() else { return malformed() }
                note(.variable, from: start)
                return .variable
            } else {
                return malformed()
            }
        }
    }

    private mutating func note(_ kind: Part.Kind, from start: Int) {
        if notesParts { parts.append(Part(kind: kind, key: kind == .comment ? [] : key, range: start..<at)) }
    }

    private mutating func malformed() -> Step {
        line = currentLine
        return .malformed
    }

    // MARK: Bytes

    private var newline: UInt8 { 0x0a }

    /// The next byte: CR LF as one newline, and one newline for the end.
    @inline(__always)
    private mutating func nextByte() -> UInt8 {
        guard at < bytes.count else {
            isAtEnd = true
            currentLine += 1
            return newline
        }
        var c = bytes[at]
        at += 1
        if c == 0x0d, at < bytes.count, bytes[at] == newline {
            c = newline
            at += 1
        }
        if c == newline { currentLine += 1 }
        return c
    }

    /// The next newline or carriage return.
    private func lineEnd() -> Int {
        let span = bytes.span
        var i = at
        while i < span.count, span[i] != newline, span[i] != 0x0d { i += 1 }
        return i
    }

    /// Where the bytes from `at` on end that stand for themselves in a value.
    private func plainEnd(isQuoted: Bool) -> Int {
        let span = bytes.span
        var i = at
        while i < span.count {
            let c = span[i]
            // Above "#" there are only two bytes that mean something, below it few that do not.
            if c == UInt8(ascii: "\\") || c <= UInt8(ascii: "#") || c == UInt8(ascii: ";") {
                guard isQuoted, c != UInt8(ascii: "\\"), c != UInt8(ascii: "\""), c != newline, c != 0x0d else { break }
            }
            i += 1
        }
        return i
    }

    /// Blank space as git counts it: without vertical tab and form feed.
    @inline(__always)
    private func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 || c == newline || c == 0x0d }

    // MARK: Sections

    /// Whether `c` may stand in a section or variable name.
    @inline(__always)
    package static func isKeyByte(_ c: UInt8) -> Bool { isLetter(c) || isDigit(c) || c == UInt8(ascii: "-") }

    private mutating func readSection() -> Bool {
        while true {
            let c = nextByte()
            if isAtEnd { return false }
            if c == UInt8(ascii: "]") { return true }
            if isBlank(c) { return readSubsection(after: c) }
            guard Self.isKeyByte(c) || c == UInt8(ascii: ".") else { return false }
            key.append(lowercased(c))
        }
    }

    private mutating func readSubsection(after blank: UInt8) -> Bool {
        var c = blank
        while isBlank(c) {
            guard c != newline else { return incompleteLine() }
            c = nextByte()
        }
        guard c == UInt8(ascii: "\"") else { return false }
        key.append(UInt8(ascii: "."))
        while true {
            c = nextByte()
            if c == UInt8(ascii: "\"") { break }
            if c == UInt8(ascii: "\\") { c = nextByte() }
            guard c != newline else { return incompleteLine() }
            key.append(c)
        }
        return nextByte() == UInt8(ascii: "]")
    }

    /// A line that ends too early is the one to report, not the next.
    private mutating func incompleteLine() -> Bool {
        currentLine -= 1
        return false
    }

    // MARK: Variables

    private mutating func readVariable() -> Bool {
        var c: UInt8
        while true {
            c = nextByte()
            guard !isAtEnd, Self.isKeyByte(c) else { break }
            key.append(lowercased(c))
        }
        while c == 0x20 || c == 0x09 { c = nextByte() }
        hasValue = false
        if c != newline {
            guard c == UInt8(ascii: "="), readValue() else { return false }
            hasValue = true
        }
        line = currentLine - 1
        return true
    }

    private mutating func readValue() -> Bool {
        value.removeAll(keepingCapacity: true)
        var isQuoted = false
        var isComment = false
        // The length without the blanks read last, which count only if more follows.
        var trimmedCount = 0
        while true {
            if !isComment {
                let end = plainEnd(isQuoted: isQuoted)
                if end > at {
                    value.append(contentsOf: bytes[at..<end])
                    at = end
                    trimmedCount = 0
                }
            }
            let c = nextByte()
            if c == newline {
                guard !isQuoted else { return incompleteLine() }
                if trimmedCount != 0 { value.removeSubrange(trimmedCount...) }
                return true
            }
            if isComment {
                at = lineEnd()
                continue
            }
            if !isQuoted {
                if isBlank(c) {
                    if trimmedCount == 0 { trimmedCount = value.count }
                    if !value.isEmpty { value.append(c) }
                    continue
                }
                if c == UInt8(ascii: ";") || c == UInt8(ascii: "#") {
                    isComment = true
                    continue
                }
            }
            trimmedCount = 0
            if c == UInt8(ascii: "\\") {
                switch nextByte() {
                case newline: continue
                case UInt8(ascii: "t"): value.append(0x09)
                case UInt8(ascii: "b"): value.append(0x08)
                case UInt8(ascii: "n"): value.append(newline)
                case UInt8(ascii: "\\"): value.append(UInt8(ascii: "\\"))
                case UInt8(ascii: "\""): value.append(UInt8(ascii: "\""))
                default: return false
                }
            } else if c == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else {
                value.append(c)
            }
        }
    }
}
