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
    func publish() throws(RefError)

    /// Takes back what ``publish()`` did, and holds on until ``HeldRefs/abort()``.
    ///
    /// - Returns: what could not be taken back, in words.
    func retract() -> [String]

    /// Lets all names go, as published.
    func conclude()
}

/// Keeps the intents of transactions: what they are about to change, written before the first change and removed after the last, so
/// that a crash in between can be made good.
public protocol RefJournal: AnyObject, Sendable {
    /// Writes an intent, as durable as asked. From then on the transaction will happen, unless the intent is withdrawn.
    func write(_ parts: [[UInt8]], durability: Durability) throws(RefError) -> any RefJournalEntry
}

/// An intent that was written.
public protocol RefJournalEntry {
    /// Removes it: everything has happened, or nothing has.
    func remove() throws(RefError)
}

/// Commits several holds as one, the first before the second and so on.
///
/// Where that takes more than one visible step and all have one journal, an intent is written first: after a crash the transaction is
/// whole or absent. Otherwise they commit one after the other; a failure after the first commit says so.
///
/// - Throws: ``RefError``; nothing has changed then, unless the error says otherwise.
public func commitTogether(_ holds: [any HeldRefs]) throws(RefError) {
    let holds = holdsToCommit(holds)
    let joined = holds.compactMap { $0 as? any JoinedHold }
    guard joined.count == holds.count else { return try commitInTurn(holds) }
    let entry: (any RefJournalEntry)?
    do throws(RefError) {
        entry = try writeIntent(of: joined)
    } catch {
        for hold in joined { hold.abort() }
        throw error
    }
    for (index, hold) in joined.enumerated() {
        do throws(RefError) {
            try hold.publish()
        } catch {
            throw takeBack(joined, published: index, entry, after: error)
        }
    }
    do throws(RefError) {
        try entry?.remove()
    } catch {
        throw takeBack(joined, published: joined.count, entry, after: error)
    }
    for hold in joined { hold.conclude() }
}

/// Writes the intent, where one is due and can be kept.
private func writeIntent(of holds: [any JoinedHold]) throws(RefError) -> (any RefJournalEntry)? {
    guard let journal = holds.first?.journal, holds.allSatisfy({ $0.journal === journal }) else { return nil }
    var steps = 0
    for hold in holds { steps += try hold.stepCount() }
    guard steps > 1 else { return nil }
    var parts: [[UInt8]] = []
    for hold in holds { parts.append(try hold.intentPart()) }
    return try journal.write(parts, durability: holds.map(\.durability).max() ?? .none)
}

/// The intent goes before the first name is let go: nobody may change what it speaks of while it is there.
private func takeBack(
    _ holds: [any JoinedHold], published: Int, _ entry: (any RefJournalEntry)?, after error: RefError
) -> RefError {
    var failures: [String] = []
    for hold in holds[..<published].reversed() { failures += hold.retract() }
    do throws(RefError) { try entry?.remove() } catch let second { failures.append(second.message) }
    for hold in holds { hold.abort() }
    return failures.isEmpty ? error : error.adding(failures)
}

private func commitInTurn(_ holds: [any HeldRefs]) throws(RefError) {
    for (index, hold) in holds.enumerated() {
        do throws(RefError) {
            try hold.commit()
        } catch {
            throw index == 0 ? error : error.afterPartialCommit()
        }
    }
}

extension RefError {
    /// The same error, with what could not be taken back.
    package func adding(_ failures: [String]) -> RefError {
        RefError(
            code, message + "; and not all of the transaction could be undone: " + failures.joined(separator: "; "),
            reference: reference, path: path, cause: cause)
    }
}
