import StrataIO
package import StrataRefs
package import SystemPackage

extension LMDBEnvironment {
    /// Gives each linked worktree of which there are references a token, in its directory below `worktrees` and here, in one commit: whose directory goes
    /// leaves none to the next of its name. For an environment that was filled anew, whose references are those of the worktrees that there are.
    package func giveTokens(to ids: [[UInt8]], in worktrees: FilePath) throws(RefError) {
        if ids.isEmpty { return }
        try write(.none, until: .after(milliseconds: 10_000)) { writer throws(RefError) in
            for id in ids where id.count <= LMDBScopes.idLimit {
                let worktree = LMDBWorktree(id: id, directory: worktrees.appending(bytes: id))
                if try writer.findScope(of: worktree).number != nil { _ = try writer.scope(of: worktree) }
            }
        }
    }
}
