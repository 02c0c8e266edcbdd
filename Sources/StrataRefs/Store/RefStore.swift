public import StrataIO
public import StrataModel

/// A place where references are kept.
///
/// A store supplies primitives only: read a name, walk names in order, hold names still and change them, reflogs. Everything that
/// is git's semantics (resolving, expected values, symbolic references, conflicts, hooks) stands once above them, in
/// ``RefTransactionRun`` and ``RefSnapshot``'s extensions, so a store cannot get it wrong.
///
/// Stores are safe to share between threads. All calls block.
public protocol RefStore: Sendable {
    /// What the store can do.
    var capabilities: RefStoreCapabilities { get }

    /// The hash function of the ids it keeps.
    var hashAlgorithm: HashAlgorithm { get }

    /// Stores that commit as one share it: two views of one database, the worktrees of one repository's files.
    var commitDomain: CommitDomainID { get }

    /// The references as they are now, as consistent as the store can make it; stays readable while the store changes.
    func snapshot() throws(RefError) -> any RefSnapshot

    /// A value that stays equal as long as no reference in `scope` changes, comes or goes; nil = not known, do not cache. Where stamps are exact
    /// (``RefStoreCapabilities/stamps``) no later state has the stamp of an earlier one, also if its references are the same.
    func stamp(covering scope: RefScope) throws(RefError) -> RefStamp?

    /// A hold on nothing yet, to which names are added.
    func makeHold() throws(RefError) -> any HeldRefs

    /// As ``snapshot()``, for a composition that reads several stores: of one state with those of the other stores of the domain that were
    /// given `shares`, where the store can do that. The default takes its own.
    func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot

    /// As ``makeHold()``, for a composition that changes several stores: one with those of the other stores of the domain that were given
    /// `shares`, where the store can do that. The default is a hold of its own.
    func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs

    /// Decides and commits `transactions` in order. The default runs them one by one; a store may fold them into one commit.
    /// A failure that is no verdict (``RefError``) is the outcome of its own transaction only.
    func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext
    ) -> [Result<RefTransactionResult, RefError>]

    /// The store's reflogs; nil when it keeps none.
    var reflogs: (any ReflogStore)? { get }

    /// How the store answers `question`: which of the stores beneath it answer, and what they open for it. Asks all of them anew; what
    /// fails is said in its place. The default gives the store's own answer and says nothing of what is beneath. Not meant to be fast.
    func explain(_ question: RefQuestion) -> RefExplanation
}

/// References that do not change while they are looked at.
public protocol RefSnapshot: Sendable {
    /// What `name` holds, not following symbolic references; nil when there is no such reference.
    ///
    /// - Throws: ``RefError`` when the answer cannot be known: never nil for what could not be read.
    func read(_ name: RefName) throws(RefError) -> RefValue?

    /// What each of `names` holds, not following symbolic references: all or nothing of each transaction where the store can tell
    /// (``RefStoreCapabilities/wholeListings``). There is a default, which reads one after the other.
    func read(_ names: [RefName]) throws(RefError) -> [RefValue?]

    /// The references of `scope` in the order of their names' unsigned bytes, broken ones included.
    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor

    /// What tells whether several reads came between the steps of a transaction. Where there are any, a cursor has read all that can change when
    /// it is made or sought.
    var watches: [any RefReadWatch] { get }
}

/// A walk over references in the order of their names.
///
/// Conforming types are best structs of at most three words, which an existential holds without a box.
public protocol RefCursor {
    /// The next reference, or nil at the end.
    mutating func next() throws(RefError) -> RefView?

    /// Starts again with another scope, with what is open already.
    mutating func seek(_ scope: RefScope) throws(RefError)
}

/// Names whose values cannot change until they are let go: locks taken, writes prepared. Not for use by several threads at once.
/// Letting the last reference go aborts.
public protocol HeldRefs: AnyObject {
    /// Takes `names`, waiting for other holders until `deadline`, or as long as the store is configured to where it is nil.
    ///
    /// - Returns: for each name nil, or why it could not be had. Names that were had stay held. Names held already are had.
    func hold(_ names: [RefName], until deadline: Deadline?) throws(RefError) -> [RefHoldFailure?]

