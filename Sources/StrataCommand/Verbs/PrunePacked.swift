import StrataIO
import StrataModel
import StrataObjects
import StrataRepository
import SystemPackage

/// `prune-packed`: removes loose objects that are in packs.
extension Verb {
    static let prunePacked = Verb(
        name: "prune-packed", summary: "Remove extra objects that are already in pack files",
        usage: { PrunePacked.options.usage(full: false) }, run: PrunePacked.run)
}

enum PrunePacked {
    struct Values {
        var isDryRun = false
        var isQuiet = false
    }

    static let options = OptionTable<Values>(
        synopsis: ["strata prune-packed [-n | --dry-run] [-q | --quiet]"],
        options: [
            .flag("n", "dry-run", "dry run") { $0.isDryRun = $1 },
            .flag("q", "quiet", "be quiet") { $0.isQuiet = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.openWhole(options, &values)
        guard operands.isEmpty else {
            throw options.misuse(Diagnostic.line("fatal: ", Bytes("too many arguments")) + [0x0a])
        }
        let (output, errors) = (call.console.output, call.console.errors)
        let names = ObjectPathNames(repository)
        for problem in repository.objects.alternates().problems { errors.error(Bytes(problem.cause)) }
        let progress = Progress("Removing duplicate objects", of: 256, errors)
        do throws(ObjectError) {
            try repository.objects.prunePacked(dryRun: values.isDryRun) { _, path, failure in
                let shown = names.shown(path)
                if values.isDryRun {
                    output.append(Bytes("rm -f ") + shown + [0x0a])
                } else if let failure {
                    errors.warning(Bytes("unable to unlink '") + shown + Bytes("': \(failure.errno.description)"))
                }
            } progress: {
                if !values.isQuiet { progress.show($0) }
            }
            if !values.isQuiet { progress.finish(256) }
            return .success
        } catch {
            throw .fatal("\(error)")
        }
    }
}
