import StrataModel

/// A glob pattern, the first line, and a text, the rest: matching in one pass finds what trying every way finds.
func fuzzGlob(_ bytes: [UInt8]) throws {
    let feed = bytes.firstIndex(of: 0x0a) ?? bytes.count
    let (pattern, text) = (Array(bytes[..<feed]), Array(bytes.dropFirst(feed + 1)))
    for options: WildMatch.Options in [[], .pathname, .casefold, [.pathname, .casefold]] {
        let glob = WildMatch(pattern, options: options)
        let matches = glob.matches(text)
        if matches {
            let starts = text.starts(with: glob.literalPrefix)
            try require(starts, "'\(shown(text))' does not begin with '\(shown(glob.literalPrefix))'")
            if glob.isLiteral { try require(text == glob.literalPrefix, "a literal matches another text") }
        }
        // What is compared with takes time and room of both lengths multiplied.
        guard pattern.count * text.count < 5_000 else { continue }
        var slow = SlowGlob(pattern, text, options)
        let expected = slow.matches()
        try require(
            matches == expected,
            "'\(shown(pattern))' and '\(shown(text))' with \(options.rawValue): \(matches), should be \(expected)")
    }
}
