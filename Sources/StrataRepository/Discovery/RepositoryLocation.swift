public import SystemPackage

/// Where a repository is: the result of opening one as git does.
public struct RepositoryLocation: Sendable, Hashable {
    /// The git directory: `.git`, a bare repository, or a linked worktree's `.git/worktrees/<id>`. Absolute.
    public let gitDirectory: FilePath
    /// The directory that all worktrees share. Absolute; the git directory itself in the main worktree.
    public let commonDirectory: FilePath
    /// Where new objects go: `GIT_OBJECT_DIRECTORY`, else `objects` of the common directory. Absolute.
    public let objectDirectory: FilePath
    /// The top of the working tree, a real path; nil when there is none.
    public let workTree: FilePath?
    /// The directory of the caller below the top of the working tree, with a slash at its end; nil at the top and
    /// outside. Bytes, as a path would lose the slash.
    public let prefix: [UInt8]?
    /// Whether there is no working tree and `core.bare` does not say false.
    public let isBare: Bool
    /// Whether the git directory is that of a linked worktree: another one than the common directory.
    public let isLinkedWorktree: Bool
    /// Format and extensions.
    public internal(set) var format: RepositoryFormat
    /// What git would warn of, without "warning: ".
    public let warnings: [String]

    /// The git directory as git calls it in its messages: `.git` at the top of a working tree.
    public let gitDirectoryName: [UInt8]
    /// The common directory as git calls it in its messages.
    public let commonDirectoryName: [UInt8]
    /// Where git would stand after opening: the top of the working tree, or where the caller was. The names above are
    /// seen from here.
    public let workingDirectory: [UInt8]
}
