import StrataModel
import StrataRefs

/// `store`: what git has no like of, for people who look after the stores.
extension Verb {
    static let store = Verb(
        name: "store", summary: "Show, explain and check where references are, or sweep up after dead processes",
        usage: { Store.usage }, run: Store.run)
}

enum Store {
    struct ExplainValues {
        var prefixes: [Bytes] = []
    }

    static let explainOptions = OptionTable<ExplainValues>(
        synopsis: ["strata store explain <refname>", "strata store explain --prefix <prefix>"],
        options: [
            .list(nil, "prefix", "prefix", "explain the listing of what begins with <prefix>") { $0.prefixes.take($1) }
        ])

    static let sweepOptions = OptionTable<Void>(synopsis: ["strata store sweep"], options: [])

    static let statusOptions = OptionTable<Void>(synopsis: ["strata store status"], options: [])

    /// All, as one text.
    static var usage: Bytes {
        OptionTable<ExplainValues>(
            synopsis: explainOptions.synopsis + statusOptions.synopsis + StoreCheck.options.synopsis
                + sweepOptions.synopsis, options: explainOptions.options
        ).usage(full: false)
    }

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        guard let word = call.arguments.first else { throw CommandExit(status: .usage, message: usage) }
        if word.equals("-h") || word.equals("--help-all") { throw CommandExit(status: .usage, output: usage) }
        let rest = call.behindFirst
        if word.equals("explain") { return try explain(rest) }
        if word.equals("status") { return try status(rest) }
        if word.equals("check") { return try StoreCheck.run(rest) }
        if word.equals("sweep") { return try sweep(rest) }
        throw CommandExit(
            status: .usage, message: Diagnostic.line("error: ", Bytes("unknown subcommand: `") + word + [0x27]) + usage)
    }

    // MARK: explain

    private static func explain(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = ExplainValues()
        let (repository, operands) = try call.open(explainOptions, &values)
        guard operands.count + values.prefixes.count == 1 else { throw explainOptions.misuse() }
        guard let name = operands.first else {
            let prefix = values.prefixes[0]
            let told = repository.references.explain(.scope(RefScope(prefix: prefix)))
            print(told, of: prefix, call.console)
            return try end(told, isFound: true)
        }
        guard var name = RefName(tolerating: name) else {
            throw .fatal(Bytes("'") + name + Bytes("' is not a valid refname"))
        }
        // Symbolic references are followed as far as a reader follows them.
        for _ in 0..<RefResolver.maximumReads {
            let told = repository.references.explain(.name(name))
            print(told, of: name.bytes, call.console)
            guard case .value(.symbolic(let target)) = told.answer else {
                guard case .value(.object) = told.answer else { return try end(told, isFound: false) }
                return try end(told, isFound: true)
            }
            guard told.failure == nil, let next = RefName(tolerating: target) else {
                return try end(told, isFound: false)
            }
            name = next
        }
        return .failure
    }

    private static func print(_ told: RefExplanation, of what: Bytes, _ console: Console) {
        console.output.append(what + [0x0a])
        for line in told.lines { console.output.append("  \(line)\n") }
        let (files, bytes) = (told.fileCount, told.byteCount)
        console.output.append("  opened \(files) \(files == 1 ? "file" : "files"), \(bytes) bytes\n")
    }

    private static func end(_ told: RefExplanation, isFound: Bool) throws(CommandExit) -> ExitStatus {
        if let failure = told.failure { throw CommandExit(failure) }
        return isFound ? .success : .failure
    }

    // MARK: status

    private static func status(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values: Void = ()
        let (repository, operands) = try call.open(statusOptions, &values)
        guard operands.isEmpty else { throw statusOptions.misuse() }
        do throws(RefError) {
            for line in try repository.status() { call.console.output.append("\(line)\n") }
        } catch {
            throw CommandExit(error)
        }
        return .success
    }

    // MARK: sweep

    private static func sweep(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values: Void = ()
        let (repository, operands) = try call.open(sweepOptions, &values)
        guard operands.isEmpty else { throw sweepOptions.misuse() }
        let (done, failures) = try repository.sweep()
        for line in done { call.console.output.append("\(line)\n") }
        for failure in failures { call.console.errors.error(Bytes(failure)) }
        return failures.isEmpty ? .success : .failure
    }
}
