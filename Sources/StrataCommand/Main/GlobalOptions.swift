import SystemPackage

/// The options before the verb. They have a grammar of their own: no abbreviations, no clusters.
/// Git's function: `handle_options`.
struct GlobalOptions {
    static let usage = """
        usage: strata [-v | --version] [-h | --help] [-C <path>] [-c <name>=<value>]
                      [-p | --paginate | -P | --no-pager] [--bare] [--git-dir=<path>]
                      [--work-tree=<path>] [--namespace=<name>] [--config-env=<name>=<envvar>]
                      <command> [<args>]

        """

    /// Reads the options at the front of `arguments` into `invocation` and removes them.
    ///
    /// - Throws: git's message for what is wrong: status 129 for the grammar, 128 for values.
    static func read(
        _ arguments: inout ArraySlice<Bytes>, into invocation: inout Invocation
    ) throws(CommandExit) {
        while let argument = arguments.first, argument.first == UInt8(ascii: "-") {
            if ["-h", "--help", "-v", "--version"].contains(where: { argument == Bytes($0) }) { return }
            arguments.removeFirst()
            if isHarmless(argument) { continue }
            if argument.equals("--no-replace-objects") {
                invocation.ignoresReplacements = true
                continue
            }
            if argument.equals("--bare") {
                invocation.bare = true
                // Here, whatever -C follows.
                invocation.bareDirectory = invocation.bareDirectory ?? invocation.directory
                continue
            }
            let (name, inline) = split(argument)
            if isGitsOnly(name, hasValue: inline != nil) { throw .unsupported(String(decoding: name, as: UTF8.self)) }
            guard let missing = missingValue[name], inline == nil || name.hasPrefix("--") else {
                throw misuse(Bytes("unknown option: ") + argument)
            }
            guard let value = inline ?? arguments.popFirst() else { throw misuse(Bytes(missing)) }
            try apply(name, value, to: &invocation)
        }
    }

    /// What an option with a value says when there is none.
    private static let missingValue: [Bytes: String] = [
        Bytes("-C"): "no directory given for '-C' option",
        Bytes("-c"): "-c expects a configuration string",
        Bytes("--config-env"): "no config key given for --config-env",
        Bytes("--git-dir"): "no directory given for '--git-dir' option",
        Bytes("--work-tree"): "no directory given for '--work-tree' option",
        Bytes("--namespace"): "no namespace given for --namespace",
    ]

    /// Options of git's that change nothing for verbs without a pager, pathspecs, an index or promised objects.
    private static func isHarmless(_ argument: Bytes) -> Bool {
        [
            "-p", "--paginate", "-P", "--no-pager", "--literal-pathspecs", "--no-literal-pathspecs", "--glob-pathspecs",
            "--noglob-pathspecs", "--icase-pathspecs", "--no-optional-locks", "--no-lazy-fetch", "--no-advice",
        ].contains { argument == Bytes($0) }
    }

    /// Options of git's that tell of its installation, or of parts of a repository that this command does not look at.
    private static func isGitsOnly(_ name: Bytes, hasValue: Bool) -> Bool {
        switch String(decoding: name, as: UTF8.self) {
        case "--exec-path", "--attr-source": true
        case "--html-path", "--man-path", "--info-path", "--shallow-file": !hasValue
        case "--list-cmds": hasValue
        default: false
        }
    }

    private static func split(_ argument: Bytes) -> (name: Bytes, value: Bytes?) {
        guard let equals = argument.firstIndex(of: UInt8(ascii: "=")) else { return (argument, nil) }
        return (Bytes(argument[..<equals]), Bytes(argument[(equals + 1)...]))
    }

    private static func misuse(_ message: Bytes) -> CommandExit {
        CommandExit(status: .usage, message: message + [0x0a] + Bytes(usage))
    }

    private static func apply(_ name: Bytes, _ value: Bytes, to invocation: inout Invocation) throws(CommandExit) {
        if name.equals("-C") {
            try enter(value, &invocation)
        } else if name.equals("-c") {
            let (key, setting) = split(value)
            invocation.configParameters.append(.init(name: key, value: setting))
        } else if name.equals("--config-env") {
            try readConfigVariable(value, &invocation)
        } else if name.equals("--git-dir") {
            invocation.gitDir = value
        } else if name.equals("--work-tree") {
            invocation.workTree = value
        } else {
            invocation.namespace = value
        }
    }

    /// Enters `directory`, if it is one that can be entered; an empty one stays where it is.
    private static func enter(_ directory: Bytes, _ invocation: inout Invocation) throws(CommandExit) {
        guard !directory.isEmpty else { return }
        let path = FilePath(bytes: directory)
        let whole = invocation.directory.pushing(path)
        do {
            // Opening "<directory>/." asks for what entering asks for: that it is one, and that it may be searched.
            try FileDescriptor.open(whole.appending("."), .readOnly, options: [.closeOnExec]).close()
        } catch let error as Errno where error != .permissionDenied {
            throw .fatal(Bytes("cannot change to '") + directory + Bytes("': \(error.description)"))
        } catch {
            // A directory that may be searched but not listed is fine; whoever uses it will say otherwise.
        }
        invocation.directory = whole
    }

    /// `--config-env=<name>=<envvar>`. Git's function: `git_config_push_env`.
    private static func readConfigVariable(_ spec: Bytes, _ invocation: inout Invocation) throws(CommandExit) {
        guard let equals = spec.lastIndex(of: UInt8(ascii: "=")) else {
            throw .fatal(Bytes("invalid config format: ") + spec)
        }
        let name = Bytes(spec[..<equals])
        let variable = Bytes(spec[(equals + 1)...])
        guard !variable.isEmpty else {
            throw .fatal(Bytes("missing environment variable name for configuration '") + name + Bytes("'"))
        }
        guard let value = RepositoryOpener.variable(variable) else {
            throw .fatal(
                Bytes("missing environment variable '") + variable + Bytes("' for configuration '") + name + Bytes("'"))
        }
        invocation.configParameters.append(.init(name: name, value: value))
    }
}

extension FilePath {
    /// The path whose bytes are `bytes`, up to a NUL.
    init(bytes: Bytes) {
        let terminated = bytes.prefix { $0 != 0 }.map { CInterop.PlatformChar(bitPattern: $0) } + [0]
        self = unsafe terminated.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return FilePath() }
            return unsafe FilePath(platformString: base)
        }
    }
}
