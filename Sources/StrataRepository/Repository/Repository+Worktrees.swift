public import StrataModel

extension Repository {
    /// The repository's worktrees: the main one first, the linked ones in the order of their paths.
    public func worktrees() throws(RepositoryError) -> [Worktree] { try WorktreeList(location: location).worktrees }
}

extension Worktree {
    /// The name by which a reference of this worktree's own is known in all of them: `worktrees/<id>/<name>` or `main-worktree/<name>`;
    /// nil where `name` belongs to no worktree.
    public func refName(_ name: RefName) -> RefName? {
        guard name.isPerWorktree else { return nil }
        let prefix = id.map { Array("worktrees/".utf8) + $0 + [UInt8(ascii: "/")] } ?? Array("main-worktree/".utf8)
        return try? RefName(bytes: prefix + name.bytes)
    }
}
