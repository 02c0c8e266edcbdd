import Synchronization

/// A database whose commit decides over intents: what they are about happens if the commit has been made, and only then.
///
/// So a transaction over files and a database has one moment at which it happens. The intent of the files names the database; the database's
/// commit, which comes before the first change of a file, records the intent's id. After a crash, who makes the intent good asks for it.
/// Safe to share between threads.
public protocol RefDecider: AnyObject, Sendable {
    /// What tells the database from all others but its own copies.
    var decidingID: [UInt8] { get }

    /// Where it is: an absolute path.
    var decidingPath: [UInt8] { get }

    /// Whether it is the one at `path`.
    func isDecider(at path: [UInt8]) -> Bool

    /// Whether the commit that was to decide over `intent` has been made.
    func hasDecided(_ intent: [UInt8]) throws(RefError) -> Bool
}

/// A hold whose commit is one step, that of a database which can decide over intents.
public protocol DecidingHold: JoinedHold {
    var decider: any RefDecider { get }

    /// What ``JoinedHold/publish(alone:)`` is to decide over, with the same commit; called before it, at most once. The commit is to be as durable
    /// as the intents.
    func decide(over intents: [any RefJournalEntry])
}

/// The databases that this process has open, by which intents that name them are made good. Safe to share between threads.
public enum RefDeciders {
    private struct Entry {
        weak var decider: (any RefDecider)?
    }

    private static let all = Mutex<[ObjectIdentifier: Entry]>([:])

    /// Makes `decider` known, until ``remove(_:)``, which its `deinit` calls.
    public static func add(_ decider: any RefDecider) {
        all.withLock { $0[ObjectIdentifier(decider)] = Entry(decider: decider) }
    }

    public static func remove(_ decider: ObjectIdentifier) { all.withLock { $0[decider] = nil } }

    /// The database of that id at that absolute path; nil where this process does not have it open.
    public static func find(_ id: [UInt8], at path: [UInt8]) -> (any RefDecider)? {
        // One that is let go meanwhile ends behind the lock.
        let known = all.withLock { $0.values.compactMap(\.decider) }
        return known.first { $0.decidingID == id && $0.isDecider(at: path) }
    }
}
