import StrataModel

/// Makes the reflog lines of a transaction.
struct RefReflogLines {
    /// As ``RefTransactionContext/committer``.
    let committer: (@Sendable () throws(RefError) -> Signature?)?
    let algorithm: HashAlgorithm
    /// What the references of the transaction will hold, where symbolic ones are written.
    let final: [RefName: RefValue?]
    let held: any HeldRefs
    private var asked: Signature??

    init(
        committer: (@Sendable () throws(RefError) -> Signature?)?, algorithm: HashAlgorithm,
        final: [RefName: RefValue?], held: any HeldRefs
    ) {
        self.committer = committer
        self.algorithm = algorithm
        self.final = final
        self.held = held
        if committer == nil { asked = .some(nil) }
    }

    /// Whether it is known that there is nobody to write into lines where the edit does not say it.
    var isNobody: Bool { if case .some(nil) = asked { true } else { false } }

    /// The line for `update`, or nil when there is nothing to say.
    mutating func line(for update: RefUpdate, _ edit: RefEdit) throws(RefError) -> ReflogEntry? {
        let (old, new): (ObjectID?, ObjectID?)
        switch edit.change {
        case .verify: return nil
        case .log(let from, let to): (old, new) = (from, to)
        case .delete: (old, new) = (update.oldID, nil)
        case .write(.object): (old, new) = (update.oldID, edit.newID)
        case .write(.symbolic(let target)):
            // Nothing can be said of a symbolic reference to nothing.
            guard let id = try resolve(target) else { return nil }
            (old, new) = (update.oldID, id)
        }
        guard let committer = try author(of: edit) else { return nil }
        let zero = ObjectID.zero(algorithm)
        return ReflogEntry(
            old: old ?? zero, new: new ?? zero, committer: committer, message: ReflogMessage.normalize(edit.message))
    }

    private mutating func author(of edit: RefEdit) throws(RefError) -> Signature? {
        if let given = edit.committer { return given }
        if let asked { return asked }
        let committer = try committer?()
        asked = .some(committer)
        return committer
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
