public import StrataIO
public import StrataModel
public import SystemPackage

/// What became of an intent that a dead process left.
///
/// Names are the common directory's: what belongs to a linked worktree has `worktrees/<id>/` before it.
public struct RefIntentOutcome: Sendable, Hashable {
    /// The intent's file, which has gone.
    public let path: FilePath
    /// The ``LockSpace`` object that wrote it (``OwnerRecord/id``).
    public let ownerID: String
    /// References that had their old value still, and were changed now.
    public internal(set) var changed: [RefName] = []
    /// References that had their new value already, or were only checked or logged.
    public internal(set) var done: [RefName] = []
    /// References that held neither value, which cannot be as long as the dead process's locks are there: somebody has removed those and
    /// written. They were left as they are, and so one transaction has come to be in part.
    public internal(set) var movedOn: [RefName] = []
}

/// What ``RefIntents/sweep()`` did.
public struct RefSweep: Sendable {
    /// What was let go of.
    public let locks: LockSweep
    /// The transactions that were made whole.
    public let intents: [RefIntentOutcome]
}
