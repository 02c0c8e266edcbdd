/// The commands of `update-ref --stdin` as they arrive, told apart by their first word.
struct UpdateRefReader {
    /// One command as it was written: a line, or with `-z` as many NUL-terminated strings as it has arguments.
    struct Text {
        let keyword: UpdateRefKeyword
        /// Everything, terminators included.
        let bytes: Bytes
        /// Where the arguments begin.
        let start: Int
    }

    private let input: InputReader
    private let terminator: UInt8

    /// - Parameter nulTerminated: read the format of `-z`.
    init(_ input: InputReader, nulTerminated: Bool) {
        self.input = input
        terminator = nulTerminated ? 0 : 0x0a
    }

    /// The next command, or nil at the end of the input.
    ///
    /// - Throws: git's fatal message for what is no command.
    func next() throws(CommandExit) -> Text? {
        var bytes: Bytes = []
        guard try input.appendLine(terminator: terminator, to: &bytes) else { return nil }
        guard let first = bytes.first else { return nil }
        if first == terminator { throw .fatal("empty command in input") }
        if first.isGitSpace { throw .fatal(Bytes("whitespace before command: ") + bytes) }
        for keyword in UpdateRefKeyword.allCases {
            let word = keyword.rawValue.utf8
            guard bytes.starts(with: word) else { continue }
            let after = word.count < bytes.count ? bytes[word.count] : 0
            let arguments = keyword.argumentCount
            guard after == (arguments > 0 ? UInt8(ascii: " ") : terminator) else { continue }
            // The end of the input may come too early: the command itself will say what is missing.
            if terminator == 0 {
                for _ in 1..<max(1, arguments) {
                    if try !input.appendLine(terminator: 0, to: &bytes) { break }
                }
            }
            return Text(keyword: keyword, bytes: bytes, start: word.count + (arguments > 0 ? 1 : 0))
        }
        throw .fatal(Bytes("unknown command: ") + bytes)
    }
}
