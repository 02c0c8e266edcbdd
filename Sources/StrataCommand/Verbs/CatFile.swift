/// `cat-file`: what objects are and hold, one by arguments or many by standard input.
extension Verb {
    static let catFile = Verb(
        name: "cat-file", summary: "Provide contents or details of repository objects",
        usage: { CatFile.options.usage(full: false) }, run: CatFile.run)
}

enum CatFile {
    /// Options of which only one can be used.
    enum Mode: String, Sendable {
        case exists = "-e"
        case pretty = "-p"
        case type = "-t"
        case size = "-s"
        case allObjects = "--batch-all-objects"
        case textconv = "--textconv"
        case filters = "--filters"
    }

    enum BatchMode: Sendable {
        case contents
        case info
        case commands
    }

    struct Values {
        var mode: Mode?
        var batch: BatchMode?
        var format: Bytes?
        var usesMailmap = false
        var nulInput = false
        var nulTerminated = false
        /// nil = as the mode wants it.
        var buffer: Bool?
        var followSymlinks = false
        var unordered = false
        var path: Bytes?
        var filter: BatchFilter?
        /// What is wrong with the first filter that is.
        var filterFailure: CommandExit?
    }

    static let options = OptionTable<Values>(
        synopsis: [
            "strata cat-file <type> <object>",
            "strata cat-file (-e | -p | -t | -s) <object>",
            """
            strata cat-file (--textconv | --filters)
                            [<rev>:<path|tree-ish> | --path=<path|tree-ish> <rev>]
            """,
            """
            strata cat-file (--batch | --batch-check | --batch-command) [--batch-all-objects]
                            [--buffer] [--follow-symlinks] [--unordered]
                            [--textconv | --filters] [-Z]
            """,
        ],
        options: [
            .group("Check object existence or emit object contents"),
            mode("e", nil, "check if <object> exists", .exists),
            mode("p", nil, "pretty-print <object> content", .pretty),
            .group("Emit [broken] object attributes"),
            mode("t", nil, "show object type (one of 'blob', 'tree', 'commit', 'tag', ...)", .type),
            mode("s", nil, "show object size", .size),
            .flag(nil, "allow-unknown-type", "historical option -- no-op", .hidden) { _, _ in },
            .flag(nil, "use-mailmap", "use mail map file") { $0.usesMailmap = $1 },
            .flag(nil, "mailmap", "alias of --use-mailmap", .alias) { $0.usesMailmap = $1 },
            .group("Batch objects requested on stdin (or --batch-all-objects)"),
            batch("batch", "show full <object> or <rev> contents", .contents),
            batch("batch-check", "like --batch, but don't emit <contents>", .info),
            .flag("z", nil, "stdin is NUL-terminated", .hidden) { $0.nulInput = $1 },
            .flag("Z", nil, "stdin and stdout is NUL-terminated") { $0.nulTerminated = $1 },
            batch("batch-command", "read commands from stdin", .commands),
            mode(
                nil, "batch-all-objects", "with --batch[-check]: ignores stdin, batches all known objects", .allObjects),
            .group("Change or optimize batch output"),
            .flag(nil, "buffer", "buffer --batch output") { $0.buffer = $1 },
            .flag(nil, "follow-symlinks", "follow in-tree symlinks") { $0.followSymlinks = $1 },
            .flag(nil, "unordered", "do not order objects before emitting them") { $0.unordered = $1 },
            .group("Emit object (blob or tree) with conversion or filter (stand-alone, or with batch)"),
            mode(nil, "textconv", "run textconv on object's content", .textconv),
            mode(nil, "filters", "run filters on object's content", .filters),
            .string(
                nil, "path", "blob|tree", "use a <path> for (--textconv | --filters); Not with 'batch'"
            ) { $0.path = $1 },
            .string(nil, "filter", "args", "object filtering") { $0.add(filter: $1) },
        ])

    private static func mode(
        _ short: Character?, _ long: String?, _ help: String, _ mode: Mode
    ) -> CommandOption<Values> {
        CommandOption(short, long, .none, help, .noNegation) { values, _ throws(OptionRefusal) in
            if let other = values.mode, other != mode {
                throw OptionRefusal("options '\(mode.rawValue)' and '\(other.rawValue)' cannot be used together")
            }
            values.mode = mode
        }
    }

