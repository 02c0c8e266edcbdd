import StrataModel

/// What can be said of an edit before any reference is read.
enum RefEditRules {
    /// Checks the name of an edit that asks for it. Git's function: `transaction_refname_valid`.
    static func checkName(_ name: RefName, _ change: RefEdit.Change) throws(RefError) {
        let isLog = if case .log = change { true } else { false }
        let what = isLog ? "reflog" : "ref"
        if name.isPseudoref {
            throw RefError(
                .invalid, "refusing to update \(isLog ? "reflog for " : "")pseudoref '\(name)'", reference: name)
        }
        let needsForm =
            switch change {
            case .log(_, let id): !id.isZero
            case .write, .delete, .verify: change.newID != nil
            }
        let isGood = needsForm ? name.isWellFormed : RefNameRules.isSafe(name.bytes.span)
        guard isGood, belongsSomewhere(name) else {
            throw RefError(.invalid, "refusing to update \(what) with bad name '\(name)'", reference: name)
        }
    }

    /// Whether a reference of that name would be one: git writes any file of the git dir that is named, `config` and `objects/xx` too.
    static func belongsSomewhere(_ name: RefName) -> Bool {
        switch name.place {
        case .shared: name.hasPrefix("refs/")
        case .current, .main, .linked: true
        case .stray: false
        }
    }

    /// Checks that a new object exists and suits its reference.
    static func checkObject(
        _ id: ObjectID, for name: RefName, in objects: any ObjectLookup
    ) throws(RefTransactionPlan.Verdict) {
        try checkKind(try kind(ofNew: id, for: name, in: objects), of: id, for: name)
    }

    /// The kind of a new object, which must exist.
    static func kind(
        ofNew id: ObjectID, for name: RefName, in objects: any ObjectLookup
    ) throws(RefTransactionPlan.Verdict) -> ObjectKind {
        var absent: String { "trying to write ref '\(name)' with nonexistent object \(id)" }
        let kind: ObjectKind?
        do throws(ObjectError) { kind = try objects.kind(of: id) } catch {
            // Git takes what it cannot read for absent. That would be a verdict on the edit, where there can be none.
            guard error.code == .corrupt else {
                throw .failed(RefError(.unavailable, absent, reference: name, path: error.file, cause: error))
            }
            kind = nil
        }
        guard let kind else { throw .rejected(RefRejection(.invalidNewValue, at: name, absent)) }
        return kind
    }

    /// Whether an object of that kind suits its reference.
    static func checkKind(_ kind: ObjectKind, of id: ObjectID, for name: RefName) throws(RefTransactionPlan.Verdict) {
        if kind != .commit && (name.isBranch || name == .head) {
            throw .rejected(
                RefRejection(
                    .invalidNewValue, at: name, "trying to write non-commit object \(id) to branch '\(name)'"))
        }
    }

    /// What a tag peels to.
    static func peel(
        _ id: ObjectID, for name: RefName, in objects: any ObjectLookup
    ) throws(RefTransactionPlan.Verdict) -> ObjectID? {
        do throws(ObjectError) { return try objects.peel(id)?.id } catch {
            // A broken tag peels to nothing, as with git; one that cannot be read now would be written down as one that does.
            if error.code == .corrupt { return nil }
            throw .failed(
                RefError(
                    .unavailable, "cannot read tag \(id) for ref '\(name)'", reference: name, path: error.file,
                    cause: error))
        }
    }
}
