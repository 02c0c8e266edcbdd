import StrataFiles
import StrataModel
import StrataObjects
import StrataRefs
import StrataRepository

/// Opens the repository that an invocation means, for the verbs.
enum RepositoryOpener {
    /// The value of an environment variable.
    static func variable(_ name: Bytes) -> Bytes? {
        (try? RepositoryEnvironment.process())?.value(String(decoding: name, as: UTF8.self))
    }

    /// - Throws: git's fatal message when there is none, or it cannot be opened.
    static func open(_ invocation: Invocation, _ errors: ErrorStream) throws(CommandExit) -> CommandRepository {
        do throws(RepositoryError) {
            let repository = try Repository(environment: try invocation.environment())
            for name in repository.config.keysWithoutSection {
                errors.error(Bytes("key does not contain a section: ") + name)
            }
            for warning in repository.location.warnings + repository.settings.warnings {
                errors.warning(Bytes(warning))
            }
            return try verbs(on: repository, errors)
        } catch {
            throw CommandExit(error)
        }
    }

    private static func verbs(
        on repository: Repository, _ errors: ErrorStream
    ) throws(RepositoryError) -> CommandRepository {
        let configuredDigits = try repository.config.abbreviation()
        var result = CommandRepository(
            references: repository.refs, objects: repository.objects, transactions: repository.transactionContext(),
            revision: { text throws(CommandExit) in try resolve(text, in: repository, errors) },
            uniqueDigits: { id, minimum throws(CommandExit) in
                try asking { () throws(ObjectLookupError) in
                    try repository.objects.abbreviationLength(
                        of: id, minimum: minimum.map(Int.init) ?? configuredDigits)
                }
            },
            pack: { request throws(CommandExit) in try pack(repository, request, errors) })
        result.warnsOfAmbiguity = { () throws(CommandExit) in try warnsOfAmbiguity(repository.settings) }
        result.versionSuffixes = { versionSuffixes(repository.config, errors) }
        return result
    }

    // MARK: Configuration

    private static func warnsOfAmbiguity(_ settings: RefSettings) throws(CommandExit) -> Bool {
        do throws(RepositoryError) { try settings.require(.ambiguousNames) } catch { throw CommandExit(error) }
        return settings.warnsOfAmbiguousNames
    }

    /// `versionsort.suffix`, or what it was called before. One without a value is an error that ends nothing, and then there are none.
    private static func versionSuffixes(_ config: Config, _ errors: ErrorStream) -> [Bytes] {
        for key in ["versionsort.suffix", "versionsort.prereleasesuffix"] {
            let entries = config.entries(key)
            let values = entries.compactMap(\.value)
            if values.count < entries.count {
                errors.error(Bytes("missing value for '\(key)'"))
                return []
            }
            if !values.isEmpty { return values }
        }
        return []
    }

    // MARK: Revisions

    /// The object that `text` names; what git says before it gives up goes to `errors`.
    private static func resolve(
        _ text: Bytes, in repository: Repository, _ errors: ErrorStream
    ) throws(CommandExit) -> ObjectID? {
        if text.count == repository.hashAlgorithm.hexCount, let id = ObjectID(hex: text.span) { return id }
        _ = try warnsOfAmbiguity(repository.settings)
        let resolver: RevisionResolver
        do throws(RefError) {
            resolver = try repository.revisions { errors.warning(Bytes($0)) }
        } catch {
            throw .fatal(error.message)
        }
        do throws(RevisionFailure) {
            return try resolver.resolve(text)
        } catch {
            switch error {
            case .expression(.unsupported(let syntax)): throw .unsupported(syntax)
            case .expression(let failure):
                errors.error(failure.message)
                return nil
            case .reference(let failure): throw .fatal(failure.message)
            case .logTooShort(let name, let entries):
                throw .fatal(Bytes("log for '") + name + Bytes("' only has \(entries) entries"))
            case .logEmpty(let name): throw .fatal("log for \(name) is empty")
            case .ambiguous(let digits, let candidates):
                errors.error(Bytes("short object ID ") + digits + Bytes(" is ambiguous"))
                errors.write(Bytes("hint: The candidates are:\n"))
                for id in candidates { errors.write(Bytes("hint:   \(id)\n")) }
                return nil
            }
        }
    }

    // MARK: pack-refs

    private static func pack(
        _ repository: Repository, _ request: PackRefsRequest, _ errors: ErrorStream
    ) throws(CommandExit) {
        do throws(RefError) {
            let options = PackRefsOptions(
                includes: request.includes, excludes: request.excludes, prunes: request.prune, isAuto: request.auto)
            let result = try repository.files.packRefs(options, objects: repository.objects)
            for name in result.broken { errors.error(name.bytes + Bytes(" does not point to a valid object!")) }
            for problem in result.problems { errors.error(Bytes(problem.message)) }
        } catch {
            throw CommandExit(error)
        }
    }
}
