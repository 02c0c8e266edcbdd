public import StrataModel
public import SystemPackage

/// One of a repository's working trees, as its administrative files describe it.
public struct Worktree: Sendable, Hashable {
    /// What a worktree's `HEAD` file says.
    public enum Head: Sendable, Hashable {
        /// The reference that it names.
        case symbolic([UInt8])
        case detached(ObjectID)
        /// There is a file with something else in it.
        case malformed
        /// The file is missing or cannot be read.
        case missing
    }

    /// The name below `worktrees/`; nil for the main worktree.
    public let id: [UInt8]?
    /// The top of the working tree; for a bare repository its git directory, as git has it.
    public let path: FilePath
    /// The worktree's own git directory.
    public let gitDirectory: FilePath
    /// Whether the repository's main worktree is none at all.
    public let isBare: Bool
    /// Whether it is the one that was opened.
    public let isCurrent: Bool
    public let head: Head
    /// Why it must not be pruned or moved, nil when it is not locked; may be empty.
    public let lockReason: [UInt8]?
    /// Why `git worktree prune` would remove it, in git's words; nil when it would not.
    public let prunableReason: String?

    /// The main worktree is the one that the repository was made with.
    public var isMain: Bool { id == nil }
}

/// A directory below `worktrees/` that describes no worktree.
public struct BrokenWorktree: Sendable, Hashable {
    public let id: [UInt8]
    /// What is wrong, in git's words where it has any.
    public let reason: String
}

/// All worktrees of a repository.
public struct WorktreeList: Sendable {
    /// The main worktree first, the linked ones in the order of their paths.
    public let worktrees: [Worktree]
    /// Entries without a usable `gitdir` file, in the order of their names; git passes them over.
    public let broken: [BrokenWorktree]
}
