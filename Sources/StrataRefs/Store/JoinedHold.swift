public import StrataIO

/// A hold whose commit can be made one with other holds': visible whole, or absent, also after a crash.
///
/// What ``HeldRefs/commit()`` does in one call is taken apart here, so that several holds can publish under one intent. A store that
/// cannot do that implements ``HeldRefs`` alone. Not for use by several threads at once.
public protocol JoinedHold: HeldRefs {
    /// Where intents are written; holds with the same journal can share one. nil = this hold can have none.
    var journal: (any RefJournal)? { get }

    /// How many steps of the commit somebody could come between: renames and removals of files, commits of a database. Lines added
    /// to reflogs are none.
    func stepCount() throws(RefError) -> Int

    /// What was staged, as ``journal`` keeps it.
    func intentPart() throws(RefError) -> [UInt8]

    /// How durable the commit is to be.
    var durability: Durability { get }

    /// Makes what was staged visible and holds on. If it throws, nothing has changed, unless the error says otherwise; then only
    /// ``HeldRefs/abort()`` is left.
    ///
    /// - Parameter alone: whether nothing else is committed with it, so that its own last step is the last that can fail.
    func publish(alone: Bool) throws(RefError)

    /// Takes back what ``publish(alone:)`` did, and holds on until ``HeldRefs/abort()``.
    ///
    /// - Returns: what could not be taken back, in words.
    func retract() -> [String]

    /// Lets all names go, as published.
    func conclude()
}

/// Keeps the intents of transactions: what they are about to change, written before the first change and removed after the last, so
/// that a crash in between can be made good.
public protocol RefJournal: AnyObject, Sendable {
    /// Writes an intent, as durable as asked. From then on the transaction will happen, unless the intent is withdrawn; with a `decider` from
    /// that one's commit on.
    func write(
        _ parts: [[UInt8]], decidedBy decider: (any RefDecider)?, durability: Durability
    ) throws(RefError) -> any RefJournalEntry
}

/// An intent that was written.
public protocol RefJournalEntry {
    /// What tells it from all others.
    var id: [UInt8] { get }

    /// What tells its journal from all others: 16 bytes.
    var journalID: [UInt8] { get }

    /// How durable it is.
    var durability: Durability { get }

    /// Which of `others`, intents of the same journal, are there no more; with `durably` so that they do not come back after a loss of power.
    func gone(_ others: [[UInt8]], durably: Bool) throws(RefError) -> [[UInt8]]

    /// Removes it: everything has happened, or nothing has. From then on readers see what has happened. If it throws, the intent still stands.
    func remove() throws(RefError)

    /// Makes it last through a loss of power that the intent has gone, where the intent was to last.
    func makeRemovalDurable() throws(RefError)
}
