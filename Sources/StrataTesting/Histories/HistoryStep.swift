import StrataModel
import StrataRefs

/// One step of a history: something that is done to a store and to the model alike, after which both must hold the same.
enum HistoryStep: Sendable {
    /// A transaction, through the other door if there is one and it says so; an observer may refuse it.
    case transact(RefTransaction, ReflogPolicy, refusing: RefTransactionPhase?, throughWriter: Bool)
    /// Transactions that are handed over together.
    case submit([RefTransaction], ReflogPolicy)
    /// A transaction that is decided and not committed.
    case abandon(RefTransaction)
    /// One cursor, sought from scope to scope, of each of which some names are read.
    case walk([Walk])
    /// Every `every`th line of a reflog goes.
    case expire(RefName, every: Int, rewrite: Bool)
    /// An empty reflog is made for a reference.
    case makeLog(RefName)
    case dropLog(RefName)
    /// What changes nothing that can be seen, such as packing.
    case upkeep
    /// A snapshot is taken and kept.
    case keepSnapshot
    /// The snapshots that were kept are looked at.
    case checkSnapshots

    struct Walk: Sendable {
        var scope: RefScope
        var count: Int
    }

    /// What the step says that it does, ids as letters.
    func text(_ letters: Letters) -> String {
        switch self {
        case .transact(let transaction, let policy, let refusing, let throughWriter):
            (throughWriter ? "beside it, " : "") + transaction.text(letters) + "; reflogs: \(policy)"
                + (refusing.map { "; refused when \($0.rawValue)" } ?? "")
        case .submit(let transactions, let policy):
            "together " + transactions.map { "{ \($0.text(letters)) }" }.joined(separator: ", ")
                + "; reflogs: \(policy)"
        case .abandon(let transaction): "prepared and dropped: " + transaction.text(letters)
        case .walk(let walks):
            "walk " + walks.map { "\($0.count) of \($0.scope.words)" }.joined(separator: ", then ")
        case .expire(let name, let every, let rewrite):
            "expire every \(every). line of \(escaped(name.bytes))" + (rewrite ? ", rewriting" : "")
        case .makeLog(let name): "make the reflog of \(escaped(name.bytes))"
        case .dropLog(let name): "delete the reflog of \(escaped(name.bytes))"
        case .upkeep: "upkeep"
        case .keepSnapshot: "keep a snapshot"
        case .checkSnapshots: "look at the kept snapshots"
        }
    }
}

extension RefTransaction {
    fileprivate func text(_ letters: Letters) -> String {
        "\(mode): " + edits.map { $0.text(letters) }.joined(separator: "; ")
    }
}

extension RefEdit {
    fileprivate func text(_ letters: Letters) -> String {
        let name = escaped(name.bytes)
        let what =
            switch change {
            case .verify: "verify \(name)"
            case .write(.object(let id)): "\(name) = \(letters.text(id))"
            case .write(.symbolic(let target)): "\(name) = ref: \(escaped(target.bytes))"
            case .delete: "delete \(name)"
            case .log(let old, let new): "log \(letters.text(old)) \(letters.text(new)) of \(name)"
            }
        var notes: [String] = []
        switch expected {
        case .any: break
        case .mustExist: notes.append("must exist")
        case .mustNotExist: notes.append("must not exist")
        case .object(let id): notes.append("must be \(letters.text(id))")
        case .symbolic(let target): notes.append("must be ref: \(escaped(target.bytes))")
        case .objectIfExists(let id): notes.append("must be \(letters.text(id)) if it exists")
        }
        if !followsSymbolic { notes.append("itself") }
        if logging != .standard { notes.append("log \(logging)") }
        return notes.isEmpty ? what : what + " (" + notes.joined(separator: ", ") + ")"
    }
}

extension RefScope {
    fileprivate var words: String {
        var text = "'\(escaped(prefix))'"
        if !lowerBound.isEmpty { text += " from '\(escaped(lowerBound))'" }
        if !excluded.isEmpty { text += " without " + excluded.map { "'\(escaped($0))'" }.joined(separator: " and ") }
        return text
    }
}
