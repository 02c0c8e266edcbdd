import StrataModel
import Testing

@Suite struct WildMatchTests {
    @Test func knownMatches() {
        // Pattern, text, whether it matches: plainly, and with `pathname`.
        let cases: [(String, String, Bool, Bool)] = [
            ("foo", "foo", true, true), ("foo", "bar", false, false), ("", "", true, true), ("*", "", true, true),
            ("*f", "foo", false, false), ("*foo*", "xfoox", true, true), ("*", "a/b", true, false),
            ("a*b", "a/b", true, false), ("a?b", "a/b", true, false), ("a[/]b", "a/b", true, false),
            ("**/b", "b", false, true), ("**/b", "a/b", true, true), ("a/**/b", "a/b", false, true),
            ("a/**/b", "a/x/y/b", true, true), ("a/**", "a/", true, true), ("a/**", "a", false, false),
            ("a**b", "a/b", true, false), ("**/**/c", "a/c", false, true), ("[]-]", "]", true, true),
            ("[!a-c]", "d", true, true), ("[[:digit:]]x", "5x", true, true), ("[[:bogus:]]", "5", false, false),
            ("[a", "a", false, false), ("a\\", "a", false, false), ("\\*", "*", true, true), ("[\\]]", "]", true, true),
            ("refs/heads/*", "refs/heads/a/b", true, false), ("foo\\", "foo\\", false, false),
        ]
        for (pattern, text, plain, pathname) in cases {
            #expect(WildMatch(pattern).matches(text) == plain, "\(pattern) \(text)")
            #expect(WildMatch(pattern, options: .pathname).matches(text) == pathname, "\(pattern) \(text) pathname")
        }
    }

    @Test func casefolding() {
        #expect(WildMatch("ABC", options: .casefold).matches("abc"))
        #expect(WildMatch("[A-C]", options: .casefold).matches("b"))
        #expect(WildMatch("[[:upper:]]", options: .casefold).matches("b"))
        // As git has it: a set's own letters are not folded, the text is.
        #expect(!WildMatch("[A]", options: .casefold).matches("A"))
    }

    @Test func literalPrefix() {
        #expect(WildMatch("refs/he\\ads/*x").literalPrefix == Array("refs/heads/".utf8))
        #expect(WildMatch("refs/heads/main").isLiteral)
        #expect(!WildMatch("refs/heads/*").isLiteral)
        #expect(WildMatch("a/**/b", options: .pathname).literalPrefix == Array("a/".utf8))
    }

    /// Patterns on which backtracking takes exponential time end at once.
    @Test(.timeLimit(.minutes(1))) func hostilePatterns() {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 4000)
        for count in [10, 70, 600] {
            let stars = String(repeating: "*a", count: count) + "*b"
            #expect(!WildMatch(stars).matches(text))
            #expect(!WildMatch(stars, options: .pathname).matches(text))
            let slashes = "x" + String(repeating: "/**/a*", count: count) + "b"
            let path = Array(("x" + String(repeating: "/aa", count: 1200)).utf8)
            #expect(!WildMatch(slashes, options: .pathname).matches(path))
        }
    }

    /// The two ways of running, in one word and by list, agree: the same pattern with and without a long optional tail.
    @Test func longPatternsMatchAsShortOnes() {
        var random = Random(seed: 7)
        let alphabet = Array("ab/*?[]!^-\\a:".utf8)
        let tail = String(repeating: "q", count: 80)
        for _ in 0..<1000 {
            let pattern = (0..<Int(random.next() % 9)).map { _ in alphabet[Int(random.next() % 13)] }
            // A backslash or an open bracket would reach into the tail.
            guard !pattern.contains(UInt8(ascii: "\\")), !pattern.contains(UInt8(ascii: "[")) else { continue }
            let text = (0..<Int(random.next() % 9)).map { _ in Array("ab/".utf8)[Int(random.next() % 3)] }
            for options: WildMatch.Options in [[], .pathname] {
                let short = WildMatch(pattern + [UInt8(ascii: "q")], options: options)
                let long = WildMatch(pattern + Array(tail.utf8), options: options)
                #expect(short.matches(text + [UInt8(ascii: "q")]) == long.matches(text + Array(tail.utf8)))
            }
        }
    }
}

/// A small generator with a seed.
struct Random {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
