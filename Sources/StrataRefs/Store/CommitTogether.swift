import StrataIO

/// Commits several holds as one, the first before the second and so on.
///
/// Where that takes more than one visible step an intent is written first: after a crash what belongs to one journal is whole or absent, and so is
/// what belongs to several journals and one database (``DecidingHold``), which is committed before the others then.
/// A live failure is undone, but for what readers have been shown already: where only the syncing after that fails, the error is one that
/// ``RefError/hasTakenEffect``. Holds that cannot be joined commit one after the other; a failure after the first commit says so.
///
/// - Throws: ``RefError``; nothing has changed then, unless the error says otherwise.
public func commitTogether(_ holds: [any HeldRefs]) throws(RefError) {
    let holds = HoldsToCommit(holds)
    var committed: Set<Int> = []
    do throws(RefError) {
        try commitLeaves(holds.leaves, &committed)
        try holds.confirm()
    } catch {
        holds.tell(error, committed: committed)
        throw error
    }
    holds.tell(nil, committed: committed)
}

/// - Parameter committed: gets the indices of those that have committed for good, where others have not.
private func commitLeaves(_ holds: [any HeldRefs], _ committed: inout Set<Int>) throws(RefError) {
    var joined = holds.compactMap { $0 as? any JoinedHold }
    guard joined.count == holds.count else { return try commitInTurn(holds, &committed) }
    let intents: [WrittenIntent]
    do throws(RefError) {
        let decider = try decider(among: joined)
        intents = try writeIntents(of: joined, decidedBy: decider)
        if let decider, !intents.isEmpty {
            decider.decide(over: intents.map(\.entry))
            joined = [decider] + joined.filter { $0 !== decider }
        }
    } catch {
        for hold in joined { hold.abort() }
        throw error
    }
    for (index, hold) in joined.enumerated() {
        do throws(RefError) {
            try hold.publish(alone: joined.count == 1)
        } catch {
            throw takeBack(joined, published: index, intents[...], after: error)
        }
    }
    for (index, intent) in intents.enumerated() {
        do throws(RefError) {
            try intent.entry.remove()
        } catch {
            if index == 0 { throw takeBack(joined, published: joined.count, intents[...], after: error) }
            let (failure, stayed) = takeBackRest(joined, intents[index...], after: error)
            committed = Set(holds.indices.filter { index in stayed.contains { $0 === holds[index] } })
            throw failure
        }
    }
    var failure: RefError?
    for intent in intents {
        do throws(RefError) { try intent.entry.makeRemovalDurable() } catch { failure = failure ?? error }
    }
    for hold in joined { hold.conclude() }
    if let failure { throw failure.afterTakingEffect("the transaction is done") }
}

private struct WrittenIntent {
    let entry: any RefJournalEntry
    let journal: any RefJournal
}

/// The hold whose commit can decide over the intents of the others; of several databases the first.
private func decider(among holds: [any JoinedHold]) throws(RefError) -> (any DecidingHold)? {
    for hold in holds { if let hold = hold as? any DecidingHold, try hold.stepCount() > 0 { return hold } }
    return nil
}

/// Writes the intents that are due: one for each journal whose holds take more than one step, together and with the decider's.
private func writeIntents(
    of holds: [any JoinedHold], decidedBy decider: (any DecidingHold)?
) throws(RefError) -> [WrittenIntent] {
    var intents: [WrittenIntent] = []
    var seen: [any RefJournal] = []
    for hold in holds {
        guard let journal = hold.journal, !seen.contains(where: { $0 === journal }) else { continue }
        seen.append(journal)
        let group = holds.filter { $0.journal === journal }
        do throws(RefError) {
            var steps = 0
            for hold in group { steps += try hold.stepCount() }
            guard steps > (decider == nil ? 1 : 0) else { continue }
            var parts: [[UInt8]] = []
            for hold in group { parts.append(try hold.intentPart()) }
            let durability = max(group.map(\.durability).max() ?? .none, decider?.durability ?? .none)
            let entry = try journal.write(parts, decidedBy: decider?.decider, durability: durability)
            intents.append(WrittenIntent(entry: entry, journal: journal))
        } catch {
            let failures = remove(intents[...])
            throw error.afterUndoing(failures)
        }
    }
    return intents
}

/// - Returns: what could not be removed, in words.
private func remove(_ intents: ArraySlice<WrittenIntent>) -> [String] {
    var failures: [String] = []
    for intent in intents {
        do throws(RefError) {
            try intent.entry.remove()
            try intent.entry.makeRemovalDurable()
        } catch {
            failures.append(error.message)
        }
    }
    return failures
}

/// The intent goes before the first name is let go: nobody may change what it speaks of while it is there.
private func takeBack(
    _ holds: [any JoinedHold], published: Int, _ intents: ArraySlice<WrittenIntent>, after error: RefError
) -> RefError {
    var failures: [String] = []
    for hold in holds[..<published].reversed() { failures += hold.retract() }
    failures += remove(intents)
    for hold in holds { hold.abort() }
    return error.afterUndoing(failures)
}

/// Takes back what belongs to the intents that are left. Readers see the rest: that stays.
private func takeBackRest(
    _ holds: [any JoinedHold], _ left: ArraySlice<WrittenIntent>, after error: RefError
) -> (RefError, stayed: [any JoinedHold]) {
    let rest = holds.filter { hold in left.contains { $0.journal === hold.journal } }
    let stayed = holds.filter { hold in !rest.contains { $0 === hold } }
    for hold in stayed { hold.conclude() }
    return (takeBack(rest, published: rest.count, left, after: error).afterPartialCommit(), stayed)
}

private func commitInTurn(_ holds: [any HeldRefs], _ committed: inout Set<Int>) throws(RefError) {
    var unsure: RefError?
    for (index, hold) in holds.enumerated() {
        do throws(RefError) {
            try hold.commit()
        } catch {
            guard error.hasTakenEffect else {
                for hold in holds[(index + 1)...] { hold.abort() }
                throw index == 0 ? error : error.afterPartialCommit()
            }
            unsure = unsure ?? error
        }
        committed.insert(index)
    }
    if let unsure { throw unsure }
}

extension RefError {
    /// The failure of something that was taken back but for `failures`, with those.
    package func afterUndoing(_ failures: [String]) -> RefError {
        if failures.isEmpty {
            guard hasTakenEffect, let cause else { return self }
            return RefError(code, "\(cause)", reference: reference, path: path, cause: cause)
        }
        return RefError(
            code, message + "; and not all of the transaction could be undone: " + failures.joined(separator: "; "),
            reference: reference, path: path, cause: cause)
    }
}
