import StrataModel

/// One step of a transaction while it is decided: an edit of the caller's, or one split off it. What the edit asks for stays in the edit.
struct RefUpdate {
    /// Of one that was split off; nil = that of the edit. Most are of edits, and counting references to their names once more takes longer than all else here.
    let ownName: RefName?
    /// The caller's edit that this comes from.
    let edit: Int
    /// The update that this was split off, which came first.
    let parent: Int?
    let kind: Kind
    let logging: RefEdit.Logging
    /// Only the reflog is written.
    var logOnly: Bool
    var followsSymbolic: Bool
    /// An ancestor is an edit of HEAD itself, whose reflog is taken care of.
    let viaHead: Bool
    /// The line of HEAD's reflog for a change of the branch that HEAD names. It expects nothing.
    let isHeadLog: Bool
    /// Whether the value is really written.
    var writes = false
    /// Whether the name does not exist: it must not get in the way of those that do.
    var isNew = false

    /// What the name holds, read under the hold.
    var found: RefValue?
    /// What the reference led to before.
    var oldID: ObjectID?

    /// What is to happen. A zero id deletes.
    enum Kind { case verify, object, symbolic, delete, log }

    init(edit index: Int, _ edit: borrowing RefEdit) {
        ownName = nil
        self.edit = index
        parent = nil
        kind = edit.kind
        logging = edit.logging
        viaHead = false
        isHeadLog = false
        logOnly = kind == .log
        followsSymbolic = edit.followsSymbolic && !logOnly
    }

    /// The update of the referent of a symbolic reference, `symbolic`.
    init(referent name: RefName, of parent: RefUpdate, _ symbolic: RefName, at index: Int) {
        ownName = name
        edit = parent.edit
        self.parent = index
        kind = parent.kind
        logging = parent.logging
        logOnly = false
        followsSymbolic = true
        viaHead = parent.viaHead || symbolic == .head
        isHeadLog = false
    }

    /// The line of HEAD's reflog for `branch`, which HEAD names.
    init(headLogOf branch: RefUpdate, at index: Int) {
        ownName = .head
        edit = branch.edit
        parent = index
        kind = branch.kind
        logging = branch.logging
        logOnly = true
        followsSymbolic = false
        viaHead = true
        isHeadLog = true
    }

    var deletes: Bool { kind == .delete }

    /// Whether the value is to be changed at all.
    var changesValue: Bool { kind != .verify && kind != .log }

    /// Whether HEAD's reflog gets a line where HEAD names what is updated.
    var movesHead: Bool { changesValue && !logOnly && !viaHead && logging != .none }

    /// Whether the update, of a symbolic reference, may go on to `referent`: as if the caller had named that.
    func mayReach(_ referent: RefName) -> Bool {
        guard RefEditRules.belongsSomewhere(referent) else { return false }
        return !referent.isPseudoref && (kind != .object || referent.isWellFormed)
    }
}

extension RefEdit {
    fileprivate var kind: RefUpdate.Kind {
        switch change {
        case .verify: .verify
        case .write(.object): newID == nil ? .delete : .object
        case .write(.symbolic): .symbolic
        case .delete: .delete
        case .log: .log
        }
    }

    var deletes: Bool { kind == .delete }

    var newID: ObjectID? { change.newID }
}

extension RefEdit.Change {
    /// The object id that is to be written, if it is one. Zeros are none: they delete.
    var newID: ObjectID? {
        if case .write(.object(let id)) = self, !id.isZero { return id }
        return nil
    }
}
