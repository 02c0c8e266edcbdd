public import StrataModel

/// What a reference is to become.
public enum RefTarget: Sendable, Hashable {
    /// The reference holds an object id. A zero id deletes.
    case object(ObjectID)
    /// The reference names another. Well formed or not, as `git symbolic-ref` allows.
    case symbolic(RefName)
}

/// What a reference must hold for an edit to be accepted.
public enum ExpectedRefValue: Sendable, Hashable {
    /// Anything, or nothing.
    case any
    /// Something, whatever it is.
    case mustExist
    /// Nothing.
    case mustNotExist
    /// This object id (through symbolic references, whether or not the edit itself goes through them).
    case object(ObjectID)
    /// A symbolic reference to this name.
    case symbolic(RefName)
    /// This object id, or nothing.
    case objectIfExists(ObjectID)
}

/// One change or check of one reference.
public struct RefEdit: Sendable, Hashable {
    /// What is to happen.
    public enum Change: Sendable, Hashable {
        /// Nothing: only the expected value is checked.
        case verify
        /// The reference becomes this.
        case write(RefTarget)
        /// The reference and its reflog go.
        case delete
        /// A line is added to the reflog, nothing else. The ids are as given.
        case log(old: ObjectID, new: ObjectID)
    }

    /// Whether a reflog line is written.
    public enum Logging: Sendable, Hashable {
        /// Where the reflog exists, or settings say that it is to be made.
        case standard
        /// Always; the reflog is made if need be.
        case force
        /// Never, nor one for HEAD.
        case none
    }

    public var name: RefName
    public var change: Change
    public var expected: ExpectedRefValue
    /// Whether a symbolic reference is followed and its referent changed.
    public var followsSymbolic: Bool
    public var message: [UInt8]
    public var logging: Logging
    /// Whether to check that the new object exists, and that a branch gets a commit.
    public var checksObject: Bool
    /// Whether to check the form of the name; without, a safe name is enough. For migrations, which carry broken names along.
    public var checksName: Bool
    /// Who is written into the reflog; nil = the context's committer.
    public var committer: Signature?

    public init(
        _ name: RefName, _ change: Change, expecting expected: ExpectedRefValue = .any, followsSymbolic: Bool = true,
        message: [UInt8] = [], logging: Logging = .standard
    ) {
        self.name = name
        self.change = change
        self.expected = expected
        self.followsSymbolic = followsSymbolic
        self.message = message
        self.logging = logging
        checksObject = true
        checksName = true
    }

    /// Sets `name` to `id`, creating it if need be.
    public static func update(
        _ name: RefName, to id: ObjectID, expecting expected: ExpectedRefValue = .any, message: String = ""
    ) -> RefEdit {
        RefEdit(name, .write(.object(id)), expecting: expected, message: Array(message.utf8))
    }

    /// Creates `name`, which must not exist.
    public static func create(_ name: RefName, at id: ObjectID, message: String = "") -> RefEdit {
        update(name, to: id, expecting: .mustNotExist, message: message)
    }

    /// Deletes `name` and its reflog.
    public static func delete(
        _ name: RefName, expecting expected: ExpectedRefValue = .any, message: String = ""
    ) -> RefEdit {
        RefEdit(name, .delete, expecting: expected, message: Array(message.utf8))
    }

    /// Makes `name` a symbolic reference to `target`.
    public static func symbolic(
        _ name: RefName, to target: RefName, expecting expected: ExpectedRefValue = .any, message: String = ""
    ) -> RefEdit {
        RefEdit(
            name, .write(.symbolic(target)), expecting: expected, followsSymbolic: false, message: Array(message.utf8))
    }
}

/// Edits that are decided together.
public struct RefTransaction: Sendable {
    public enum Mode: Sendable, Hashable {
        /// All or nothing.
        case atomic
        /// Edits that are rejected do not hold the others back.
        case batched
    }

    public var edits: [RefEdit]
    public var mode: Mode

    public init(_ edits: [RefEdit] = [], mode: Mode = .atomic) {
        self.edits = edits
        self.mode = mode
    }
}

/// What became of a transaction's edits, in their order: nil = done, or why not.
public struct RefTransactionResult: Sendable {
    /// Put together at each call.
    public var rejections: [RefRejection?] {
        var all = [RefRejection?](repeating: nil, count: count)
        for (edit, rejection) in rejected { all[edit] = rejection }
        return all
    }

    private let count: Int
    /// By edit: mostly there are none.
    private let rejected: [Int: RefRejection]

    public init(rejections: [RefRejection?]) {
        count = rejections.count
        rejected = Dictionary(
            uniqueKeysWithValues: rejections.enumerated().compactMap { edit, why in why.map { (edit, $0) } })
    }

    init(of count: Int, _ rejected: [Int: RefRejection]) {
        self.count = count
        self.rejected = rejected
    }

    /// Whether every edit was done.
    public var isComplete: Bool { rejected.isEmpty }
}

/// An edit as a store carries it out: decided, with everything looked up.
public struct ResolvedRefEdit: Sendable {
    public enum Action: Sendable {
        /// The value stays; the name was held to check it or to add to its reflog.
        case keep
        /// The reference gets this value; never `.broken`.
        case write(RefValue)
        /// The reference goes, and its reflog.
        case delete
    }

    public let name: RefName
    public let action: Action
    /// What it holds, read under the hold.
    public let old: RefValue?
    /// The line for its reflog.
    public var reflog: ReflogEntry? { if case .entry(let entry) = line { entry } else { nil } }
    private let line: Line
    /// Whether the reflog is made when there is none.
    public let createsReflog: Bool
    /// Whether a new object id was looked up, so that a missing peeled id means that there is none.
    public let isPeelKnown: Bool

    /// Elsewhere: most of what an edit would take of memory would be for lines, which many have not.
    private indirect enum Line: Sendable {
        case none
        case entry(ReflogEntry)
    }

    public init(
        name: RefName, action: Action, old: RefValue?, reflog: ReflogEntry?, createsReflog: Bool,
        isPeelKnown: Bool = false
    ) {
        self.isPeelKnown = isPeelKnown
        self.name = name
        self.action = action
        self.old = old
        line = reflog.map { .entry($0) } ?? .none
        self.createsReflog = createsReflog
    }
}
