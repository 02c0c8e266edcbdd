/// A compiled glob pattern with git's rules, matched against bytes in one pass.
///
/// Answers to git's `wildmatch`. The pattern becomes a nondeterministic automaton whose states are bits, so matching
/// never backtracks: it costs at most (bytes of text) × (states / 64 or, in long patterns, active states) steps,
/// whatever the pattern. Values are immutable and safe to share between threads.
public struct WildMatch: Sendable {
    /// How a pattern is read.
    public struct Options: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// `*`, `?` and sets do not match "/"; `**` does where it stands alone between slashes (`WM_PATHNAME`).
        public static let pathname = Options(rawValue: 1)
        /// ASCII letters of the text match in either case (`WM_CASEFOLD`).
        public static let casefold = Options(rawValue: 2)
    }

    /// The bytes that every match begins with. Exact: with `casefold` it ends before the first letter.
    public let literalPrefix: [UInt8]
    /// Whether the pattern is its literal prefix and nothing else: it matches that text only.
    public let isLiteral: Bool

    let automaton: WildMatchAutomaton

    /// Compiles `pattern`. Every byte string is a pattern; a malformed one (an unclosed `[`, a `\` at the end) matches
    /// nothing. As in git, a NUL byte ends the pattern.
    public init(_ pattern: some Collection<UInt8>, options: Options = []) {
        var compiler = WildMatchCompiler(pattern: Array(pattern), options: options)
        automaton = compiler.compile()
        literalPrefix = compiler.literalPrefix
        isLiteral = automaton.isEmptyPattern
    }

    /// Compiles the UTF-8 bytes of `pattern`.
    public init(_ pattern: String, options: Options = []) {
        self.init(Array(pattern.utf8), options: options)
    }

    /// Whether the whole of `text` matches.
    public func matches(_ text: Span<UInt8>) -> Bool {
        let prefix = literalPrefix.count
        guard text.count >= prefix else { return false }
        for i in 0..<prefix where text[i] != literalPrefix[i] { return false }
        return automaton.accepts(text.extracting(droppingFirst: prefix))
    }

    /// Whether the whole of `text` matches.
    public func matches(_ text: [UInt8]) -> Bool { matches(text.span) }

    /// Whether the UTF-8 bytes of `text` match as a whole.
    public func matches(_ text: String) -> Bool { matches(text.utf8.span) }
}
