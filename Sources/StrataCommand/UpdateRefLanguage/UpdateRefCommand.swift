package import StrataModel

/// One command of `update-ref --stdin`, its values resolved.
package struct UpdateRefCommand: Equatable {
    /// What a symbolic reference must have been before it is changed.
    package enum SymrefExpectation: Equatable {
        case oid(ObjectID)
        case target(RefName)
    }

    package enum Action: Equatable {
        /// No old value: whatever it was.
        case update(RefName, new: ObjectID, old: ObjectID?)
        case create(RefName, new: ObjectID)
        case delete(RefName, old: ObjectID?)
        /// An old value of zeros: the reference must not exist.
        case verify(RefName, old: ObjectID)
        case symrefUpdate(RefName, target: RefName, old: SymrefExpectation?)
        case symrefCreate(RefName, target: RefName)
        case symrefDelete(RefName, oldTarget: RefName?)
        /// No old target: the reference must not exist.
        case symrefVerify(RefName, oldTarget: RefName?)
        /// `option no-deref`: about the next command.
        case optionNoDeref
        case start
        case prepare
        case abort
        case commit
    }

    package let action: Action
    /// Whether a symbolic reference itself is meant, not what it points to.
    package let noDeref: Bool
}

/// The words that commands begin with.
enum UpdateRefKeyword: String, CaseIterable {
    case update
    case create
    case delete
    case verify
    case symrefUpdate = "symref-update"
    case symrefCreate = "symref-create"
    case symrefDelete = "symref-delete"
    case symrefVerify = "symref-verify"
    case option
    case start
    case prepare
    case abort
    case commit

    /// How many arguments the command has at most; with `-z` each of them takes a NUL of its own.
    var argumentCount: Int {
        switch self {
        case .symrefUpdate: 4
        case .update: 3
        case .create, .delete, .verify, .symrefCreate, .symrefDelete, .symrefVerify: 2
        case .option: 1
        case .start, .prepare, .abort, .commit: 0
        }
    }
}
