import StrataModel
import StrataRefs

/// `show-ref`: references and the objects that they name.
extension Verb {
    static let showRef = Verb(
        name: "show-ref", summary: "List references in a local repository",
        usage: { ShowRef.options.usage(full: false) }, run: ShowRef.run)
}

enum ShowRef {
    struct Values {
        var tags = false
        var branches = false
        var exists = false
        var verify = false
        var head = false
        var dereference = false
        var hashOnly = false
        /// 0 = all digits, nil = as configured.
        var digits: Int32? = 0
        var quiet = false
        var excludeExisting = false
        var excludePattern: Bytes?
    }

    static let options = OptionTable<Values>(
        synopsis: [
            """
            strata show-ref [--head] [-d | --dereference]
                            [-s | --hash[=<n>]] [--abbrev[=<n>]] [--branches] [--tags]
                            [--] [<pattern>...]
            """,
            """
            strata show-ref --verify [-q | --quiet] [-d | --dereference]
                            [-s | --hash[=<n>]] [--abbrev[=<n>]]
                            [--] [<ref>...]
            """,
            "strata show-ref --exclude-existing[=<pattern>]",
            "strata show-ref --exists <ref>",
        ],
        options: [
            .flag(nil, "tags", "only show tags (can be combined with --branches)") { $0.tags = $1 },
            .flag(nil, "branches", "only show branches (can be combined with --tags)") { $0.branches = $1 },
            .flag(nil, "heads", "deprecated synonym for --branches", .hidden) { $0.branches = $1 },
            .flag(nil, "exists", "check for reference existence without resolving") { $0.exists = $1 },
            .flag(nil, "verify", "stricter reference checking, requires exact ref path") { $0.verify = $1 },
            .flag("h", nil, "show the HEAD reference, even if it would be filtered out", .hidden) { $0.head = $1 },
            .flag(nil, "head", "show the HEAD reference, even if it would be filtered out") { $0.head = $1 },
            .flag("d", "dereference", "dereference tags into object IDs") { $0.dereference = $1 },
            CommandOption("s", "hash", .optional("n"), "only show SHA1 hash using <n> digits") {
                values, use throws(OptionRefusal) in
                values.hashOnly = true
                if case .value(let bytes) = use.value {
                    values.digits = try OptionNumber.abbreviation(bytes, of: "hash")
                }
            },
            .abbreviation(nil, "abbrev", "use <n> digits to display object names") { $0.digits = $1 },
            .flag("q", "quiet", "do not print results to stdout (useful with --verify)") { $0.quiet = $1 },
            CommandOption(
                nil, "exclude-existing", .optional("pattern"),
                "show refs from stdin that aren't in local repository", .noNegation
            ) { values, use throws(OptionRefusal) in
                values.excludeExisting = true
                values.excludePattern = if case .value(let bytes) = use.value { bytes } else { nil }
            },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.open(options, &values)
        try Incompatible.check([
            ("--exclude-existing", values.excludeExisting), ("--verify", values.verify), ("--exists", values.exists),
        ])
        let mode = Mode(
            values: values, repository: repository, snapshot: try repository.snapshot(), console: call.console)
        if values.excludeExisting { return try mode.excludeExisting() }
        if values.verify { return try mode.verify(operands) }
        if values.exists { return try mode.exists(operands) }
        return try mode.list(operands)
    }
}

extension ShowRef {
    /// What `show-ref` does, in its four modes.
    struct Mode {
        let values: Values
        let repository: CommandRepository
        let snapshot: any RefSnapshot
        let console: Console
        /// The object that was last found to exist: many references name the same as their neighbour.
        private let lastFound = LastFound()

        private final class LastFound {
            var id: ObjectID?
        }

        init(
            values: Values, repository: CommandRepository, snapshot: any RefSnapshot, console: Console
        ) {
            self.values = values
            self.repository = repository
            self.snapshot = snapshot
            self.console = console
        }

        // MARK: Listing

        func list(_ patterns: [Bytes]) throws(CommandExit) -> ExitStatus {
            var found = false
            if values.head, let id = try snapshot.readableID(.head)?.id {
                found = true
                try show(RefName.head.bytes, id, peeled: nil)
            }
            var scopes: [RefScope] = []
            if values.branches { scopes.append(RefScope(prefix: Bytes("refs/heads/"))) }
            if values.tags { scopes.append(RefScope(prefix: Bytes("refs/tags/"))) }
            if scopes.isEmpty { scopes.append(.refs) }
            var name: Bytes = []
            try RefListing(snapshot: snapshot).forEach(in: scopes) { item throws(CommandExit) in
                let (view, id, peeled) = self.parts(of: item)
                name.removeAll(keepingCapacity: true)
                unsafe name.append(contentsOf: view.nameBuffer)
                guard Self.matches(name, patterns) else { return true }
                found = true
                try self.show(name, id, peeled: peeled)
                return true
            }
            return found ? .success : .failure
        }

        /// Broken references are listed too, with an id of zeros, and then found bad.
        private func parts(of item: RefListing.Item) -> (RefView, ObjectID, peeled: ObjectID?) {
            switch item {
            case .reference(let reference): (reference.view, reference.id, reference.peeled)
            case .broken(let view), .badName(let view): (view, .zero(repository.references.hashAlgorithm), nil)
            }
        }

