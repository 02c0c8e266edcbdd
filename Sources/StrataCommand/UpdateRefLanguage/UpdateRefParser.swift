import StrataModel

/// Makes commands of what ``UpdateRefReader`` reads, with git's messages for what is wrong.
/// Git's functions: `parse_cmd_update` and its siblings.
struct UpdateRefParser {
    let nulTerminated: Bool
    /// Zeros of the repository's hash: "no object".
    let zero: ObjectID
    /// Whether commands mean symbolic references themselves when no `option no-deref` says so: `--no-deref`.
    let noDerefByDefault: Bool
    private var noDeref: Bool

    init(nulTerminated: Bool, zero: ObjectID, noDeref: Bool) {
        self.nulTerminated = nulTerminated
        self.zero = zero
        noDerefByDefault = noDeref
        self.noDeref = noDeref
    }

    /// What a command's values mean, and where its warnings go.
    typealias Resolver = (Bytes) throws(CommandExit) -> ObjectID?

    /// Reads one command's arguments.
    ///
    /// - Parameters:
    ///   - resolve: the object that an expression names, or nil.
    ///   - warn: takes a warning.
    /// - Throws: git's fatal message.
    mutating func parse(
        _ text: UpdateRefReader.Text, resolve: Resolver, warn: (Bytes) -> Void
    ) throws(CommandExit) -> UpdateRefCommand {
        var arguments = UpdateRefArguments(text, nulTerminated: nulTerminated)
        let keyword = text.keyword
        let action: UpdateRefCommand.Action
        switch keyword {
        case .start: action = .start
        case .prepare: action = .prepare
        case .abort: action = .abort
        case .commit: action = .commit
        case .option:
            let option = arguments.rest
            guard arguments.skip("no-deref"), arguments.isAtEnd else {
                throw .fatal(Bytes("option unknown: ") + option)
            }
            noDeref = true
            return UpdateRefCommand(action: .optionNoDeref, noDeref: true)
        case .symrefDelete where !noDeref, .symrefVerify where !noDeref:
            throw .fatal("\(keyword.rawValue): cannot operate with deref mode")
        default:
            guard let name = try arguments.refname() else {
                throw .fatal("\(keyword.rawValue): missing <ref>")
            }
            let context = Bytes(keyword.rawValue) + [UInt8(ascii: " ")] + name.bytes
            action = try self.action(keyword, name, context, &arguments, resolve, warn)
            guard arguments.isAtEnd else { throw .fatal(context + Bytes(": extra input: ") + arguments.rest) }
        }
        defer { if keyword.argumentCount > 0 { noDeref = noDerefByDefault } }
        return UpdateRefCommand(action: action, noDeref: noDeref)
    }

    private func action(
        _ keyword: UpdateRefKeyword, _ name: RefName, _ context: Bytes, _ arguments: inout UpdateRefArguments,
        _ resolve: Resolver, _ warn: (Bytes) -> Void
    ) throws(CommandExit) -> UpdateRefCommand.Action {
        switch keyword {
        case .update:
            let new = try newValue(context, mayBeEmpty: true, &arguments, resolve, warn)
            return .update(name, new: new, old: try oldValue(context, &arguments, resolve))
        case .create:
            let new = try newValue(context, mayBeEmpty: false, &arguments, resolve, warn)
            if new.isZero { throw .fatal(context + Bytes(": zero <new-oid>")) }
            return .create(name, new: new)
        case .delete:
            let old = try oldValue(context, &arguments, resolve)
            if old?.isZero ?? false { throw .fatal(context + Bytes(": zero <old-oid>")) }
            return .delete(name, old: old)
        case .verify:
            return .verify(name, old: try oldValue(context, &arguments, resolve) ?? zero)
        case .symrefUpdate:
            let target = try newTarget(context, &arguments)
            return .symrefUpdate(name, target: target, old: try expectation(context, &arguments, resolve))
        case .symrefCreate:
            return .symrefCreate(name, target: try newTarget(context, &arguments))
        case .symrefDelete:
            return .symrefDelete(name, oldTarget: try arguments.nextRefname())
        case .symrefVerify:
            return .symrefVerify(name, oldTarget: try arguments.nextRefname())
        case .option, .start, .prepare, .abort, .commit:
            throw .fatal(Bytes("unknown command: ") + context)
        }
    }

    // MARK: Values

    private func newValue(
        _ context: Bytes, mayBeEmpty: Bool, _ arguments: inout UpdateRefArguments, _ resolve: Resolver,
        _ warn: (Bytes) -> Void
    ) throws(CommandExit) -> ObjectID {
        switch try arguments.nextValue(.new, context) {
        case .expression(let expression):
            if let id = try resolve(expression) { return id }
            throw .fatal(context + Bytes(": invalid <new-oid>: ") + expression)
        case .empty where !nulTerminated:
            return zero
        case .empty where mayBeEmpty:
            warn(context + Bytes(": missing <new-oid>, treating as zero"))
            return zero
        case .empty, .absent:
            throw .fatal(context + Bytes(": missing <new-oid>"))
        }
    }

    private func oldValue(
        _ context: Bytes, _ arguments: inout UpdateRefArguments, _ resolve: Resolver
    ) throws(CommandExit) -> ObjectID? {
        switch try arguments.nextValue(.old, context) {
        case .expression(let expression):
            if let id = try resolve(expression) { return id }
            throw .fatal(context + Bytes(": invalid <old-oid>: ") + expression)
        case .empty: return nulTerminated ? nil : zero
        case .absent: return nil
        }
    }

    private func newTarget(
        _ context: Bytes, _ arguments: inout UpdateRefArguments
    ) throws(CommandExit) -> RefName {
        guard let target = try arguments.nextRefname() else {
            throw .fatal(context + Bytes(": missing <new-target>"))
        }
        return target
    }

    private func expectation(
        _ context: Bytes, _ arguments: inout UpdateRefArguments, _ resolve: Resolver
    ) throws(CommandExit) -> UpdateRefCommand.SymrefExpectation? {
        guard let kind = try arguments.nextWord() else { return nil }
        guard let value = try arguments.nextWord() else { throw .fatal(context + Bytes(": expected old value")) }
        if kind.equals("oid") {
            guard let id = try resolve(value) else { throw .fatal(context + Bytes(": invalid oid: ") + value) }
            return .oid(id)
        }
        guard kind.equals("ref") else {
            throw .fatal(context + Bytes(": invalid arg '") + kind + Bytes("' for old value"))
        }
        do throws(RefNameError) {
            return .target(try RefName(bytes: value))
        } catch {
            throw .fatal(context + Bytes(": invalid ref: ") + value)
        }
    }
}
