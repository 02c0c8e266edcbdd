import StrataModel

/// `check-ref-format`: whether a name is well formed. It reads its options itself, as git's does.
extension Verb {
    static let checkRefFormat = Verb(
        name: "check-ref-format", summary: "Ensure that a reference name is well formed",
        usage: { Bytes(CheckRefFormat.usage) }, run: CheckRefFormat.run)
}

enum CheckRefFormat {
    static let usage = """
        usage: strata check-ref-format [--normalize] [<options>] <refname>
           or: strata check-ref-format --branch <branchname-shorthand>

        """

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        let (arguments, console) = (call.arguments, call.console)
        if arguments.count == 1, arguments[0].equals("-h") || arguments[0].equals("--help-all") {
            throw CommandExit(status: .usage, output: Bytes(usage))
        }
        if arguments.count == 2, arguments[0].equals("--branch") {
            return try checkBranch(arguments[1], console)
        }
        var allowance: RefNameRules.Allowance = []
        var normalize = false
        var rest = arguments[...]
        while let argument = rest.first, argument.first == UInt8(ascii: "-") {
            if argument.equals("--normalize") || argument.equals("--print") {
                normalize = true
            } else if argument.equals("--allow-onelevel") {
                allowance.insert(.oneLevel)
            } else if argument.equals("--no-allow-onelevel") {
                allowance.remove(.oneLevel)
            } else if argument.equals("--refspec-pattern") {
                allowance.insert(.refspecPattern)
            } else {
                throw CommandExit(status: .usage, message: Bytes(usage))
            }
            rest.removeFirst()
        }
        guard rest.count == 1, let given = rest.first else {
            throw CommandExit(status: .usage, message: Bytes(usage))
        }
        let name = normalize ? RefNameRules.collapsingSlashes(given) : given
        guard RefNameRules.flaw(in: name.span, allowing: allowance) == nil else { return .failure }
        if normalize { console.output.append(name + [0x0a]) }
        return .success
    }

    /// Git's function: `check_branch_ref`.
    private static func checkBranch(_ name: Bytes, _ console: Console) throws(CommandExit) -> ExitStatus {
        if name.hasPrefix("@{") { throw .unsupported("check-ref-format --branch @{…}") }
        let full = Bytes("refs/heads/") + name
        guard name.first != UInt8(ascii: "-"), !name.equals("HEAD"), RefNameRules.flaw(in: full.span) == nil else {
            throw .fatal(Bytes("'") + name + Bytes("' is not a valid branch name"))
        }
        console.output.append(name + [0x0a])
        return .success
    }
}
