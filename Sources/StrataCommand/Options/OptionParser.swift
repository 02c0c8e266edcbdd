/// One pass over a verb's arguments. Git's functions: `parse_options_step`, `parse_long_opt`, `parse_short_opt`, `get_value`.
struct OptionParser<Values> {
    private enum Form {
        case long
        case unset
        case short
    }

    private let table: OptionTable<Values>
    private let arguments: [Bytes]
    private var index = 0
    /// What is left of the argument in hand: more short options, or the value of the one just read.
    private var pending: ArraySlice<UInt8>?

    init(table: OptionTable<Values>, arguments: [Bytes]) {
        self.table = table
        self.arguments = arguments
    }

    mutating func run(_ values: inout Values) throws(CommandExit) -> [Bytes] {
        var operands: [Bytes] = []
        while index < arguments.count {
            let argument = arguments[index]
            if argument.count < 2 || argument[0] != UInt8(ascii: "-") {
                operands.append(argument)
                index += 1
                continue
            }
            if arguments.count == 1 && argument.equals("-h") { throw table.help(full: false) }
            pending = nil
            if argument[1] != UInt8(ascii: "-") {
                try readShort(argument, &values)
            } else if argument.count == 2 || argument.equals("--end-of-options") {
                index += 1
                break
            } else if argument.equals("--help-all") {
                throw table.help(full: true)
            } else if argument.equals("--help") {
                throw table.help(full: false)
            } else {
                try readLong(argument.dropFirst(2), &values)
            }
            index += 1
        }
        operands.append(contentsOf: arguments[min(index, arguments.count)...])
        return operands
    }

    // MARK: Short options

    private mutating func readShort(_ argument: Bytes, _ values: inout Values) throws(CommandExit) {
        pending = argument.dropFirst()
        var first = true
        while let letters = pending, let letter = letters.first {
            let known = table.options.first { $0.short == letter }
            guard let known else {
                if first { try refuseLongWithOneDash(argument.dropFirst()) }
                if letter == UInt8(ascii: "h") { throw table.help(full: false) }
                throw unknownSwitch(letter, in: letters)
            }
            pending = letters.count > 1 ? letters.dropFirst() : nil
            try use(known, .short, &values)
            if first && pending != nil { try refuseLongWithOneDash(argument.dropFirst()) }
            first = false
        }
    }

    /// A cluster that begins a long option's name was most likely meant to be that.
    private func refuseLongWithOneDash(_ letters: ArraySlice<UInt8>) throws(CommandExit) {
        guard letters.count >= 3 else { return }
        if letters.hasPrefix("no-") || table.options.contains(where: { $0.long?.starts(with: letters) ?? false }) {
            throw .refusal(Bytes("did you mean `--") + letters + Bytes("` (with two dashes)?"))
        }
    }

    private func unknownSwitch(_ letter: UInt8, in letters: ArraySlice<UInt8>) -> CommandExit {
        let what =
            letter < 0x80
            ? Bytes("unknown switch `") + [letter] + Bytes("'")
            : Bytes("unknown non-ascii option in string: `-") + letters + Bytes("'")
        return table.unknownOption(Diagnostic.line("error: ", what))
    }

    // MARK: Long options

    private struct Candidate {
        let option: CommandOption<Values>
        let form: Form

        /// The option as an ambiguity is reported, its own `no-` included.
        var name: Bytes { Bytes(form == .unset ? "--no-" : "--") + (option.long ?? []) }
    }

    private mutating func readLong(_ argument: ArraySlice<UInt8>, _ values: inout Values) throws(CommandExit) {
        let equals = argument.firstIndex(of: UInt8(ascii: "="))
        var stem = argument[..<(equals ?? argument.endIndex)]
        var negated = false
        var doublyNegated = false
        if let rest = stem.removing("no-") {
            stem = rest
            if let more = rest.removing("no-") {
                stem = more
                doublyNegated = true
            } else {
                negated = true
            }
        }
        let value = equals.map { argument[($0 + 1)...] }
        var found: [Candidate] = []
        for option in table.options {
            guard let long = option.long else { continue }
            let own = long[...].removing("no-")
            if own == nil && doublyNegated { continue }
            let form: Form = negated != (own != nil) ? .unset : .long
            let negatable = !option.traits.contains(.noNegation)
            if form == .unset && !negatable { continue }
            let name = own ?? long[...]
            if name == stem {
                pending = value
                return try use(option, form, &values)
            }
            if name.starts(with: stem) { found.append(Candidate(option: option, form: form)) }
            // `--n`, `--no`: too little to tell which option is negated.
            if negatable && Bytes("no-").starts(with: argument) {
                found.append(Candidate(option: option, form: own == nil ? .unset : .long))
            }
        }
        guard let last = found.last else {
            throw table.unknownOption(Diagnostic.line("error: ", Bytes("unknown option `") + argument + Bytes("'")))
        }
        if found.count > 1 {
            let other = found[found.count - 2]
            let message =
                Bytes("ambiguous option: ") + argument + Bytes(" (could be ") + other.name + Bytes(" or ") + last.name
                + Bytes(")")
            var exit = table.help(full: false)
            exit.message = Diagnostic.line("error: ", message)
            throw exit
        }
        pending = value
        try use(last.option, last.form, &values)
    }

    // MARK: Values

    private mutating func use(
        _ option: CommandOption<Values>, _ form: Form, _ values: inout Values
    ) throws(CommandExit) {
        let spelling = Self.spelling(option, form)
        var takesNone = false
        if case .none = option.argument { takesNone = true }
        if pending != nil && (form == .unset || (form == .long && takesNone)) {
            throw .refusal(Bytes("\(spelling) takes no value"))
        }
        let value = try self.value(of: option, form, spelling)
        do throws(OptionRefusal) {
            try option.apply(&values, OptionUse(value: value, spelling: spelling))
        } catch {
            throw .refusal(error.message)
        }
    }

    private mutating func value(
        of option: CommandOption<Values>, _ form: Form, _ spelling: String
    ) throws(CommandExit) -> OptionUse.Value {
        if form == .unset { return .unset }
        switch option.argument {
        case .none: return .bare
        case .optional where pending == nil: return .bare
        case .lastDefault(_, let value) where pending == nil && index + 1 == arguments.count: return .value(value)
        case .required, .optional, .lastDefault: break
        }
        if let value = pending {
            pending = nil
            return .value(Bytes(value))
        }
        guard index + 1 < arguments.count else { throw .refusal(Bytes("\(spelling) requires a value")) }
        index += 1
        return .value(arguments[index])
    }

    private static func spelling(_ option: CommandOption<Values>, _ form: Form) -> String {
        if form == .short, let short = option.short { return "switch `\(UnicodeScalar(short))'" }
        let long = String(decoding: option.long ?? [], as: UTF8.self)
        return form == .unset ? "option `no-\(long)'" : "option `\(long)'"
    }
}
