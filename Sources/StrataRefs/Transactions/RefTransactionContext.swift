public import StrataIO
public import StrataModel

/// What a transaction needs to know of its surroundings.
public struct RefTransactionContext: Sendable {
    /// Asked whether new objects exist, and what tags peel to; nil = nothing is checked.
    public var objects: (any ObjectLookup)?
    /// Who is written into reflogs; asked at most once a transaction, and only when a line is to be written. nil = nobody: only edits that name somebody
    /// themselves are written into reflogs then.
    public var committer: (@Sendable () throws(RefError) -> Signature?)?
    public var reflogs: ReflogPolicy
    public var observers: [any RefTransactionObserver]
    /// How long to wait for locks; nil = as long as the store is configured to.
    public var deadline: Deadline?
    /// What a commit must have reached when it returns; nil = as the store is configured.
    public var durability: Durability?

    public init(
        objects: (any ObjectLookup)? = nil, reflogs: ReflogPolicy = .never,
        observers: [any RefTransactionObserver] = [],
        deadline: Deadline? = nil, durability: Durability? = nil,
        committer: (@Sendable () throws(RefError) -> Signature?)? = nil
    ) {
        self.objects = objects
        self.reflogs = reflogs
        self.observers = observers
        self.deadline = deadline
        self.durability = durability
        self.committer = committer
    }
}

/// Which reflogs are made when a reference is first written: `core.logAllRefUpdates`. Reflogs that exist are always written.
public enum ReflogPolicy: Sendable, Hashable {
    /// None (`false`, and bare repositories).
    case never
    /// Those of branches, remote-tracking branches, notes and `HEAD` (`true`).
    case standard
    /// All (`always`).
    case always

    /// Whether a reflog is made for `name`. Git's function: `should_autocreate_reflog`.
    public func creates(_ name: RefName) -> Bool {
        switch self {
        case .never: false
        case .always: true
        case .standard:
            name == .head || name.hasPrefix("refs/heads/") || name.hasPrefix("refs/remotes/")
                || name.hasPrefix("refs/notes/")
        }
    }
}

/// Watches a transaction, and may stop it: git's `reference-transaction` hook.
public protocol RefTransactionObserver: Sendable {
    /// Called in each state of a transaction.
    ///
    /// In ``RefTransactionPhase/preparing`` and ``RefTransactionPhase/prepared`` an error stops the transaction, which is then
    /// aborted and told so; in the others errors are ignored.
    func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError)
}

/// The states that observers see (githooks, "reference-transaction").
public enum RefTransactionPhase: String, Sendable, CaseIterable {
    /// Before any lock: the updates as the caller asked for them.
    case preparing
    /// Locked and decided: symbolic references resolved.
    case prepared
    case committed
    case aborted
}

/// One update as observers see it.
public struct ObservedRefUpdate: Sendable, Hashable {
    public let name: RefName
    /// What was expected, not what was found; nil = nothing was expected.
    public let old: RefTarget?
    /// What the reference is to hold; nil = it is deleted, or only its expected value is checked. Git's hook is given zeros for both.
    public let new: RefTarget?
    /// Whether the reference is deleted.
    public let isDeletion: Bool

    public init(name: RefName, old: RefTarget?, new: RefTarget?, isDeletion: Bool = false) {
        self.name = name
        self.old = old
        self.new = new
        self.isDeletion = isDeletion
    }
}
