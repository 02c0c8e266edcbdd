/// One `%(field)` of `for-each-ref`'s format language (git-for-each-ref, "FIELD NAMES").
struct FormatAtom: Equatable {
    /// How a refname is shown.
    enum NameForm: Equatable {
        case full
        /// The shortest form that still leads to the reference.
        case short
        /// Without components at the front; below zero: with that many left.
        case lstrip(Int32)
        /// Without components at the back; below zero: with that many left.
        case rstrip(Int32)
    }

    enum IDForm: Equatable {
        case full
        /// The shortest form that is unique, of at least so many digits; nil = as configured.
        case short(Int32?)
    }

    enum Position: Equatable {
        case left
        case middle
        case right
    }

    enum Condition: Equatable {
        case notEmpty
        case equals(Bytes)
        case differs(Bytes)
    }

    enum Field: Equatable {
        case refname(NameForm)
        case symref(NameForm)
        case objectName(IDForm)
        case objectType
        case objectSize
        /// `*` for the branch that is checked out, else a blank.
        case head
        case `if`(Condition)
        case then
        case `else`
        case align(width: UInt32, Position)
        case end
    }

    let field: Field
    /// `%(*field)`: about what a tag peels to.
    let peeled: Bool

    /// Whether the field opens, divides or closes a block instead of having a value.
    var isBlock: Bool {
        switch field {
        case .if, .then, .else, .align, .end: true
        default: false
        }
    }

    /// Reads the text between `%(` and `)`.
    ///
    /// - Throws: git's fatal message for what is malformed; the refusal of a field that git has and we have not.
    init(_ text: Bytes) throws(CommandExit) {
        peeled = text.first == UInt8(ascii: "*")
        let body = peeled ? text.dropFirst() : text[...]
        guard !body.isEmpty else { throw .fatal(Bytes("malformed field name: ") + text) }
        let colon = body.firstIndex(of: UInt8(ascii: ":"))
        let name = String(decoding: body[..<(colon ?? body.endIndex)], as: UTF8.self)
        // An empty argument is none.
        let argument = colon.map { Bytes(body[($0 + 1)...]) }.flatMap { $0.isEmpty ? nil : $0 }
        let shown = Bytes(text.prefix { $0 != UInt8(ascii: ":") })
        switch name {
        case "refname": field = .refname(try Self.nameForm(argument, shown))
        case "symref": field = .symref(try Self.nameForm(argument, shown))
        case "objectname": field = .objectName(try Self.idForm(argument, shown, text))
        case "objecttype":
            try Self.refuseArgument(argument, "objecttype")
            field = .objectType
        case "objectsize":
            guard let argument else {
                field = .objectSize
                break
            }
            guard argument.equals("disk") else { throw Self.unrecognized(Bytes("objectsize"), argument) }
            throw .unsupportedField(text)
        case "HEAD":
            try Self.refuseArgument(argument, "HEAD")
            field = .head
        case "if": field = .if(try Self.condition(argument))
        case "then": field = .then
        case "else": field = .else
        case "end": field = .end
        case "align": field = try Self.align(argument)
        default:
            guard !Self.othersOfGit.contains(name) else { throw .unsupportedField(text) }
            throw .fatal(Bytes("unknown field name: ") + text)
        }
    }

    private static let othersOfGit: Set<String> = [
        "deltabase", "tree", "parent", "numparent", "object", "type", "tag", "author", "authorname", "authoremail",
        "authordate", "committer", "committername", "committeremail", "committerdate", "tagger", "taggername",
        "taggeremail", "taggerdate", "creator", "creatordate", "describe", "subject", "body", "trailers", "contents",
        "signature", "raw", "upstream", "push", "flag", "color", "worktreepath", "rest", "ahead-behind", "is-base",
    ]
}

// MARK: Arguments

extension FormatAtom {
    private static func unrecognized(_ name: Bytes, _ argument: Bytes) -> CommandExit {
        .fatal(Bytes("unrecognized %(") + name + Bytes(") argument: ") + argument)
    }

    private static func refuseArgument(_ argument: Bytes?, _ name: String) throws(CommandExit) {
        if argument != nil { throw .fatal("%(\(name)) does not take arguments") }
    }

    private static func nameForm(_ argument: Bytes?, _ name: Bytes) throws(CommandExit) -> NameForm {
        guard let argument else { return .full }
        if argument.equals("short") { return .short }
        if let number = argument[...].removing("lstrip=") ?? argument[...].removing("strip=") {
            return .lstrip(try integer(number, "lstrip"))
        }
        if let number = argument[...].removing("rstrip=") { return .rstrip(try integer(number, "rstrip")) }
        throw unrecognized(name, argument)
    }

    private static func integer(_ text: ArraySlice<UInt8>, _ option: String) throws(CommandExit) -> Int32 {
        guard let (number, rest) = OptionNumber.leadingInteger(Bytes(text), base: 10), rest.isEmpty,
            let number, let fits = Int32(exactly: number)
        else { throw .fatal(Bytes("Integer value expected refname:\(option)=") + text) }
        return fits
    }

    /// A number as C's `strtoul` takes it for an `unsigned int`: no sign.
    private static func unsigned(_ text: ArraySlice<UInt8>) -> UInt32? {
        guard !text.contains(UInt8(ascii: "-")),
            let (number, rest) = OptionNumber.leadingInteger(Bytes(text), base: 10), rest.isEmpty, let number
        else { return nil }
        return UInt32(exactly: number)
    }

    private static func idForm(_ argument: Bytes?, _ name: Bytes, _ text: Bytes) throws(CommandExit) -> IDForm {
        guard let argument else { return .full }
        if argument.equals("short") { return .short(nil) }
        guard let digits = argument[...].removing("short=") else { throw unrecognized(name, argument) }
        guard let count = unsigned(digits), count > 0 else {
            throw .fatal(Bytes("positive value expected '") + digits + Bytes("' in %(") + text + Bytes(")"))
        }
        return .short(Int32(clamping: max(4, count)))
    }

    private static func condition(_ argument: Bytes?) throws(CommandExit) -> Condition {
        guard let argument else { return .notEmpty }
        if let value = argument[...].removing("equals=") { return .equals(Bytes(value)) }
        if let value = argument[...].removing("notequals=") { return .differs(Bytes(value)) }
        throw unrecognized(Bytes("if"), argument)
    }

    private static func position(_ text: ArraySlice<UInt8>) -> Position? {
        if Bytes(text).equals("left") { return .left }
        if Bytes(text).equals("middle") { return .middle }
        return Bytes(text).equals("right") ? .right : nil
    }

    private static func align(_ argument: Bytes?) throws(CommandExit) -> Field {
        guard let argument else { throw .fatal("expected format: %(align:<width>,<position>)") }
        var width: UInt32?
        var position = Position.left
        for part in argument.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            if let name = part.removing("position=") {
                guard let named = Self.position(name) else {
                    throw .fatal(Bytes("unrecognized position:") + name)
                }
                position = named
            } else if let number = part.removing("width=") {
                guard let value = unsigned(number) else { throw .fatal(Bytes("unrecognized width:") + number) }
                width = value
            } else if let value = unsigned(part) {
                width = value
            } else if let named = Self.position(part) {
                position = named
            } else {
                throw unrecognized(Bytes("align"), Bytes(part))
            }
        }
        guard let width, width != UInt32.max else { throw .fatal("positive width expected with the %(align) atom") }
        return .align(width: width, position)
    }
}

extension CommandExit {
    fileprivate static func unsupportedField(_ text: Bytes) -> CommandExit {
        .unsupported("%(\(String(decoding: text, as: UTF8.self)))")
    }
}
