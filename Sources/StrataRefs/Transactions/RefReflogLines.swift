import StrataModel

/// Makes the reflog lines of a transaction.
struct RefReflogLines {
    let context: RefTransactionContext
    let algorithm: HashAlgorithm
    /// What the references of the transaction will hold, where symbolic ones are written.
    let final: [RefName: RefValue?]
    let held: any HeldRefs
    private var committer: Signature??

    init(
        context: RefTransactionContext, algorithm: HashAlgorithm, final: [RefName: RefValue?], held: any HeldRefs
    ) {
        self.context = context
        self.algorithm = algorithm
        self.final = final
        self.held = held
    }

    /// The line for `update`, or nil when none is due.
    mutating func line(for update: RefUpdate, _ edit: RefEdit) throws(RefError) -> ReflogEntry? {
        guard update.logOnly || update.writes, update.logging != .none else { return nil }
        let (old, new): (ObjectID?, ObjectID?)
        switch update.change {
        case .verify: return nil
        case .log(let from, let to): (old, new) = (from, to)
        case .delete:
            guard update.logOnly else { return nil }
            (old, new) = (update.oldID, nil)
        case .write(.object(let id)): (old, new) = (update.oldID, id)
        case .write(.symbolic(let target)):
            // Nothing can be said of a symbolic reference to nothing.
            guard let id = try resolve(target) else { return nil }
            (old, new) = (update.oldID, id)
        }
        let zero = ObjectID.zero(algorithm)
        let committer: Signature
        if let given = edit.committer {
            committer = given
        } else if let asked = try contextCommitter() {
            committer = asked
        } else {
            return nil
        }
        return ReflogEntry(
            old: old ?? zero, new: new ?? zero, committer: committer, message: ReflogMessage.normalize(edit.message))
    }

    private mutating func contextCommitter() throws(RefError) -> Signature? {
        if let committer { return committer }
        let asked = try context.committer()
        committer = .some(asked)
        return asked
    }

    /// What `name` will lead to after the transaction.
    private func resolve(_ name: RefName) throws(RefError) -> ObjectID? {
        do throws(RefResolutionFailure) {
            return try RefResolver.resolve(name) { name throws(RefError) in
                if let value = final[name] { return value }
                return try held.read(name)
            }.id
        } catch {
            if case .unreadable(let failure) = error { throw failure }
            return nil
        }
    }
}
