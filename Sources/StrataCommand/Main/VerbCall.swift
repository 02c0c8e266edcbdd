/// One call of a verb.
struct VerbCall {
    /// The arguments behind the verb's name.
    let arguments: [Bytes]
    let console: Console
    private let opener: () throws(CommandExit) -> CommandRepository

    init(
        _ arguments: [Bytes], console: Console, opener: @escaping () throws(CommandExit) -> CommandRepository
    ) {
        self.arguments = arguments
        self.console = console
        self.opener = opener
    }

    /// Whether nothing but the usage text is asked for: then no repository is needed.
    private var asksForHelp: Bool {
        arguments.count == 1 && (arguments[0].equals("-h") || arguments[0].equals("--help-all"))
    }

    /// Opens the repository, then reads the options: in this order, so that what is wrong first is told first, as in git.
    ///
    /// - Returns: the repository and the operands.
    func open<Values>(
        _ options: OptionTable<Values>, _ values: inout Values
    ) throws(CommandExit) -> (repository: CommandRepository, operands: [Bytes]) {
        if asksForHelp {
            throw options.help(full: arguments[0].equals("--help-all"))
        }
        let repository = try openRepository()
        return (repository, try options.parse(arguments, into: &values))
    }

    /// Opens the repository.
    func openRepository() throws(CommandExit) -> CommandRepository { try opener() }
}
