import StrataModel

/// One step of a transaction while it is decided: an edit of the caller's, or one split off it.
struct RefUpdate {
    let name: RefName
    /// The caller's edit that this comes from.
    let edit: Int
    /// The update that this was split off, which came first.
    let parent: Int?
    let expected: ExpectedRefValue
    let change: RefEdit.Change
    let logging: RefEdit.Logging
    /// Only the reflog is written.
    var logOnly: Bool
    var followsSymbolic: Bool
    /// An ancestor is an edit of HEAD itself, whose reflog is taken care of.
    let viaHead: Bool
    /// The line of HEAD's reflog for a change of the branch that HEAD names.
    let isHeadLog: Bool

    /// What the name holds, read under the hold.
    var found: RefValue?
    /// What the reference led to before.
    var oldID: ObjectID?
    /// Whether the value is really written.
    var writes = false

    init(edit index: Int, _ edit: RefEdit) {
        name = edit.name
        self.edit = index
        parent = nil
        expected = edit.expected
        logging = edit.logging
        viaHead = false
        isHeadLog = false
        followsSymbolic = edit.followsSymbolic
        if case .write(.object(let id)) = edit.change, id.isZero { change = .delete } else { change = edit.change }
        if case .log = edit.change { logOnly = true } else { logOnly = false }
        if logOnly { followsSymbolic = false }
    }

    /// The update of the referent of a symbolic reference.
    init(referent name: RefName, of parent: RefUpdate, at index: Int) {
        self.name = name
        edit = parent.edit
        self.parent = index
        expected = parent.expected
        change = parent.change
        logging = parent.logging
        logOnly = false
        followsSymbolic = true
        viaHead = parent.viaHead || parent.name == .head
        isHeadLog = false
    }

    /// The line of HEAD's reflog for `branch`, which HEAD names.
    init(headLogOf branch: RefUpdate, at index: Int) {
        name = .head
        edit = branch.edit
        parent = index
        expected = .any
        change = branch.change
        logging = branch.logging
        logOnly = true
        followsSymbolic = false
        viaHead = true
        isHeadLog = true
    }

    var deletes: Bool { change == .delete }

    /// Whether the value is to be changed at all.
    var changesValue: Bool {
        switch change {
        case .write, .delete: true
        case .verify, .log: false
        }
    }

    /// Whether the update, of a symbolic reference, may go on to `referent`: as if the caller had named that.
    func mayReach(_ referent: RefName) -> Bool {
        guard RefEditRules.belongsSomewhere(referent) else { return false }
        let needsForm = if case .write(.object) = change { true } else { false }
        return !referent.isPseudoref && (!needsForm || referent.isWellFormed)
    }

    /// Whether the reference holds the new id already, so that neither it nor its reflog is written.
    func isNoOp(_ id: ObjectID?) -> Bool {
        if case .write(.object(let new)) = change { return new == id }
        return false
    }
}
