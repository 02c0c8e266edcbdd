import StrataModel
import StrataRefs

/// `for-each-ref`: references by a format, in an order, as many as asked for.
extension Verb {
    static let forEachRef = Verb(
        name: "for-each-ref", summary: "Output information on each ref",
        usage: { ForEachRef.options.usage(full: false) }, run: ForEachRef.run)
}

enum ForEachRef {
    struct Values {
        var quoting: Set<LanguageQuoting> = []
        var omitEmpty = false
        var count: Int32 = 0
        var format: Bytes?
        var startAfter: Bytes?
        var excludes: [Bytes] = []
        /// In the order of the command line: the last decides first. The order by name is there from the start.
        var sort: [Bytes] = [Bytes("refname")]
        var pointsAt: [Bytes] = []
        var ignoreCase = false
        var stdin = false
        var rootRefs = false
    }

    static let options = OptionTable<Values>(
        synopsis: [
            """
            strata for-each-ref [--count=<count>] [--shell|--perl|--python|--tcl]
                                        [(--sort=<key>)...] [--format=<format>]
                                        [--include-root-refs] [--points-at=<object>]
                                        [--merged[=<object>]] [--no-merged[=<object>]]
                                        [--contains[=<object>]] [--no-contains[=<object>]]
                                        [(--exclude=<pattern>)...] [--start-after=<marker>]
                                        [ --stdin | (<pattern>...)]
            """
        ],
        options: [
            quote("s", "shell", "quote placeholders suitably for shells", .shell),
            quote("p", "perl", "quote placeholders suitably for perl", .perl),
            quote(nil, "python", "quote placeholders suitably for python", .python),
            quote(nil, "tcl", "quote placeholders suitably for Tcl", .tcl),
            .flag(nil, "omit-empty", "do not output a newline after empty formatted refs") { $0.omitEmpty = $1 },
            .group(""),
            .integer(nil, "count", "show only <n> matched refs") { $0.count = $1 },
            .string(nil, "format", "format", "format to use for the output") { $0.format = $1 },
            .string(nil, "start-after", "marker", "start iteration after the provided marker") { $0.startAfter = $1 },
            color,
            .list(nil, "exclude", "pattern", "exclude refs which match pattern") { $0.excludes.take($1) },
            .list(nil, "sort", "key", "field name to sort on") { $0.sort.take($1) },
            .list(nil, "points-at", "object", "print only refs which points at the given object") {
                $0.pointsAt.take($1)
            },
            walk("merged", "print only refs that are merged"),
            walk("no-merged", "print only refs that are not merged"),
            walk("contains", "print only refs which contain the commit"),
            walk("no-contains", "print only refs which don't contain the commit"),
            .flag(nil, "ignore-case", "sorting and filtering are case insensitive") { $0.ignoreCase = $1 },
            .flag(nil, "stdin", "read reference patterns from stdin") { $0.stdin = $1 },
            .flag(nil, "include-root-refs", "also include HEAD ref and pseudorefs") { $0.rootRefs = $1 },
        ])

    private static func quote(
        _ short: Character?, _ long: String, _ help: String, _ language: LanguageQuoting
    ) -> CommandOption<Values> {
        .flag(short, long, help) { values, isOn in
            if isOn { values.quoting.insert(language) } else { values.quoting.remove(language) }
        }
    }

    /// Accepted for what it says: no format has colours yet.
    private static var color: CommandOption<Values> {
        CommandOption(nil, "color", .optional("when"), "respect format colors") { _, use throws(OptionRefusal) in
            guard case .value(let bytes) = use.value else { return }
            guard ["always", "auto", "never"].contains(String(decoding: bytes, as: UTF8.self).lowercased()) else {
                throw OptionRefusal("option `color' expects \"always\", \"auto\", or \"never\"")
            }
        }
    }

    /// An option that needs to walk history.
    private static func walk(_ long: String, _ help: String) -> CommandOption<Values> {
        CommandOption(nil, long, .lastDefault("commit", Bytes("HEAD")), help, .noNegation) {
            _, _ throws(OptionRefusal) in
            throw OptionRefusal("not supported yet: --\(long)")
        }
    }

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.open(options, &values)
        if values.count < 0 {
            throw options.misuse(Diagnostic.line("error: ", Bytes("invalid --count argument: `\(values.count)'")))
        }
        if values.quoting.count > 1 {
            throw options.misuse(Diagnostic.line("error: ", Bytes("more than one quoting style?")))
        }
        let format = try parseFormat(values.format ?? RefFormat.standard)
        if values.startAfter != nil && values.sort.count > 1 {
            throw .fatal("cannot use --start-after with custom sort options")
        }
        var keys: [SortKey] = []
        for text in values.sort.reversed() { keys.append(try SortKey(text)) }
        let patterns = try patterns(operands, values, call.console)
        if values.startAfter != nil && !patterns.isEmpty { throw .fatal("cannot use --start-after with patterns") }
        let versions = keys.contains(where: \.asVersion) ? repository.versionSuffixes() : []
        let sorter = RefSorter(
            keys: keys, ignoringCase: values.ignoreCase, versions: VersionOrder(suffixes: versions))
        let filter = try RefFilter(patterns, values, repository)
        var listing = try Listing(repository, filter, format, values, call.console)
        if sorter.isListingOrder { try listing.stream() } else { try listing.sort(by: sorter) }
        return .success
    }

    private static func parseFormat(_ text: Bytes) throws(CommandExit) -> RefFormat {
        do throws(CommandExit) {
            return try RefFormat(text)
        } catch {
            // A field that does not end is taken for a wrong command line.
            throw error.message.hasPrefix("error: malformed") ? options.misuse(error.message) : error
        }
    }

    private static func patterns(
        _ operands: [Bytes], _ values: Values, _ console: Console
    ) throws(CommandExit) -> [Bytes] {
        guard values.stdin else { return operands }
        guard operands.isEmpty else { throw .fatal("unknown arguments supplied with --stdin") }
        var patterns: [Bytes] = []
        var line: Bytes = []
        while try console.input.appendLine(terminator: 0x0a, to: &line) {
            if line.last == 0x0a {
                line.removeLast()
                if line.last == 0x0d { line.removeLast() }
            }
            patterns.append(line)
            line.removeAll()
        }
        return patterns
    }
}