        /// Whether `name` ends with one of `patterns`, as a path; no pattern lets all pass.
        private static func matches(_ name: Bytes, _ patterns: [Bytes]) -> Bool {
            if patterns.isEmpty { return true }
            return patterns.contains { pattern in
                guard name.count >= pattern.count, name.suffix(pattern.count).elementsEqual(pattern) else {
                    return false
                }
                return name.count == pattern.count || name[name.count - pattern.count - 1] == UInt8(ascii: "/")
            }
        }

        private func show(_ name: Bytes, _ id: ObjectID, peeled: ObjectID?) throws(CommandExit) {
            if lastFound.id != id {
                guard try asking({ () throws(ObjectError) in try repository.objects.contains(id) }) else {
                    throw .fatal(Bytes("git show-ref: bad ref ") + name + Bytes(" (\(id))"))
                }
                lastFound.id = id
            }
            if values.quiet { return }
            try line(id, name, peeled: false)
            guard values.dereference else { return }
            let target: ObjectID?
            if let peeled {
                target = peeled
            } else {
                // A tag that leads nowhere has nothing to show.
                target = try? repository.objects.peel(id, verifyingTarget: false)?.id
            }
            if let target, target != id { try line(target, name, peeled: true) }
        }

        private func line(_ id: ObjectID, _ name: Bytes, peeled: Bool) throws(CommandExit) {
            let full = id.algorithm.hexCount
            let digits = values.digits == 0 ? full : min(full, try repository.uniqueDigits(id, values.digits))
            console.output.append { output in
                let start = output.count
                id.appendHex(to: &output)
                if digits < full { output.removeSubrange((start + digits)...) }
                if !values.hashOnly || peeled {
                    output.append(UInt8(ascii: " "))
                    output.append(contentsOf: name)
                    if peeled { output.append(contentsOf: "^{}".utf8) }
                }
                output.append(0x0a)
            }
        }

        // MARK: Single references

        func verify(_ names: [Bytes]) throws(CommandExit) -> ExitStatus {
            guard !names.isEmpty else { throw .fatal("--verify requires a reference") }
            for bytes in names {
                guard bytes.hasPrefix("refs/") || RefNameRules.isSafe(bytes.span),
                    let name = try? RefName(bytes: bytes), let id = try snapshot.readableID(name)?.id
                else {
                    if values.quiet { return .failure }
                    throw .fatal(Bytes("'") + bytes + Bytes("' - not a valid ref"))
                }
                try show(bytes, id, peeled: nil)
            }
            return .success
        }

        func exists(_ names: [Bytes]) throws(CommandExit) -> ExitStatus {
            guard let bytes = names.first else { throw .fatal("--exists requires a reference") }
            guard names.count == 1 else { throw .fatal("--exists requires exactly one reference") }
            let value = try RefName(tolerating: bytes).map { name throws(CommandExit) in try snapshot.raw(name) } ?? nil
            switch value {
            case nil:
                console.errors.error(Bytes("reference does not exist"))
                return ExitStatus(rawValue: 2)
            case .broken(.content):
                console.errors.error(Bytes("failed to look up reference: Invalid argument"))
                return .failure
            default: return .success
            }
        }

        // MARK: --exclude-existing

        /// Passes on the lines of standard input whose last word is no reference here.
        func excludeExisting() throws(CommandExit) -> ExitStatus {
            var line: Bytes = []
            while try console.input.appendLine(terminator: 0x0a, to: &line) {
                try passOn(&line)
                line.removeAll(keepingCapacity: true)
            }
            return .success
        }

        private func passOn(_ line: inout Bytes) throws(CommandExit) {
            if line.last == 0x0a { line.removeLast() }
            if line.suffix(3).elementsEqual("^{}".utf8) { line.removeLast(3) }
            let start = (line.lastIndex { $0.isGitSpace }).map { $0 + 1 } ?? 0
            let word = Bytes(line[start...])
            if let pattern = values.excludePattern, !word.starts(with: pattern) { return }
            guard RefNameRules.flaw(in: word.span) == nil, let name = try? RefName(bytes: word) else {
                console.errors.warning(Bytes("ref '") + word + Bytes("' ignored"))
                return
            }
            if word.hasPrefix("refs/"), let value = try snapshot.raw(name) {
                guard case .symbolic = value else { return }
                if try snapshot.readableID(name) != nil { return }
            }
            console.output.append(line + [0x0a])
        }
    }
}

/// Options that exclude each other.
enum Incompatible {
    /// - Throws: git's fatal message when more than one of `options` is used. Git's function: `die_for_incompatible_opt4`.
    static func check(_ options: [(name: String, isUsed: Bool)]) throws(CommandExit) {
        let used = options.filter { $0.isUsed }.map { "'\($0.name)'" }
        guard used.count > 1, let last = used.last else { return }
        let front = used.dropLast().joined(separator: ", ") + (used.count > 2 ? "," : "")
        throw .fatal("options \(front) and \(last) cannot be used together")
    }
}

/// What `body` is told by the object store, or the fatal error that it cannot tell.
func asking<Answer>(_ body: () throws(ObjectError) -> Answer) throws(CommandExit) -> Answer {
    do throws(ObjectError) { return try body() } catch { throw .fatal(error.description) }
}
