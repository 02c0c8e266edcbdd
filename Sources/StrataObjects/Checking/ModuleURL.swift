import StrataModel

/// Whether the URL of a submodule can be handed to git's transports: it must be no option, bring no newline into what is said to a credential helper,
/// and not lead out of its host. Git's functions: `check_submodule_url`, `url_normalize`.
enum ModuleURL {
    static func isHarmless(_ url: [UInt8]) -> Bool {
        if url.first == UInt8(ascii: "-") { return false }
        let isRelative = startsWithDots(url[...], 1) || startsWithDots(url[...], 2)
        if isRelative || url.starts(with: "git://".utf8) {
            if hasNewline(url) { return false }
            let (climbs, rest) = climbing(url)
            return climbs == 0 || (rest.first != UInt8(ascii: ":") && rest.first != UInt8(ascii: "/"))
        }
        guard let fetched = fetchedByCurl(url) else { return true }
        return isWhole(fetched)
    }

    /// Whether a path begins with so many dots and a slash of either kind.
    private static func startsWithDots(_ url: ArraySlice<UInt8>, _ count: Int) -> Bool {
        guard url.prefix(count).allSatisfy({ $0 == 0x2e }), let next = url.dropFirst(count).first else { return false }
        return next == UInt8(ascii: "/") || next == UInt8(ascii: "\\")
    }

    /// How often a relative URL climbs at its front, and what comes then.
    private static func climbing(_ url: [UInt8]) -> (Int, ArraySlice<UInt8>) {
        var (count, rest) = (0, url[...])
        while true {
            if startsWithDots(rest, 2) {
                count += 1
                rest = rest.dropFirst(3)
            } else if startsWithDots(rest, 1) {
                rest = rest.dropFirst(2)
            } else {
                return (count, rest)
            }
        }
    }

    /// Whether a newline stands in the URL, as it is or escaped behind the scheme.
    private static func hasNewline(_ url: [UInt8]) -> Bool {
        if url.contains(0x0a) { return true }
        let start = url.firstIndex(of: UInt8(ascii: ":")) ?? 0
        return url.indices.dropFirst(start).contains { escape(url[...], at: $0) == 0x0a }
    }

    /// What curl is given for a URL that goes to it; nil for others.
    private static func fetchedByCurl(_ url: [UInt8]) -> ArraySlice<UInt8>? {
        for scheme in ["http", "https", "ftp", "ftps"] {
            if url.starts(with: "\(scheme)::".utf8) { return url.dropFirst(scheme.utf8.count + 2) }
            if url.starts(with: "\(scheme)://".utf8) { return url[...] }
        }
        return nil
    }

    // MARK: - Whole URLs

    /// Whether a URL has a scheme, a host and a port as they should be, escapes that are whole, a path that does not lead upwards out of the host, and no newline
    /// once the path is resolved.
    private static func isWhole(_ url: ArraySlice<UInt8>) -> Bool {
        let scheme = url.prefix { isLetterOrDigit($0) || "+.-".utf8.contains($0) }
        guard let first = scheme.first, isLetter(first), url[scheme.endIndex...].starts(with: "://".utf8) else {
            return false
        }
        let behind = url[scheme.endIndex...].dropFirst(3)
        let authority = behind.prefix { !"/?#".utf8.contains($0) }
        var host = authority
        if let at = authority.firstIndex(of: UInt8(ascii: "@")) {
            guard isClean(authority[..<at]) else { return false }
            host = authority[(at + 1)...]
        }
        let isFile = scheme.count == 4 && zip(scheme, "file".utf8).allSatisfy { $0 | 0x20 == $1 }
        guard isHost(host, isFile) else { return false }
        var rest = behind[authority.endIndex...]
        if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
        let path = rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        return isPath(path) && isClean(rest[path.endIndex...])
    }

    private static func isHost(_ host: ArraySlice<UInt8>, _ isFile: Bool) -> Bool {
        if isFile, host.first == UInt8(ascii: ":") { return host.last == UInt8(ascii: ":") }
        var name = host
        let mark = host.lastIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "]") }
        if let mark, host[mark] == UInt8(ascii: ":") {
            guard isPort(host[(mark + 1)...]) else { return false }
            name = host[..<mark]
        }
        if name.isEmpty { return isFile }
        return name.allSatisfy { isLetterOrDigit($0) || ".-_[:]".utf8.contains($0) }
    }

    private static func isPort(_ port: ArraySlice<UInt8>) -> Bool {
        let digits = port.drop { $0 == UInt8(ascii: "0") }
        if digits.isEmpty { return port.isEmpty }
        guard digits.count <= 5, let number = Int(String(decoding: digits, as: UTF8.self)) else { return false }
        return digits.allSatisfy({ isDigit($0) }) && number <= 65535
    }

    /// Whether no segment of a path leads out of it, and none that is left brings a newline.
    private static func isPath(_ path: ArraySlice<UInt8>) -> Bool {
        var segments: [ArraySlice<UInt8>] = []
        for segment in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let plain = unescaped(segment) else { return false }
            if plain.elementsEqual(".".utf8) { continue }
            guard plain.elementsEqual("..".utf8) else {
                segments.append(segment)
                continue
            }
            guard segments.popLast() != nil else { return false }
        }
        return segments.allSatisfy(isClean)
    }

    /// Whether all escapes are whole, and none is a newline.
    private static func isClean(_ text: ArraySlice<UInt8>) -> Bool {
        unescaped(text).map { !$0.contains(0x0a) } ?? false
    }

    // MARK: - Escapes

    /// The bytes that `text` stands for; nil when an escape is not whole.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        var place = text.startIndex
        while place < text.endIndex {
            guard text[place] == UInt8(ascii: "%") else {
                plain.append(text[place])
                place += 1
                continue
            }
            guard let byte = escape(text, at: place) else { return nil }
            plain.append(byte)
            place += 3
        }
        return plain
    }

    /// The byte that the escape at a place stands for; nil when there is none.
    private static func escape(_ text: ArraySlice<UInt8>, at place: Int) -> UInt8? {
        guard text[place] == UInt8(ascii: "%"), text.endIndex - place >= 3, let high = digit(text[place + 1]),
            let low = digit(text[place + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): (byte | 0x20) - 0x57
        default: nil
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
}