    private static func batch(_ long: String, _ help: String, _ mode: BatchMode) -> CommandOption<Values> {
        CommandOption(nil, long, .optional("format"), help, .noNegation) { values, use throws(OptionRefusal) in
            guard values.batch == nil else { throw OptionRefusal("only one batch option may be specified") }
            values.batch = mode
            if case .value(let format) = use.value { values.format = format }
        }
    }

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.open(options, &values)
        if let failure = values.filterFailure { throw failure }
        try checkFilter(values)
        try checkCombination(values)
        try refuseUnsupported(values)
        // Whoever asks for all objects, or whether one exists, asks for those that are there.
        let replaced = values.mode != .allObjects && values.mode != .exists
        guard let objects = try repository.contents(replaced) else {
            throw .fatal("there are no objects")
        }
        if let batch = values.batch {
            if let mode = values.mode, mode != .allObjects {
                throw misuse("'\(mode.rawValue)' is incompatible with batch mode")
            }
            if !operands.isEmpty { throw misuse("batch modes take no arguments") }
            var request = ObjectBatch.Request()
            if let format = values.format { request.format = try BatchFormat(format) }
            request.filter = values.filter
            request.inputEnd = values.nulInput || values.nulTerminated ? 0 : 0x0a
            request.outputEnd = values.nulTerminated ? 0 : 0x0a
            request.isBuffered = values.buffer ?? (values.mode == .allObjects)
            try run(batch, ObjectBatch(request, objects, repository, call.console), values)
            return .success
        }
        let object = OneObject(objects, repository, call.console)
        if let mode = values.mode {
            guard let name = operands.first else { throw misuse("<object> required with '\(mode.rawValue)'") }
            guard operands.count == 1 else { throw misuse("too many arguments") }
            return try object.show(name, mode)
        }
        if operands.isEmpty { throw options.misuse() }
        guard operands.count == 2 else {
            throw misuse("only two arguments allowed in <type> <object> mode, not \(operands.count)")
        }
        try object.write(operands[1], as: operands[0])
        return .success
    }

    private static func run(_ mode: BatchMode, _ batch: ObjectBatch, _ values: Values) throws(CommandExit) {
        if values.mode == .allObjects {
            try batch.answerAll(isUnordered: values.unordered, withContents: mode == .contents)
        } else if mode == .commands {
            var commands = ObjectBatchCommands(batch)
            try commands.run()
        } else {
            try batch.answerLines(withContents: mode == .contents)
        }
    }

    // MARK: - Options that do not go together

    private static func misuse(_ message: String) -> CommandExit {
        options.misuse(Diagnostic.line("fatal: ", Bytes(message)) + [0x0a])
    }

    private static func checkFilter(_ values: Values) throws(CommandExit) {
        let message: String
        switch values.filter {
        case nil: return
        case .other(let name): message = "objects filter not supported: '\(name)'"
        default:
            if values.batch != nil { return }
            message = "objects filter only supported in batch mode"
        }
        throw CommandExit(status: .usage, message: Diagnostic.line("usage: ", Bytes(message)))
    }

    private static func checkCombination(_ values: Values) throws(CommandExit) {
        if values.path != nil, values.mode != .textconv, values.mode != .filters {
            throw misuse("'--path=<path|tree-ish>' needs '--filters' or '--textconv'")
        }
        guard values.batch == nil else { return }
        let batchOnly = [
            ("--follow-symlinks", values.followSymlinks), ("--buffer", values.buffer != nil),
            ("--batch-all-objects", values.mode == .allObjects), ("-z", values.nulInput), ("-Z", values.nulTerminated),
        ]
        for (name, isUsed) in batchOnly where isUsed { throw misuse("'\(name)' requires a batch mode") }
    }

    private static func refuseUnsupported(_ values: Values) throws(CommandExit) {
        if values.usesMailmap { throw .unsupported("--use-mailmap") }
        if values.followSymlinks { throw .unsupported("--follow-symlinks") }
        if values.mode == .textconv || values.mode == .filters {
            throw .unsupported(values.mode?.rawValue ?? "")
        }
    }
}

extension CatFile.Values {
    /// Takes one more `--filter`; nil forgets all.
    fileprivate mutating func add(filter spec: Bytes?) {
        guard let spec else {
            filter = nil
            return
        }
        do throws(CommandExit) {
            let added = try BatchFilter(spec)
            // Git would combine several, which it does not support here.
            filter = filter == nil ? added : .other("combine")
        } catch {
            filterFailure = filterFailure ?? error
        }
    }
}
