import StrataModel

/// The arguments of one command, read from left to right: words and C-quoted strings on a line, or NUL-terminated strings.
struct UpdateRefArguments {
    private let bytes: Bytes
    private let terminator: UInt8
    private var next: Int

    init(_ text: UpdateRefReader.Text, nulTerminated: Bool) {
        bytes = text.bytes
        next = text.start
        terminator = nulTerminated ? 0 : 0x0a
    }

    private var isLine: Bool { terminator == 0x0a }

    /// The byte in hand; NUL behind the end.
    private var byte: UInt8 { next < bytes.count ? bytes[next] : 0 }

    /// What is left, for messages.
    var rest: Bytes { next < bytes.count ? Bytes(bytes[next...]) : [] }

    /// Whether everything has been read.
    var isAtEnd: Bool { byte == terminator }

    /// What an object id is wanted for.
    enum Role: String {
        case old = "<old-oid>"
        case new = "<new-oid>"
    }

    /// An object id as it was written.
    enum Value {
        /// Not there at all.
        case absent
        /// There, and empty.
        case empty
        case expression(Bytes)
    }

    // MARK: Words

    /// The word or quoted string in hand; with `-z` all up to the NUL.
    private mutating func word() throws(CommandExit) -> Bytes {
        if isLine && byte == UInt8(ascii: "\"") {
            let start = next
            guard let (name, end) = CQuoting.unquote(bytes[next...]) else {
                throw .fatal(Bytes("badly quoted argument: ") + bytes[start...])
            }
            next = end
            if byte != 0 && !byte.isGitSpace {
                throw .fatal(Bytes("unexpected character after quoted argument: ") + bytes[start...])
            }
            // A name ends at a NUL, however it was written.
            return Bytes(name.prefix { $0 != 0 })
        }
        let start = min(next, bytes.count)
        while byte != 0 && !(isLine && byte.isGitSpace) { next += 1 }
        return Bytes(bytes[start..<min(next, bytes.count)])
    }

    /// Steps over the delimiter before another argument.
    ///
    /// - Returns: false where there is no other.
    private mutating func delimiter() throws(CommandExit) -> Bool {
        if isLine {
            if byte == 0 || byte == terminator { return false }
            if byte != UInt8(ascii: " ") { throw .fatal(Bytes("expected SP but got: ") + rest) }
        } else if byte != 0 {
            return false
        }
        next += 1
        return true
    }

    /// Steps over `text` where it stands in hand.
    mutating func skip(_ text: StaticString) -> Bool {
        guard next < bytes.count, bytes[next...].hasPrefix(text) else { return false }
        next += text.utf8CodeUnitCount
        return true
    }

    // MARK: Arguments

    /// The first argument as a refname, or nil when it is empty.
    ///
    /// - Throws: a fatal error when it is malformed.
    mutating func refname() throws(CommandExit) -> RefName? {
        let name = try word()
        guard !name.isEmpty else { return nil }
        do throws(RefNameError) {
            return try RefName(bytes: name)
        } catch {
            throw .fatal(Bytes("invalid ref format: ") + name)
        }
    }

    /// The next argument as a refname, or nil when it is not there or empty.
    mutating func nextRefname() throws(CommandExit) -> RefName? {
        guard try delimiter() else { return nil }
        return try refname()
    }

    /// The next argument, or nil when it is not there or empty.
    mutating func nextWord() throws(CommandExit) -> Bytes? {
        guard try delimiter() else { return nil }
        let word = try word()
        return word.isEmpty ? nil : word
    }

    /// The next argument as it stands for an object id. `context` is the command and its refname.
    mutating func nextValue(_ role: Role, _ context: Bytes) throws(CommandExit) -> Value {
        if next >= bytes.count { throw Self.tooShort(role, context) }
        if isLine {
            if byte == 0 || byte == terminator { return .absent }
            if byte != UInt8(ascii: " ") { throw .fatal(context + Bytes(": expected SP but got: ") + rest) }
            next += 1
        } else {
            next += 1
            if next >= bytes.count { throw Self.tooShort(role, context) }
        }
        let word = try word()
        return word.isEmpty ? .empty : .expression(word)
    }

    private static func tooShort(_ role: Role, _ context: Bytes) -> CommandExit {
        .fatal(context + Bytes(": unexpected end of input when reading \(role.rawValue)"))
    }
}
