/// What an option's use on the command line hands to the verb.
struct OptionUse {
    enum Value {
        /// The `--no-…` form.
        case unset
        /// The option alone.
        case bare
        case value(Bytes)
    }

    let value: Value
    /// The option as messages name it: ``option `count'`` or ``switch `s'``.
    let spelling: String
}

/// Why an option's value is not accepted; printed behind `error: `.
struct OptionRefusal: Error {
    let message: Bytes
    init(_ message: String) { self.message = Bytes(message) }
    init(_ message: Bytes) { self.message = message }
}

/// One option of a verb: how it is written, what the usage text says of it, and what it does to the verb's `Values`.
/// The grammar is git's (gitcli, "Enhanced option parser"; `parse-options.h`).
struct CommandOption<Values>: Sendable {
    enum Argument: Sendable {
        case none
        case required(String)
        case optional(String)
        /// Needed, unless the option stands last: then this value is taken.
        case lastDefault(String, Bytes)

        var name: String? {
            switch self {
            case .none: nil
            case .required(let name), .optional(let name), .lastDefault(let name, _): name
            }
        }
    }

    struct Traits: OptionSet, Sendable {
        let rawValue: UInt8
        /// Has no `--no-…` form.
        static var noNegation: Traits { Traits(rawValue: 1) }
        /// Left out of the usage text, unless that is asked for in full.
        static var hidden: Traits { Traits(rawValue: 2) }
        /// A line between groups of options, not an option.
        static var group: Traits { Traits(rawValue: 4) }
        /// Another name of the option before it.
        static var alias: Traits { Traits(rawValue: 8) }
    }

    let short: UInt8?
    let long: Bytes?
    let argument: Argument
    let help: String
    let traits: Traits
    let apply: @Sendable (inout Values, OptionUse) throws(OptionRefusal) -> Void

    init(
        _ short: Character?, _ long: String?, _ argument: Argument, _ help: String, _ traits: Traits = [],
        _ apply: @escaping @Sendable (inout Values, OptionUse) throws(OptionRefusal) -> Void
    ) {
        self.short = short?.asciiValue
        self.long = long.map { Bytes($0) }
        self.argument = argument
        self.help = help
        self.traits = traits
        self.apply = apply
    }
}

extension CommandOption {
    /// An option that is on or off.
    static func flag(
        _ short: Character?, _ long: String?, _ help: String, _ traits: Traits = [],
        _ set: @escaping @Sendable (inout Values, Bool) -> Void
    ) -> CommandOption {
        CommandOption(short, long, .none, help, traits) { values, use throws(OptionRefusal) in
            if case .unset = use.value { set(&values, false) } else { set(&values, true) }
        }
    }

    /// An option with a value; nil for the `--no-…` form.
    static func string(
        _ short: Character?, _ long: String?, _ name: String, _ help: String, _ traits: Traits = [],
        _ set: @escaping @Sendable (inout Values, Bytes?) -> Void
    ) -> CommandOption {
        CommandOption(short, long, .required(name), help, traits) { values, use throws(OptionRefusal) in
            if case .value(let bytes) = use.value { set(&values, bytes) } else { set(&values, nil) }
        }
    }

    /// An option with a value that may be given again and again; nil, the `--no-…` form, forgets what came before.
    static func list(
        _ short: Character?, _ long: String?, _ name: String, _ help: String,
        _ add: @escaping @Sendable (inout Values, Bytes?) -> Void
    ) -> CommandOption {
        string(short, long, name, help, [], add)
    }

    /// An option with an integer of 32 bits, which may end in k, m or g; 0 for the `--no-…` form.
    static func integer(
        _ short: Character?, _ long: String?, _ help: String, _ set: @escaping @Sendable (inout Values, Int32) -> Void
    ) -> CommandOption {
        CommandOption(short, long, .required("n"), help) { values, use throws(OptionRefusal) in
            guard case .value(let bytes) = use.value else { return set(&values, 0) }
            set(&values, try OptionNumber.int32(bytes, of: use.spelling))
        }
    }

    /// The number of digits to which object ids are abbreviated: 0 for all, nil for as many as are needed.
    static func abbreviation(
        _ short: Character?, _ long: String, _ help: String, _ set: @escaping @Sendable (inout Values, Int32?) -> Void
    ) -> CommandOption {
        CommandOption(short, long, .optional("n"), help) { values, use throws(OptionRefusal) in
            switch use.value {
            case .unset: set(&values, 0)
            case .bare: set(&values, nil)
            case .value(let bytes): set(&values, try OptionNumber.abbreviation(bytes, of: long))
            }
        }
    }

    /// A heading above the options that follow; an empty one is an empty line.
    static func group(_ heading: String) -> CommandOption {
        CommandOption(nil, nil, .none, heading, .group) { _, _ throws(OptionRefusal) in }
    }
}

extension [Bytes] {
    /// Adds the value of an option that may be given again; nil forgets all.
    mutating func take(_ value: Bytes?) {
        if let value { append(value) } else { removeAll() }
    }
}
