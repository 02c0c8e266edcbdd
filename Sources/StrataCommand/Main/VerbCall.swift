import StrataRepository

/// One call of a verb.
struct VerbCall {
    /// The arguments behind the verb's name.
    let arguments: [Bytes]
    let console: Console
    /// The options before the verb.
    let invocation: Invocation
    private let opener: () throws(CommandExit) -> CommandRepository

    init(
        _ arguments: [Bytes], console: Console, invocation: Invocation,
        opener: @escaping () throws(CommandExit) -> CommandRepository
    ) {
        self.arguments = arguments
        self.console = console
        self.invocation = invocation
        self.opener = opener
    }

    /// The call of a subcommand: the same without the first argument.
    var behindFirst: VerbCall {
        VerbCall(Array(arguments.dropFirst()), console: console, invocation: invocation, opener: opener)
    }

    /// Whether nothing but the usage text is asked for: then no repository is needed.
    private var asksForHelp: Bool { Self.asksForUsage(arguments) }

    static func asksForUsage(_ arguments: [Bytes]) -> Bool {
        arguments.count == 1 && (arguments[0].equals("-h") || arguments[0].equals("--help-all"))
    }

    /// Opens the repository, then reads the options: in this order, so that what is wrong first is told first, as in git.
    ///
    /// - Returns: the repository and the operands.
    func open<Values>(
        _ options: OptionTable<Values>, _ values: inout Values
    ) throws(CommandExit) -> (repository: CommandRepository, operands: [Bytes]) {
        try answerHelp(options)
        let repository = try openRepository()
        return (repository, try options.parse(arguments, into: &values))
    }

    /// The same for a verb that works on the repository itself.
    func openWhole<Values>(
        _ options: OptionTable<Values>, _ values: inout Values
    ) throws(CommandExit) -> (repository: Repository, operands: [Bytes]) {
        try answerHelp(options)
        let repository = try RepositoryOpener.repository(invocation, console.errors)
        return (repository, try options.parse(arguments, into: &values))
    }

    /// Reads the options of a verb that needs no repository.
    ///
    /// - Returns: the operands.
    func parse<Values>(_ options: OptionTable<Values>, _ values: inout Values) throws(CommandExit) -> [Bytes] {
        try answerHelp(options)
        return try options.parse(arguments, into: &values)
    }

    private func answerHelp<Values>(_ options: OptionTable<Values>) throws(CommandExit) {
        if asksForHelp { throw options.help(full: arguments[0].equals("--help-all")) }
    }

    /// Opens the repository.
    func openRepository() throws(CommandExit) -> CommandRepository { try opener() }
}
