import StrataRefs

/// Lets several threads work on the same references at random, and looks for an order of one call after the other that explains all answers.
///
/// What must hold: each reference changes one step at a time, at some moment of the call that changes it; transactions are in one order, also
/// for readers where the store says so of snapshots, and seen whole where it says so of single readings; refused edits leave nothing; snapshots stay where they are isolated; reflogs are the chain of the
/// changes; every call returns.
///
/// - Parameter make: gives new, empty references, as often as it is called.
func checkConcurrentHistories(
    _ options: RefStoreCheckOptions, make: () throws -> SharedReferences
) -> ConcurrencyFindings {
    var findings = ConcurrencyFindings()
    var undecided: [String: Int] = [:]
    for number in 0..<options.concurrentHistories {
        let references: SharedReferences
        do { references = try make() } catch {
            findings.failures.append(StoreFailure(ConcurrencyCheck.reads, "no store is to be had: \(error)"))
            break
        }
        if number == 0 {
            findings.plan(for: references, options)
            if findings.checked.isEmpty { break }
        }
        switch ConcurrentHistory.run(number, options, references) {
        case .failure(let failure): findings.failures.append(failure)
        case .success(let history):
            let judged = history.judge()
            findings.failures += judged.failures
            for check in Set(judged.undecided) { undecided[check, default: 0] += 1 }
        }
        // One bad history is enough: what comes after tells the same.
        if !findings.failures.isEmpty { break }
    }
    for (check, count) in undecided.sorted(by: { $0.key < $1.key }) {
        findings.skipped.append((check, "\(count) histories with too many possible orders"))
    }
    return findings
}

extension ConcurrencyFindings {
    /// The checks that apply.
    fileprivate mutating func plan(for references: SharedReferences, _ options: RefStoreCheckOptions) {
        typealias Check = ConcurrencyCheck
        guard references.writer != nil else {
            return skipped.append((Check.references, "the store cannot be written"))
        }
        guard HistoryValues.names.contains(where: options.keeps) else {
            return skipped.append((Check.references, "the store has no place for the names of the histories"))
        }
        checked = [
            Check.references, Check.transactions, Check.conflicts, Check.refused, Check.reads, Check.returns,
        ]
        let others: [(String, RefStoreCapabilities, String)] = [
            (Check.readers, .atomicForReaders, "the store declares no atomicForReaders"),
            (Check.snapshots, .snapshotIsolation, "the store declares no snapshotIsolation"),
            (Check.reflogs, .reflogs, "the store declares no reflogs"),
        ]
        if references.capabilities.contains(.atomicForReaders) {
            skipped.append((Check.listings, "the store declares atomicForReaders, which is more"))
        } else if references.capabilities.contains(.wholeListings) {
            checked.append(Check.listings)
        } else {
            skipped.append((Check.listings, "the store declares no wholeListings"))
        }
        for (check, needed, reason) in others {
            if references.capabilities.contains(needed) {
                checked.append(check)
            } else {
                skipped.append((check, reason))
            }
        }
        if references.upkeep != nil {
            checked.append(Check.upkeep)
        } else {
            skipped.append((Check.upkeep, "there is no upkeep"))
        }
    }
}

extension SharedReferences {
    /// The first of the stores that can be written.
    var writer: (any RefStore)? { handles.first { $0.capabilities.contains(.writes) } }

    /// What all of the stores declare.
    var capabilities: RefStoreCapabilities {
        handles.dropFirst().reduce(handles.first?.capabilities ?? []) { $0.intersection($1.capabilities) }
    }
}
