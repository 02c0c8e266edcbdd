import StrataModel

/// Variables from the environment and from `-c`.
extension ConfigReader {
    mutating func readParameters() throws(RepositoryError) {
        let source = config.addSource(Config.Source(scope: .command, file: nil))
        do throws(ConfigIncludeFailure) {
            try readCounted(source)
            if let quoted = environment.value("GIT_CONFIG_PARAMETERS") { try readQuoted(quoted, source) }
            for text in environment.commandLineConfig {
                let equals = text.firstIndex(of: UInt8(ascii: "="))
                try addPair(
                    key: Array(text[..<(equals ?? text.count)]), value: equals.map { Array(text[($0 + 1)...]) },
                    source)
            }
        } catch {
            throw error.fatal
                ?? RepositoryError(.badCommandLineConfig, "unable to parse command-line config", causes: error.causes)
        }
    }

    private mutating func addPair(key: [UInt8], value: [UInt8]?, _ source: Int) throws(ConfigIncludeFailure) {
        guard !key.isEmpty else { throw ConfigIncludeFailure("empty config key") }
        let canonical: [UInt8]
        do {
            canonical = try ConfigKey.canonical(key)
        } catch {
            throw ConfigIncludeFailure(error.message)
        }
        try add(key: canonical, value: value, source: source, line: 0)
    }

    /// `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_<n>`, `GIT_CONFIG_VALUE_<n>`.
    private mutating func readCounted(_ source: Int) throws(ConfigIncludeFailure) {
        guard let text = environment.value("GIT_CONFIG_COUNT") else { return }
        let count: Int64
        if text.isEmpty {
            count = 0
        } else {
            guard let number = Self.decimal(text) else {
                throw ConfigIncludeFailure("bogus count in GIT_CONFIG_COUNT")
            }
            count = number
        }
        guard count >= 0, count <= Int64(Int32.max) else {
            throw ConfigIncludeFailure("too many entries in GIT_CONFIG_COUNT")
        }
        var n: Int64 = 0
        while n < count {
            guard let key = environment.value("GIT_CONFIG_KEY_\(n)") else {
                throw ConfigIncludeFailure("missing config key GIT_CONFIG_KEY_\(n)")
            }
            guard let value = environment.value("GIT_CONFIG_VALUE_\(n)") else {
                throw ConfigIncludeFailure("missing config value GIT_CONFIG_VALUE_\(n)")
            }
            try addPair(key: key, value: value, source)
            n += 1
        }
    }

    /// A decimal number as `strtoul` reads it, clamped; nil when anything else is in `text`.
    private static func decimal(_ text: [UInt8]) -> Int64? {
        var digits = text[...]
        while let c = digits.first, c == 0x20 || (0x09...0x0d).contains(c) { digits.removeFirst() }
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits.removeFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ isDigit($0) }) else { return nil }
        var number: Int64 = 0
        for digit in digits { number = min(number, 1 << 40) * 10 + Int64(digit - UInt8(ascii: "0")) }
        // A negative number is a huge one there.
        return isNegative && number != 0 ? Int64.max : number
    }

    /// `GIT_CONFIG_PARAMETERS`: `'key=value'` (old) or `'key'='value'` and `'key'=` (new), between blanks.
    private mutating func readQuoted(_ text: [UInt8], _ source: Int) throws(ConfigIncludeFailure) {
        let bogus = ConfigIncludeFailure("bogus format in GIT_CONFIG_PARAMETERS")
        var scanner = ShellWords(text)
        while !scanner.isAtEnd {
            guard let first = scanner.word() else { throw bogus }
            if scanner.isAtEnd || scanner.isAtBlank {
                try addOldStyle(first, source)
            } else if scanner.skip(UInt8(ascii: "=")) {
                var value: [UInt8]?
                if !scanner.isAtEnd, !scanner.isAtBlank {
                    value = scanner.word()
                    guard value != nil, scanner.isAtEnd || scanner.isAtBlank else { throw bogus }
                }
                try addPair(key: first, value: value, source)
            } else {
                throw bogus
            }
            scanner.skipBlanks()
        }
    }

    private mutating func addOldStyle(_ text: [UInt8], _ source: Int) throws(ConfigIncludeFailure) {
        let equals = text.firstIndex(of: UInt8(ascii: "="))
        let key = Array(text[..<(equals ?? text.count)])
        guard !key.isEmpty else { throw ConfigIncludeFailure("bogus config parameter: \(text)") }
        try addPair(key: key, value: equals.map { Array(text[($0 + 1)...]) }, source)
    }
}

/// Words in single quotes, as git quotes them for a shell.
struct ShellWords {
    private let text: [UInt8]
    private var at = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { at >= text.count }
    var isAtBlank: Bool { at < text.count && Self.isBlank(text[at]) }

    private static func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d }

    mutating func skipBlanks() {
        while isAtBlank { at += 1 }
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard at < text.count, text[at] == byte else { return false }
        at += 1
        return true
    }

    /// The word that begins here with a quote, or nil when it does not or has no end.
    mutating func word() -> [UInt8]? {
        let quote = UInt8(ascii: "'")
        guard skip(quote) else { return nil }
        var word: [UInt8] = []
        while at < text.count {
            let c = text[at]
            at += 1
            guard c == quote else {
                word.append(c)
                continue
            }
            // Outside the quotes only \' and \! go on with the word, and only into another quote.
            guard at + 2 < text.count, text[at] == UInt8(ascii: "\\"), text[at + 2] == quote,
                text[at + 1] == quote || text[at + 1] == UInt8(ascii: "!")
            else { return word }
            word.append(text[at + 1])
            at += 3
        }
        return nil
    }

    /// `text` as a shell takes it: as it is, or in single quotes.
    static func quotedIfNeeded(_ text: [UInt8]) -> [UInt8] {
        let plain = text.allSatisfy { isLetter($0) || isDigit($0) || "+,-./:=@_^".utf8.contains($0) }
        if plain, !text.isEmpty { return text }
        var output = [UInt8(ascii: "'")]
        for c in text {
            if c == UInt8(ascii: "'") || c == UInt8(ascii: "!") {
                output += [UInt8(ascii: "'"), UInt8(ascii: "\\"), c, UInt8(ascii: "'")]
            } else {
                output.append(c)
            }
        }
        output.append(UInt8(ascii: "'"))
        return output
    }
}
