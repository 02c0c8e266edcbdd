import StrataModel

/// `hash-object`: the ids of contents, and their objects in the store.
extension Verb {
    static let hashObject = Verb(
        name: "hash-object", summary: "Compute object ID and optionally create an object from a file",
        usage: { HashObject.options.usage(full: false) }, run: HashObject.run)
}

enum HashObject {
    struct Values {
        var type = Bytes("blob")
        var writes = false
        var stdinCount = 0
        var readsPaths = false
        var skipsFilters = false
        var isLiteral = false
        var path: Bytes?
    }

    static let options = OptionTable<Values>(
        synopsis: [
            """
            strata hash-object [-t <type>] [-w] [--path=<file> | --no-filters]
                               [--stdin [--literally]] [--] <file>...
            """,
            "strata hash-object [-t <type>] [-w] --stdin-paths [--no-filters]",
        ],
        options: [
            .string("t", nil, "type", "object type") { $0.type = $1 ?? Bytes("blob") },
            .flag("w", nil, "write the object into the object database") { $0.writes = $1 },
            .flag(nil, "stdin", "read the object from stdin") { $0.stdinCount = $1 ? $0.stdinCount + 1 : 0 },
            .flag(nil, "stdin-paths", "read file names from stdin") { $0.readsPaths = $1 },
            .flag(nil, "no-filters", "store file as is without filters") { $0.skipsFilters = $1 },
            .flag(nil, "literally", "just hash any random garbage to create corrupt objects for debugging Git") {
                $0.isLiteral = $1
            },
            .string(nil, "path", "file", "process file as it were from this path") { $0.path = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let files = try call.parse(options, &values)
        let errors = call.console.errors
        let repository =
            values.writes
            ? try RepositoryOpener.repository(call.invocation, errors)
            : try RepositoryOpener.repositoryIfAny(call.invocation, errors)
        let hashing = try ObjectHashing(call, values, repository)
        if let mistake = mistake(values, files) {
            throw options.misuse(Diagnostic.line("error: ", Bytes(mistake)))
        }
        if values.stdinCount > 0 { try hashing.hashInput(as: values.path.map(hashing.placed)) }
        for file in files {
            let path = hashing.placed(file)
            try hashing.hash(path, as: values.skipsFilters ? nil : values.path.map(hashing.placed) ?? path)
        }
        if values.readsPaths { try hashPaths(call.console.input, values, hashing) }
        return .success
    }

    private static func mistake(_ values: Values, _ files: [Bytes]) -> String? {
        if values.readsPaths {
            if values.stdinCount > 0 { return "Can't use --stdin-paths with --stdin" }
            if !files.isEmpty { return "Can't specify files with --stdin-paths" }
            return values.path != nil ? "Can't use --stdin-paths with --path" : nil
        }
        // The latter of both is told.
        if values.path != nil, values.skipsFilters { return "Can't use --path with --no-filters" }
        return values.stdinCount > 1 ? "Multiple --stdin arguments are not supported" : nil
    }

    /// Hashes the files that the input names, one a line, perhaps quoted. They are seen from the top of the working tree.
    private static func hashPaths(
        _ input: InputReader, _ values: Values, _ hashing: ObjectHashing
    ) throws(CommandExit) {
        var line: Bytes = []
        while try input.appendLine(terminator: 0x0a, to: &line) {
            if line.last == 0x0a {
                line.removeLast()
                if line.last == 0x0d { line.removeLast() }
            }
            if line.first == UInt8(ascii: "\"") {
                guard let (name, _) = CQuoting.unquote(line[...]) else { throw .fatal("line is badly quoted") }
                line = name
            }
            try hashing.hash(line, as: values.skipsFilters ? nil : line)
            line.removeAll(keepingCapacity: true)
        }
    }
}
