import StrataIO
import StrataRefs
import StrataRepository

/// `refs`: what is done to all references at once.
extension Verb {
    static let refs = Verb(
        name: "refs", summary: "Move references to another kind of store",
        usage: { Refs.usage }, run: Refs.run)
}

enum Refs {
    struct MigrateValues {
        var format: Bytes?
        var isDryRun = false
        var keepsReflogs = true
    }

    static let migrateOptions = OptionTable<MigrateValues>(
        synopsis: ["strata refs migrate --ref-format=<format> [--no-reflog] [--dry-run]"],
        options: [
            .string(nil, "ref-format", "format", "specify the reference format to convert to", .noNegation) {
                $0.format = $1
            },
            .flag(nil, "dry-run", "perform a non-destructive dry-run") { $0.isDryRun = $1 },
            .flag(nil, "no-reflog", "drop reflogs entirely during the migration") { $0.keepsReflogs = !$1 },
        ])

    /// Subcommands of git's that are none of ours yet.
    private static let ofGitOnly = ["verify", "list", "exists", "optimize", "create", "delete", "update", "rename"]

    static var usage: Bytes {
        OptionTable<MigrateValues>(synopsis: migrateOptions.synopsis, options: []).usage(full: false)
    }

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        guard let word = call.arguments.first else {
            throw CommandExit(status: .usage, message: Diagnostic.line("error: ", Bytes("need a subcommand")) + usage)
        }
        if word.equals("-h") || word.equals("--help-all") { throw CommandExit(status: .usage, output: usage) }
        if word.equals("migrate") { return try migrate(call.behindFirst) }
        let text = String(decoding: word, as: UTF8.self)
        if ofGitOnly.contains(text) { throw .unsupported("refs \(text)") }
        throw CommandExit(
            status: .usage, message: Diagnostic.line("error: ", Bytes("unknown subcommand: `") + word + [0x27]) + usage)
    }

    private static func migrate(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = MigrateValues()
        let (repository, operands) = try call.open(migrateOptions, &values)
        guard operands.isEmpty else {
            throw CommandExit(status: .usage, message: Diagnostic.line("usage: ", Bytes("too many arguments")))
        }
        guard let name = values.format else {
            throw CommandExit(
                status: .usage, message: Diagnostic.line("usage: ", Bytes("missing --ref-format=<format>")))
        }
        guard let format = ReferenceStorage.Format(rawValue: String(decoding: name, as: UTF8.self)) else {
            throw .migration(Bytes("unknown ref storage format '") + name + Bytes("'"))
        }
        var request = RefMigrationRequest(to: format)
        request.isDryRun = values.isDryRun
        request.keepsReflogs = values.keepsReflogs
        let progress = Progress("Migrating references", call.console.errors)
        request.progress = { progress.show($0) }
        do throws(RefError) {
            let result = try repository.migrate(request)
            progress.finish(result.count, "; writers waited \(milliseconds(result.pause)) ms")
            guard let copy = result.copy else { return .success }
            call.console.output.append(
                Bytes("Finished dry-run migration of refs, the result can be found at '") + copy.bytes + Bytes("'\n"))
            return .success
        } catch {
            throw .migration(Bytes(error.message))
        }
    }
}

private func milliseconds(_ time: Duration) -> Int64 {
    time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
}

extension CommandExit {
    /// `error: …`; git's `refs migrate` ends with -1.
    fileprivate static func migration(_ message: Bytes) -> CommandExit {
        CommandExit(status: ExitStatus(rawValue: 255), message: Diagnostic.line("error: ", message))
    }
}
