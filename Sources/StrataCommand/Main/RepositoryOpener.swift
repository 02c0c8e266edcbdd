import StrataFiles
import StrataIO
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
        let repository = try repository(invocation, errors)
        do throws(RepositoryError) { return try verbs(on: repository, errors) } catch { throw CommandExit(error) }
    }

    /// The repository itself.
    ///
    /// - Throws: git's fatal message when there is none, or it cannot be opened.
    static func repository(_ invocation: Invocation, _ errors: ErrorStream) throws(CommandExit) -> Repository {
        do throws(RepositoryError) { return try open(try invocation.environment(), errors) } catch {
            throw CommandExit(error)
        }
    }

    /// The repository itself; nil where there is none.
    static func repositoryIfAny(_ invocation: Invocation, _ errors: ErrorStream) throws(CommandExit) -> Repository? {
        do throws(RepositoryError) { return try open(try invocation.environment(), errors) } catch {
            if error.code == .notARepository || error.code == .crossedMountPoint { return nil }
            throw CommandExit(error)
        }
    }

    private static func open(
        _ environment: RepositoryEnvironment, _ errors: ErrorStream
    ) throws(RepositoryError) -> Repository {
        // An abbreviation means what it means to git, which does not look again either.
        let repository = try Repository(environment: environment, refresh: .whenMissingOnly)
        for name in repository.config.keysWithoutSection {
            errors.error(Bytes("key does not contain a section: ") + name)
        }
        let warnings =
            repository.location.warnings + repository.settings.warnings + repository.objectSettings.warnings
        for warning in warnings { errors.warning(Bytes(warning)) }
        return repository
    }

    private static func verbs(
        on repository: Repository, _ errors: ErrorStream
    ) throws(RepositoryError) -> CommandRepository {
        let configuredDigits = try repository.config.abbreviation()
        var result = CommandRepository(
            references: repository.refs, objects: repository.objects, transactions: repository.transactionContext(),
            find: { text throws(CommandExit) in try find(text, in: repository, errors) },
            uniqueDigits: { id, minimum throws(CommandExit) in
                try asking { () throws(ObjectError) in
                    try repository.objects.abbreviationLength(
                        of: id, minimum: minimum.map(Int.init) ?? configuredDigits)
                }
            },
            pack: { request throws(CommandExit) in try pack(repository, request, errors) },
            sweep: { () throws(CommandExit) in try sweep(repository) })
        result.status = { () throws(RefError) in try StoreStatusText.lines(of: repository) }
        result.contents = { replaced throws(CommandExit) in
            guard replaced else {
                do throws(RepositoryError) { _ = try repository.config.bool("core.usereplacerefs") } catch {
                    throw CommandExit(error)
                }
                return repository.objects
            }
            do throws(ObjectError) {
                return try repository.readObjects { errors.warning(Bytes($0)) }
            } catch {
                throw .fatal(error.cause)
            }
        }
        result.explainUnknown = { text throws(CommandExit) in try UnknownObject.explain(text, in: repository) }
        result.quotesPathsFully = { () throws(CommandExit) in
            do throws(RepositoryError) { return try repository.config.bool("core.quotepath") ?? true } catch {
                throw CommandExit(error)
            }
        }
        result.migrate = { request throws(RefError) in try repository.migrateReferences(request) }
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
    private static func find(
        _ text: Bytes, in repository: Repository, _ errors: ErrorStream
    ) throws(CommandExit) -> FoundObject {
        if text.count == repository.hashAlgorithm.hexCount, let id = ObjectID(hex: text.span) {
            return .found(id, mode: nil)
        }
        _ = try warnsOfAmbiguity(repository.settings)
        let resolver: RevisionResolver
        do throws(RefError) {
            resolver = try repository.revisions { errors.warning(Bytes($0)) }
        } catch {
            throw .fatal(error.message)
        }
        do throws(RevisionFailure) {
            return try resolver.locate(text).map { .found($0.id, mode: $0.mode) } ?? .missing
        } catch {
            switch error {
            case .expression(.unsupported(let syntax)): throw .unsupported(syntax)
            case .expression(.lookup(let error)) where error.concernsReplacements: throw .fatal(error.cause)
            case .expression(let failure):
                errors.error(failure.message)
                return .missing
            case .reference(let failure): throw .fatal(failure.message)
            case .logTooShort(let name, let entries):
                throw .fatal(Bytes("log for '") + name + Bytes("' only has \(entries) entries"))
            case .logEmpty(let name): throw .fatal("log for \(name) is empty")
            case .ambiguous(let digits, let candidates):
                errors.error(Bytes("short object ID ") + digits + Bytes(" is ambiguous"))
                errors.write(Bytes("hint: The candidates are:\n"))
                for id in candidates { errors.write(Bytes("hint:   \(id)\n")) }
                return .ambiguous
            case .relativePathOutside: throw .fatal("relative path syntax can't be used outside working tree")
            case .pathOutside(let path, let top):
                throw .fatal(Bytes("'") + path + Bytes("' is outside repository at '\(top)'"))
            }
        }
    }

    // MARK: store sweep

    private static func sweep(_ repository: Repository) throws(CommandExit) -> (done: [String], failures: [String]) {
        guard let intents = repository.files?.loose.intents else { return ([], []) }
        do throws(RefError) {
            let sweep = try intents.sweep()
            return (StoreSweepText.lines(of: sweep), sweep.locks.failures.map(\.description))
        } catch {
            throw CommandExit(error)
        }
    }

    // MARK: pack-refs

    private static func pack(
        _ repository: Repository, _ request: PackRefsRequest, _ errors: ErrorStream
    ) throws(CommandExit) {
        do throws(RefError) {
            let options = PackRefsOptions(
                includes: request.includes, excludes: request.excludes, prunes: request.prune, isAuto: request.auto)
            // A database is packed as it is.
            guard let files = repository.files else { return }
            let result = try files.packRefs(options, objects: repository.objects)
            for name in result.broken { errors.error(name.bytes + Bytes(" does not point to a valid object!")) }
            for problem in result.problems { errors.error(Bytes(problem.message)) }
        } catch {
            throw CommandExit(error)
        }
    }
}
