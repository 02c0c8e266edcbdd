import StrataModel
import StrataRefs

/// `update-ref`: creates, changes and deletes references, one by arguments or many by standard input.
extension Verb {
    static let updateRef = Verb(
        name: "update-ref", summary: "Update the object name stored in a ref safely",
        usage: { UpdateRef.options.usage(full: false) }, run: UpdateRef.run)
}

enum UpdateRef {
    struct Values {
        var message: Bytes?
        var delete = false
        var noDeref = false
        var nulTerminated = false
        var stdin = false
        var createReflog = false
        var batch = false
    }

    static let options = OptionTable<Values>(
        synopsis: [
            "strata update-ref [<options>] -d <refname> [<old-oid>]",
            "strata update-ref [<options>]    <refname> <new-oid> [<old-oid>]",
            "strata update-ref [<options>] --stdin [-z] [--batch-updates]",
        ],
        options: [
            .string("m", nil, "reason", "reason of the update") { $0.message = $1 },
            .flag("d", nil, "delete the reference") { $0.delete = $1 },
            .flag(nil, "no-deref", "update <refname> not the one it points to") { $0.noDeref = $1 },
            .flag("z", nil, "stdin has NUL-terminated arguments") { $0.nulTerminated = $1 },
            .flag(nil, "stdin", "read updates from stdin") { $0.stdin = $1 },
            .flag(nil, "create-reflog", "create a reflog") { $0.createReflog = $1 },
            .flag("0", "batch-updates", "batch reference updates") { $0.batch = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.open(options, &values)
        if values.message?.isEmpty ?? false { throw .fatal("Refusing to perform update with empty message.") }
        if values.stdin {
            if values.delete || !operands.isEmpty { throw options.misuse() }
            var batch = UpdateRefBatch(values, repository, call.console)
            try batch.run()
            return .success
        }
        if values.batch { throw .fatal("--batch-updates can only be used with --stdin") }
        if values.nulTerminated { throw options.misuse() }
        if values.delete {
            guard (1...2).contains(operands.count) else { throw options.misuse() }
            return try delete(operands, values, repository, call.console)
        }
        guard (2...3).contains(operands.count) else { throw options.misuse() }
        return try update(operands, values, repository)
    }

    /// The old value that is expected: nil when none is given; zeros when the reference must not exist.
    private static func old(_ operand: Bytes?, _ repository: CommandRepository) throws(CommandExit) -> ObjectID? {
        guard let operand else { return nil }
        if operand.isEmpty { return .zero(repository.references.hashAlgorithm) }
        guard let id = try repository.revision(operand) else {
            throw .fatal(operand + Bytes(": not a valid old SHA1"))
        }
        return id
    }

    private static func update(
        _ operands: [Bytes], _ values: Values, _ repository: CommandRepository
    ) throws(CommandExit) -> ExitStatus {
        guard let new = try repository.revision(operands[1]) else {
            throw .fatal(operands[1] + Bytes(": not a valid SHA1"))
        }
        let old = try old(operands.count > 2 ? operands[2] : nil, repository)
        let failed = Bytes("update_ref failed for ref '") + operands[0] + Bytes("': ")
        let name = new.isZero ? RefName(tolerating: operands[0]) : try? RefName(bytes: operands[0])
        guard let name else {
            throw .fatal(failed + Bytes("refusing to update ref with bad name '") + operands[0] + Bytes("'"))
        }
        let edit = RefEdit(
            name, .write(.object(new)), expecting: .init(old), followsSymbolic: !values.noDeref,
            message: values.message ?? [], logging: values.createReflog ? .force : .standard)
        do throws(RefError) {
            try repository.references.commit(RefTransaction([edit]), repository.transactions)
            return .success
        } catch {
            throw CommandExit(error, prefix: failed)
        }
    }

    private static func delete(
        _ operands: [Bytes], _ values: Values, _ repository: CommandRepository, _ console: Console
    ) throws(CommandExit) -> ExitStatus {
        let old = try old(operands.count > 1 ? operands[1] : nil, repository)
        guard let name = RefName(tolerating: operands[0]) else {
            console.errors.error(Bytes("refusing to update ref with bad name '") + operands[0] + Bytes("'"))
            return .failure
        }
        // Zeros have always meant "never mind" here.
        let expected: ExpectedRefValue = old.map { $0.isZero ? .any : .object($0) } ?? .any
        let edit = RefEdit(
            name, .delete, expecting: expected, followsSymbolic: !values.noDeref, message: values.message ?? [])
        return try repository.apply(edit, console)
    }
}

extension ExpectedRefValue {
    /// The expectation of an old value as git writes it: nil is none, zeros that nothing is there.
    init(_ old: ObjectID?) {
        guard let old else {
            self = .any
            return
        }
        self = old.isZero ? .mustNotExist : .object(old)
    }
}
