import StrataModel
import StrataRefs

/// `symbolic-ref`: what a symbolic reference names, and changing that.
extension Verb {
    static let symbolicRef = Verb(
        name: "symbolic-ref", summary: "Read, modify and delete symbolic refs",
        usage: { SymbolicRef.options.usage(full: false) }, run: SymbolicRef.run)
}

enum SymbolicRef {
    struct Values {
        var quiet = false
        var delete = false
        var short = false
        var recurse = true
        var message: Bytes?
    }

    static let options = OptionTable<Values>(
        synopsis: [
            "strata symbolic-ref [-m <reason>] <name> <ref>",
            "strata symbolic-ref [-q] [--short] [--no-recurse] <name>",
            "strata symbolic-ref --delete [-q] <name>",
        ],
        options: [
            .flag("q", "quiet", "suppress error message for non-symbolic (detached) refs") { $0.quiet = $1 },
            .flag("d", "delete", "delete symbolic ref") { $0.delete = $1 },
            .flag(nil, "short", "shorten ref output") { $0.short = $1 },
            .flag(nil, "recurse", "recursively dereference (default)") { $0.recurse = $1 },
            .string("m", nil, "reason", "reason of the update") { $0.message = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.open(options, &values)
        if values.message?.isEmpty ?? false { throw .fatal("Refusing to perform update with empty message") }
        if values.delete {
            guard operands.count == 1 else { throw options.misuse() }
            return try delete(operands[0], repository, call.console)
        }
        switch operands.count {
        case 1: return try show(operands[0], values, repository, call.console)
        case 2: return try set(operands[0], to: operands[1], values.message ?? [], repository, call.console)
        default: throw options.misuse()
        }
    }

    // MARK: Reading

    /// What the symbolic reference `bytes` names, in one step or at the end of the chain; nil when it is not symbolic.
    private static func target(
        of bytes: Bytes, recurse: Bool, in snapshot: any RefSnapshot
    ) throws(CommandExit) -> Bytes? {
        let none = CommandExit.fatal(Bytes("No such ref: ") + bytes)
        guard let name = try? RefName(bytes: bytes) else { throw none }
        if !recurse {
            switch try snapshot.raw(name) {
            case .symbolic(let target): return target
            case .broken: throw none
            case .object, nil: return nil
            }
        }
        do throws(RefResolutionFailure) {
            let end = try snapshot.resolve(name)
            return end.hops > 0 ? end.name.bytes : nil
        } catch {
            if case .unreadable(let failure) = error { throw .fatal(failure.message) }
            throw none
        }
    }

    private static func show(
        _ name: Bytes, _ values: Values, _ repository: CommandRepository, _ console: Console
    ) throws(CommandExit) -> ExitStatus {
        let snapshot = try repository.snapshot()
        guard var target = try target(of: name, recurse: values.recurse, in: snapshot) else {
            if values.quiet { return .failure }
            throw .fatal(Bytes("ref ") + name + Bytes(" is not a symbolic ref"))
        }
        if values.short {
            target = try RefShorthand.shorten(target, strict: false) { candidate throws(CommandExit) in
                try snapshot.exists(candidate)
            }
        }
        console.output.append(target + [0x0a])
        return .success
    }

    // MARK: Writing

    private static func delete(
        _ bytes: Bytes, _ repository: CommandRepository, _ console: Console
    ) throws(CommandExit) -> ExitStatus {
        guard try target(of: bytes, recurse: false, in: try repository.snapshot()) != nil,
            let name = try? RefName(bytes: bytes)
        else { throw .fatal(Bytes("Cannot delete ") + bytes + Bytes(", not a symbolic ref")) }
        if name == .head { throw .fatal("deleting 'HEAD' is not allowed") }
        return try repository.apply(RefEdit(name, .delete, followsSymbolic: false), console)
    }

    private static func set(
        _ bytes: Bytes, to target: Bytes, _ message: Bytes, _ repository: CommandRepository, _ console: Console
    ) throws(CommandExit) -> ExitStatus {
        if bytes.equals("HEAD") && !target.hasPrefix("refs/") {
            throw .fatal("Refusing to point HEAD outside of refs/")
        }
        guard let target = try? RefName(bytes: target) else {
            throw .fatal(Bytes("Refusing to set '") + bytes + Bytes("' to invalid ref '") + target + Bytes("'"))
        }
        guard let name = RefName(tolerating: bytes) else {
            console.errors.error(Bytes("refusing to update ref with bad name '") + bytes + Bytes("'"))
            return .failure
        }
        let edit = RefEdit(name, .write(.symbolic(target)), followsSymbolic: false, message: message)
        return try repository.apply(edit, console)
    }
}

extension RefSnapshot {
    /// Whether a reference stands at `bytes` that leads to an object id. Git's function: `refs_ref_exists`.
    func exists(_ bytes: Bytes) throws(CommandExit) -> Bool {
        guard let name = try? RefName(bytes: bytes) else { return false }
        return try readableID(name) != nil
    }
}

extension CommandRepository {
    /// Commits a transaction of one edit; a failure is printed as an error.
    func apply(_ edit: RefEdit, _ console: Console) throws(CommandExit) -> ExitStatus {
        do throws(RefError) {
            try references.commit(RefTransaction([edit]), transactions)
            return .success
        } catch {
            if let end = CommandExit(atOnce: error) { throw end }
            console.errors.error(Bytes(error.message))
            return .failure
        }
    }
}
