/// The `strata` command: global options, then a verb.
public enum StrataMain {
    /// The version that `strata --version` prints.
    static let version = "0.1.0"

    /// Runs the command and prints what it has to say.
    ///
    /// - Parameter arguments: all arguments behind the program's name, as bytes.
    /// - Returns: what the process is to exit with.
    public static func run(arguments: [[UInt8]], console: Console) -> ExitStatus {
        run(
            arguments: arguments, console: console,
            opener: { invocation throws(CommandExit) in
                try RepositoryOpener.open(invocation, console.errors)
            })
    }

    /// Runs the command on repositories that `opener` opens.
    static func run(
        arguments: [Bytes], console: Console,
        opener: @escaping (Invocation) throws(CommandExit) -> CommandRepository
    ) -> ExitStatus {
        var status: ExitStatus
        do throws(CommandExit) {
            status = try dispatch(arguments[...], console, opener)
        } catch {
            console.output.append(error.output)
            console.output.flush()
            console.errors.write(error.message)
            status = error.status
        }
        do throws(CommandExit) {
            try console.output.finish()
        } catch {
            if status == .success {
                console.errors.write(error.message)
                status = error.status
            }
        }
        return status
    }

    private static func dispatch(
        _ given: ArraySlice<Bytes>, _ console: Console,
        _ opener: @escaping (Invocation) throws(CommandExit) -> CommandRepository
    ) throws(CommandExit) -> ExitStatus {
        var arguments = given
        var invocation = Invocation()
        try GlobalOptions.read(&arguments, into: &invocation)
        guard let word = arguments.popFirst() else {
            throw CommandExit(status: .failure, output: help())
        }
        if word.equals("-v") || word.equals("--version") || word.equals("version") {
            console.output.append("strata version \(version)\n")
            return .success
        }
        if word.equals("-h") || word.equals("--help") || word.equals("help") {
            guard let topic = arguments.first else {
                console.output.append(help())
                return .success
            }
            console.output.append(try verb(topic).usage())
            return .success
        }
        let verb = try verb(word)
        if arguments.first?.equals("--help") ?? false {
            console.output.append(verb.usage())
            return .success
        }
        let call = VerbCall(Array(arguments), console: console, invocation: invocation) {
            [invocation] () throws(CommandExit) in try opener(invocation)
        }
        return try verb.run(call)
    }

    private static func verb(_ word: Bytes) throws(CommandExit) -> Verb {
        if let verb = Verb.all.first(where: { word == Bytes($0.name) }) { return verb }
        let known = Verb.ofGitOnly.contains(String(decoding: word, as: UTF8.self))
        let verdict = "' is not \(known ? "supported yet" : "a strata command"). See 'strata --help'.\n"
        throw CommandExit(
            status: known ? .usage : .failure, message: Bytes("strata: '") + word + Bytes(verdict))
    }

    private static func help() -> Bytes {
        var text = GlobalOptions.usage + "\nReferences of git repositories, by git's plumbing commands:\n"
        for verb in Verb.all {
            let pad = String(repeating: " ", count: max(1, 18 - verb.name.utf8.count))
            text += "   \(verb.name)\(pad)\(verb.summary)\n"
        }
        return Bytes(text + "\n'strata <command> -h' tells how to use a command.\n")
    }
}
