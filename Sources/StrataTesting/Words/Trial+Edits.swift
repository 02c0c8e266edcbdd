import StrataIO
import StrataModel
import StrataRefs

/// Edits and transactions in the words of laws.
extension Trial {
    /// Who is written into reflogs.
    static let committer = Signature(
        name: Array("Kit Tester".utf8), email: Array("kit@example.com".utf8), seconds: 1_234_567_890,
        offsetMinutes: 90)

    func update(
        _ name: String, _ letter: Character, _ expected: ExpectedRefValue = .any, message: String = ""
    ) -> RefEdit { .update(ref(name), to: letters.id(letter), expecting: expected, message: message) }

    func create(_ name: String, _ letter: Character, message: String = "") -> RefEdit {
        .create(ref(name), at: letters.id(letter), message: message)
    }

    func delete(_ name: String, _ expected: ExpectedRefValue = .any) -> RefEdit {
        .delete(ref(name), expecting: expected)
    }

    func symbolic(_ name: String, _ target: String, _ expected: ExpectedRefValue = .any) -> RefEdit {
        .symbolic(ref(name), to: ref(target), expecting: expected)
    }

    func verify(_ name: String, _ expected: ExpectedRefValue) -> RefEdit {
        RefEdit(ref(name), .verify, expecting: expected)
    }

    /// The same edit of the reference itself, symbolic or not.
    func direct(_ edit: RefEdit) -> RefEdit {
        var edit = edit
        edit.followsSymbolic = false
        return edit
    }

    func context(
        _ policy: ReflogPolicy = .never, observers: [any RefTransactionObserver] = [], deadline: Deadline? = nil
    ) -> RefTransactionContext {
        RefTransactionContext(
            reflogs: capabilities.contains(.reflogs) ? policy : .never, observers: observers, deadline: deadline
        ) { () throws(RefError) in Self.committer }
    }

    /// Ends the law where the store cannot keep what `edits` speak of.
    func need(_ edits: [RefEdit]) throws {
        try need(edits.map(\.name))
        for edit in edits {
            guard case .write(.symbolic(let target)) = edit.change else { continue }
            try need(.symbolicRefs)
            try need(target)
        }
    }

    /// Commits `edits`, and says what came of it: `done`; `rejected: ` and the reason; `failed: ` and the kind of error; for a batch
    /// `done` or the reason of each edit.
    @discardableResult
    func commit(
        _ edits: [RefEdit], _ mode: RefTransaction.Mode = .atomic, _ context: RefTransactionContext? = nil
    ) throws -> String {
        try need(edits)
        return outcome(of: RefTransaction(edits, mode: mode), context ?? self.context())
    }

    func outcome(of transaction: RefTransaction, _ context: RefTransactionContext) -> String {
        do throws(RefError) {
            let result = try store.commit(transaction, context)
            if transaction.mode == .atomic { return result.isComplete ? "done" : "done in part" }
            return result.rejections.map { $0.map { "\($0.reason)" } ?? "done" }.joined(separator: ", ")
        } catch {
            if let rejection = error.rejection { return "rejected: \(rejection.reason)" }
            return "failed: \(error.code)"
        }
    }

    /// Commits what must succeed.
    func mustCommit(
        _ edits: [RefEdit], _ mode: RefTransaction.Mode = .atomic, _ context: RefTransactionContext? = nil
    ) throws {
        let outcome = try commit(edits, mode, context)
        try expect(outcome.split(separator: ", ").allSatisfy { $0 == "done" }, "a transaction is \(outcome)")
    }

    /// `edits` make of the references `before` what `change` says, nil for those that go, and leave the others.
    func expectChange(
        _ change: [String: String?], of before: [String: String], by edits: [RefEdit],
        _ mode: RefTransaction.Mode = .atomic
    ) throws {
        try seed(before)
        try mustCommit(edits, mode)
        var after = before
        for (name, value) in change { after[name] = value }
        try expectReferences(after)
    }

    /// Commits through the other door what must succeed.
    func change(_ edits: [RefEdit]) throws {
        try need(edits)
        guard writer.capabilities.contains(.writes) else {
            throw NotApplicable("nothing can be changed in the store; see checkRefStore(_:sharing:)")
        }
        try writer.commit(RefTransaction(edits), context())
    }

    /// A transaction that is decided and not committed.
    func prepare(_ edits: [RefEdit], _ context: RefTransactionContext? = nil) throws -> RefTransactionRun {
        try need(edits)
        let run = RefTransactionRun(RefTransaction(edits), on: store, context ?? self.context())
        try run.prepare()
        return run
    }

    /// Whether nobody holds `name`.
    func isFree(_ name: String) throws -> Bool {
        let held = try store.makeHold()
        defer { held.abort() }
        // Something else may be in the way of a name that nobody holds: a reference whose directory it would be.
        if case .busy?? = try held.hold([ref(name)], until: .now).first { return false }
        return true
    }
}
