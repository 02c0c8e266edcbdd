import StrataModel
import StrataRefs

/// One run of `update-ref --stdin`: reads commands and carries them out as they arrive.
struct UpdateRefBatch {
    private let values: UpdateRef.Values
    private let repository: CommandRepository
    private let console: Console
    private var session = UpdateRefSession()
    private var transaction: RefTransaction
    /// The transaction once it is prepared.
    private var prepared: RefTransactionRun?

    init(_ values: UpdateRef.Values, _ repository: CommandRepository, _ console: Console) {
        self.values = values
        self.repository = repository
        self.console = console
        transaction = RefTransaction(mode: values.batch ? .batched : .atomic)
    }

    /// Reads to the end of the input, which commits what no command has started, and aborts what one has.
    mutating func run() throws(CommandExit) {
        let reader = UpdateRefReader(console.input, nulTerminated: values.nulTerminated)
        var parser = UpdateRefParser(
            nulTerminated: values.nulTerminated, zero: .zero(repository.references.hashAlgorithm),
            noDeref: values.noDeref)
        let (resolve, console) = (repository.revision, console)
        while let text = try reader.next() {
            if try session.admit(text.keyword) { transaction.edits = [] }
            let command = try parser.parse(text, resolve: resolve) { console.errors.warning($0) }
            try perform(command)
        }
        switch session.state {
        case .open: try commit(prefix: "")
        case .started, .prepared: abort()
        case .closed: break
        }
    }

    private mutating func perform(_ command: UpdateRefCommand) throws(CommandExit) {
        switch command.action {
        case .optionNoDeref: return
        case .start: break
        case .prepare: try prepare()
        case .commit: try commit(prefix: "commit: ")
        case .abort: abort()
        default: return try queue(command)
        }
        // Whoever talks to us waits for the reply.
        console.output.append("\(command.action.word): ok\n")
        console.output.flush()
    }

    // MARK: Transactions

    private mutating func prepare() throws(CommandExit) {
        let run = RefTransactionRun(transaction, on: repository.references, repository.transactions)
        do throws(RefError) { try run.prepare() } catch { throw fatal("prepare: ", error) }
        prepared = run
    }

    private mutating func commit(prefix: String) throws(CommandExit) {
        let result: RefTransactionResult
        do throws(RefError) {
            if let run = prepared {
                result = try run.commit()
            } else {
                result = try repository.references.commit(transaction, repository.transactions)
            }
        } catch {
            throw fatal(prefix, error)
        }
        prepared = nil
        for case (let edit, let rejection?) in zip(transaction.edits, result.rejections) {
            report(rejection, of: edit, atOnce: false)
        }
    }

    private mutating func abort() {
        let run = prepared ?? RefTransactionRun(transaction, on: repository.references, repository.transactions)
        prepared = nil
        run.abort()
    }

    private func fatal(_ prefix: String, _ error: RefError) -> CommandExit {
        CommandExit(error, prefix: Bytes(prefix))
    }

    // MARK: Edits

    /// Adds an edit to the transaction, after what can be said of it alone.
    private mutating func queue(_ command: UpdateRefCommand) throws(CommandExit) {
        guard let edit = edit(command) else { return }
        do throws(RefError) {
            try edit.check(repository.transactions)
        } catch {
            guard let rejection = error.rejection, transaction.mode == .batched else { throw fatal("", error) }
            return report(rejection, of: edit, atOnce: true, isCreate: command.action.isCreate)
        }
        transaction.edits.append(edit)
    }

    private func edit(_ command: UpdateRefCommand) -> RefEdit? {
        let (name, change, expected): (RefName, RefEdit.Change, ExpectedRefValue)
        var mayCreateReflog = true
        switch command.action {
        case .update(let ref, let new, let old): (name, change, expected) = (ref, .write(.object(new)), .init(old))
        case .create(let ref, let new): (name, change, expected) = (ref, .write(.object(new)), .mustNotExist)
        case .symrefUpdate(let ref, let target, let old):
            (name, change) = (ref, .write(.symbolic(target)))
            switch old {
            case .oid(let id): expected = .init(id)
            case .target(let target): expected = .symbolic(target)
            case nil: expected = .any
            }
        case .symrefCreate(let ref, let target):
            (name, change, expected) = (ref, .write(.symbolic(target)), .mustNotExist)
        case .delete(let ref, let old):
            (name, change, expected) = (ref, .delete, .init(old))
            mayCreateReflog = false
        case .symrefDelete(let ref, let target):
            (name, change, expected) = (ref, .delete, target.map { .symbolic($0) } ?? .any)
            mayCreateReflog = false
        case .verify(let ref, let old):
            (name, change, expected) = (ref, .verify, .init(old))
            mayCreateReflog = false
        case .symrefVerify(let ref, let target):
            (name, change, expected) = (ref, .verify, target.map { .symbolic($0) } ?? .mustNotExist)
            mayCreateReflog = false
        case .optionNoDeref, .start, .prepare, .abort, .commit: return nil
        }
        return RefEdit(
            name, change, expecting: expected, followsSymbolic: !command.noDeref, message: values.message ?? [],
            logging: mayCreateReflog && values.createReflog ? .force : .standard)
    }

    // MARK: Rejections

    /// Prints `rejected <ref> <new> <old> <reason>`.
    ///
    /// What a symbolic reference was to name is known to git only when the edit is rejected `atOnce`; later it prints zeros. That
    /// `create` expects nothing to be there it knows only later.
    private func report(_ rejection: RefRejection, of edit: RefEdit, atOnce: Bool, isCreate: Bool = false) {
        if !rejection.message.isEmpty { console.errors.error(Bytes(rejection.message)) }
        let zero = ObjectID.zero(repository.references.hashAlgorithm).hex
        let new: String
        switch edit.change {
        case .write(.object(let id)): new = id.hex
        case .write(.symbolic(let target)): new = atOnce ? target.description : zero
        case .delete: new = zero
        case .verify, .log: new = "(null)"
        }
        let old: String
        switch edit.expected {
        case .mustNotExist where isCreate: old = "(null)"
        case .any, .mustExist: old = "(null)"
        case .mustNotExist: old = zero
        case .object(let id), .objectIfExists(let id): old = id.hex
        case .symbolic(let target): old = atOnce ? target.description : zero
        }
        let name = atOnce ? edit.name : rejection.reference
        console.output.append(
            Bytes("rejected ") + name.bytes + Bytes(" \(new) \(old) \(rejection.reason.text)\n"))
    }
}

extension UpdateRefCommand.Action {
    fileprivate var isCreate: Bool {
        switch self {
        case .create, .symrefCreate: true
        default: false
        }
    }

    /// The word of a command that gets a reply.
    fileprivate var word: String {
        switch self {
        case .start: "start"
        case .prepare: "prepare"
        case .commit: "commit"
        case .abort: "abort"
        default: ""
        }
    }
}
