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
/// Where that takes more than one visible step an intent is written first: after a crash what belongs to one journal is whole or absent.
/// A live failure is undone. Holds that cannot be joined commit one after the other; a failure after the first commit says so.
///
/// - Throws: ``RefError``; nothing has changed then, unless the error says otherwise.
public func commitTogether(_ holds: [any HeldRefs]) throws(RefError) {
    let holds = holdsToCommit(holds)
    let joined = holds.compactMap { $0 as? any JoinedHold }
    guard joined.count == holds.count else { return try commitInTurn(holds) }
    let entries: [any RefJournalEntry]
    do throws(RefError) {
        entries = try writeIntents(of: joined)
    } catch {
        for hold in joined { hold.abort() }
        throw error
    }
    for (index, hold) in joined.enumerated() {
        do throws(RefError) {
            try hold.publish(alone: joined.count == 1)
        } catch {
            throw takeBack(joined, published: index, entries, after: error)
        }
    }
    do throws(RefError) {
        for entry in entries { try entry.remove() }
    } catch {
        throw takeBack(joined, published: joined.count, entries, after: error)
    }
    for hold in joined { hold.conclude() }
}

/// Writes the intents that are due: one for each journal whose holds take more than one step together.
private func writeIntents(of holds: [any JoinedHold]) throws(RefError) -> [any RefJournalEntry] {
    var entries: [any RefJournalEntry] = []
    var seen: [any RefJournal] = []
    for hold in holds {
        guard let journal = hold.journal, !seen.contains(where: { $0 === journal }) else { continue }
        seen.append(journal)
        let group = holds.filter { $0.journal === journal }
        do throws(RefError) {
            var steps = 0
            for hold in group { steps += try hold.stepCount() }
            guard steps > 1 else { continue }
            var parts: [[UInt8]] = []
            for hold in group { parts.append(try hold.intentPart()) }
            entries.append(try journal.write(parts, durability: group.map(\.durability).max() ?? .none))
        } catch {
            let failures = remove(entries)
            throw failures.isEmpty ? error : error.adding(failures)
        }
    }
    return entries
}

/// - Returns: what could not be removed, in words.
private func remove(_ entries: [any RefJournalEntry]) -> [String] {
    var failures: [String] = []
    for entry in entries {
        do throws(RefError) { try entry.remove() } catch { failures.append(error.message) }
    }
    return failures
}

/// The intent goes before the first name is let go: nobody may change what it speaks of while it is there.
private func takeBack(
    _ holds: [any JoinedHold], published: Int, _ entries: [any RefJournalEntry], after error: RefError
) -> RefError {
    var failures: [String] = []
    for hold in holds[..<published].reversed() { failures += hold.retract() }
    failures += remove(entries)
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
