import StrataIO
import StrataModel
import StrataObjects
import StrataRepository
import SystemPackage

/// `count-objects`: how many objects there are, and what they take.
extension Verb {
    static let countObjects = Verb(
        name: "count-objects", summary: "Count unpacked number of objects and their disk consumption",
        usage: { CountObjects.options.usage(full: false) }, run: CountObjects.run)
}

enum CountObjects {
    struct Values {
        var isVerbose = false
        var isForPeople = false
    }

    static let options = OptionTable<Values>(
        synopsis: ["strata count-objects [-v] [-H | --human-readable]"],
        options: [
            .flag("v", "verbose", "be verbose") { $0.isVerbose = $1 },
            .flag("H", "human-readable", "print sizes in human readable format") { $0.isForPeople = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.openWhole(options, &values)
        guard operands.isEmpty else { throw options.misuse() }
        let (output, errors) = (call.console.output, call.console.errors)
        let names = ObjectPathNames(repository)
        do throws(ObjectError) {
            guard values.isVerbose else {
                let counts = try repository.objects.counts()
                let size =
                    values.isForPeople
                    ? HumanSize(UInt64(counts.looseSize)).description : "\(counts.looseSize / 1024) kilobytes"
                output.append("\(counts.loose) objects, \(size)\n")
                return .success
            }
            let alternates = repository.objects.alternates()
            for problem in alternates.problems { errors.error(Bytes(problem.cause)) }
            for path in strayFiles(repository) { errors.warning(Bytes("garbage found: ") + path) }
            var counts = try repository.objects.counts { path, reason in
                errors.warning(Bytes("\(reason.rawValue): ") + names.shown(path))
            }
            counts.garbage += strayFiles(repository).count
            tell(counts, values, output)
            for path in alternates.directories {
                var line = Bytes("alternate: ")
                CQuoting.append(path.bytes, fully: try quotesFully(repository), to: &line)
                output.append(line + [0x0a])
            }
            return .success
        } catch {
            throw .fatal("\(error)")
        }
    }

    private static func tell(_ counts: ObjectCounts, _ values: Values, _ output: OutputBuffer) {
        func size(_ bytes: Int64) -> String {
            values.isForPeople ? HumanSize(UInt64(bytes)).description : "\(bytes / 1024)"
        }
        output.append(
            """
            count: \(counts.loose)
            size: \(size(counts.looseSize))
            in-pack: \(counts.packed)
            packs: \(counts.packs)
            size-pack: \(size(counts.packSize))
            prune-packable: \(counts.prunePackable)
            garbage: \(counts.garbage)
            size-garbage: \(size(counts.garbageSize))

            """)
    }

    private static func quotesFully(_ repository: Repository) throws(ObjectError) -> Bool {
        do throws(RepositoryError) { return try repository.config.bool("core.quotepath") ?? true } catch {
            throw ObjectError(.unavailable, "\(error)")
        }
    }

    /// What lies in the git dir of a linked worktree, where git looks for it in the common one only. Git's function: `report_linked_checkout_garbage`.
    private static func strayFiles(_ repository: Repository) -> [Bytes] {
        guard repository.location.isLinkedWorktree else { return [] }
        let names = [
            "branches", "common", "hooks", "info", "info/sparse-checkout", "logs/refs/bisect", "logs/refs/rewritten",
            "logs/refs/worktree", "lost-found",
            "objects", "refs", "refs/bisect", "refs/rewritten", "refs/worktree", "remotes", "worktrees", "rr-cache",
            "svn", "config", "packed-refs", "shallow",
        ]
        return names.compactMap { name in
            let path = repository.location.gitDirectory.appending(name)
            guard (try? FileStat.lstat(path)).flatMap({ $0 }) != nil else { return nil }
            return repository.location.gitDirectoryName + Bytes("/\(name)")
        }
    }
}

/// Paths of objects as git writes them: below the object directory as it calls that.
struct ObjectPathNames {
    private let directory: Bytes
    private let name: Bytes

    init(_ repository: Repository) {
        directory = repository.location.objectDirectory.bytes
        let given = repository.environment.value("GIT_OBJECT_DIRECTORY")
        name = given ?? repository.location.commonDirectoryName + Bytes("/objects")
    }

    func shown(_ path: FilePath) -> Bytes {
        let bytes = path.bytes
        guard bytes.starts(with: directory), bytes.dropFirst(directory.count).first == UInt8(ascii: "/") else {
            return bytes
        }
        return name + bytes[directory.count...]
    }
}
