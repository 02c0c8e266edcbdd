/// A verb's options and the text that tells how to use it.
struct OptionTable<Values>: Sendable {
    /// One element for each way to call the verb; further lines of one are indented here already.
    let synopsis: [String]
    let options: [CommandOption<Values>]

    /// Applies the options among `arguments` to `values`.
    ///
    /// Options and operands may be mixed up to `--` or `--end-of-options`. Git's function: `parse_options`.
    /// - Returns: the operands, in order.
    /// - Throws: status 129, with the help that was asked for or with what is wrong.
    func parse(_ arguments: [Bytes], into values: inout Values) throws(CommandExit) -> [Bytes] {
        var parser = OptionParser(table: self, arguments: arguments)
        return try parser.run(&values)
    }

    /// The exit of a verb that was called in a way that it does not know, behind lines that may say more.
    func misuse(_ lines: Bytes = []) -> CommandExit {
        CommandExit(status: .usage, message: lines + usage(full: false, marksAliases: true))
    }

    /// The exit of a verb with an option that it does not know.
    func unknownOption(_ line: Bytes) -> CommandExit {
        CommandExit(status: .usage, message: line + usage(full: false))
    }

    /// The exit of a verb that was asked how to use it.
    func help(full: Bool) -> CommandExit {
        CommandExit(status: .usage, output: usage(full: full))
    }

    /// The usage text, an empty line at its end; `full` includes hidden options. Git marks other names of options where it is the verb that
    /// shows it, and not the parser of its options.
    func usage(full: Bool, marksAliases: Bool = false) -> Bytes {
        var text = ""
        for (index, form) in synopsis.enumerated() {
            for (number, line) in form.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                text += number > 0 ? "       " : index == 0 ? "usage: " : "   or: "
                text += line + "\n"
            }
        }
        var needsLine = true
        for option in options {
            if option.traits.contains(.group) {
                text += option.help.isEmpty ? "\n" : "\n\(option.help)\n"
                needsLine = false
                continue
            }
            if option.traits.contains(.hidden) && !full { continue }
            if needsLine { text += "\n" }
            needsLine = false
            let mark = marksAliases && option.traits.contains(.alias) ? " ..." : ""
            text += Self.row(option.columnHead + mark, option.help)
            if let positive = option.positiveName, !options.contains(where: { $0.long == positive }) {
                let name = String(decoding: positive, as: UTF8.self)
                text += Self.row("    --\(name)", "opposite of --no-\(name)")
            }
        }
        return Bytes(text + "\n")
    }

    /// The option in the first column and its help in the second, on a line of its own where the first is too wide.
    private static func row(_ head: String, _ help: String) -> String {
        let width = 26
        guard head.utf8.count < width else { return head + "\n" + String(repeating: " ", count: width) + help + "\n" }
        return head + String(repeating: " ", count: width - head.utf8.count) + help + "\n"
    }
}

extension CommandOption {
    /// For `--no-x`, the name `x`.
    var positiveName: Bytes? {
        guard !traits.contains(.noNegation), let rest = long?[...].removing("no-") else { return nil }
        return Bytes(rest)
    }

    /// The option as the usage text's first column writes it.
    fileprivate var columnHead: String {
        var head = "    "
        if let short { head += "-" + String(UnicodeScalar(short)) }
        if short != nil && long != nil { head += ", " }
        if let long {
            let bare = traits.contains(.noNegation) || positiveName != nil
            head += (bare ? "--" : "--[no-]") + String(decoding: long, as: UTF8.self)
        }
        guard let name = argument.name else { return head }
        // A name with brackets of its own is printed as it is.
        let literal = name.utf8.contains { "()<>[]|".utf8.contains($0) }
        let shown = literal ? name : "<\(name)>"
        if case .optional = argument { return head + (long == nil ? "[\(shown)]" : "[=\(shown)]") }
        return head + " " + shown
    }
}