    /// What a held name holds. Reading a name that is not held is allowed, and then as good as a snapshot.
    func read(_ name: RefName) throws(RefError) -> RefValue?

    /// The references of `scope` as they are now, under the hold: for directory/file conflicts.
    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor

    /// Whether it was seen before, under the hold, that there is no reference below the directory `name`. False where that is not known: then a
    /// ``cursor(over:)`` tells. For stores that find it out by the way; the others need not say anything.
    func isKnownFree(below name: RefName) -> Bool

    /// Whether it was seen before, under the hold, that there is no reference with the name `name`. As ``isKnownFree(below:)``; else ``read(_:)`` tells.
    func isKnownAbsent(_ name: ArraySlice<UInt8>) -> Bool

    /// Does as much of the writing as can be done unseen. Every edit's name is held. On an error the hold is to be aborted.
    /// `durability` is what a commit must have reached when it returns; nil = as the store is configured.
    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError)

    /// Makes what was staged visible, as durable as the edits asked, and lets all names go. If it throws, nothing has changed,
    /// unless the error says otherwise.
    func commit() throws(RefError)

    /// Lets all names go, unchanged. Does nothing after a commit.
    func abort()
}

/// Why a name could not be held.
public enum RefHoldFailure: Error, Sendable {
    /// Another holder did not let go in time. The text is git's; ``RefError/cause`` tells who holds it.
    case busy(RefError)
    /// Something that is no directory stands where the name's directory should be.
    case obstructed(lockPath: String)
    /// A directory that is not empty stands at the name's own path.
    case directoryInTheWay(path: String)
    /// The name excludes others that the hold knows of and the references do not show; the text says which and why.
    case conflict(String)
    /// Anything else.
    case failed(RefError)
}

extension HeldRefs {
    public func isKnownFree(below name: RefName) -> Bool { false }
    public func isKnownAbsent(_ name: ArraySlice<UInt8>) -> Bool { false }
}

extension RefStore {
    public func snapshot(sharing shares: DomainShares) throws(RefError) -> any RefSnapshot { try snapshot() }

    public func makeHold(sharing shares: DomainShares) throws(RefError) -> any HeldRefs { try makeHold() }

    public func submit(
        _ transactions: [RefTransaction], _ context: RefTransactionContext
    ) -> [Result<RefTransactionResult, RefError>] {
        transactions.map { transaction in
            do throws(RefError) {
                let run = RefTransactionRun(transaction, on: self, context)
                try run.prepare()
                return .success(try run.commit())
            } catch {
                return .failure(error)
            }
        }
    }

    /// Decides and commits one transaction.
    ///
    /// - Returns: in batched mode each edit's verdict. In atomic mode a rejection is thrown, with nothing changed.
    @discardableResult
    public func commit(
        _ transaction: RefTransaction, _ context: RefTransactionContext = RefTransactionContext()
    ) throws(RefError) -> RefTransactionResult {
        guard let result = submit([transaction], context).first else {
            throw RefError(.invalid, "the store gave no result for a transaction")
        }
        return try result.get()
    }

    /// A hold on `names`; each must be had.
    public func hold(_ names: [RefName], until deadline: Deadline? = nil) throws(RefError) -> any HeldRefs {
        let held = try makeHold()
        for case (let name, let failure?) in zip(names, try held.hold(names, until: deadline)) {
            held.abort()
            throw failure.error(holding: name)
        }
        return held
    }
}

extension RefHoldFailure {
    /// The failure as an error of its own, in git's words.
    public func error(holding name: RefName) -> RefError {
        switch self {
        case .busy(let error), .failed(let error): error
        case .obstructed(let path):
            RefError(
                .unavailable, "unable to create lock file \(path); non-directory in the way", reference: name,
                path: path)
        case .directoryInTheWay(let path):
            RefError(
                .unavailable, "there is a non-empty directory '\(path)' blocking reference '\(name)'", reference: name,
                path: path)
        case .conflict(let text): RefError(RefRejection(.nameConflict, at: name, text), of: name)
        }
    }
}
