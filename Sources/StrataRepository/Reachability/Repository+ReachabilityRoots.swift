import StrataIO
import StrataModel
public import StrataRefs
import SystemPackage

extension Repository {
    /// All that a collector or a connectivity check starts from: the references of the repository and of every worktree, the heads of all
    /// worktrees, what `FETCH_HEAD`, `MERGE_HEAD` and a rebase in progress name, and on request the ids in all reflogs.
    ///
    /// Every directory below `worktrees/` counts as a worktree, also one that `git worktree prune` would remove: its references are still
    /// there. What is in an index is not among the roots. Answers to git's `mark_reachable_objects`.
    ///
    /// - Throws: ``RefError``, `unavailable` when the worktrees cannot be listed. What cannot be read in one of them is thrown by the walk;
    ///   a registered worktree without `HEAD` too.
    public func reachabilityRoots(includingReflogs: Bool) throws(RefError) -> ReachabilityRoots {
        let common = location.commonDirectory
        var worktrees = [worktree(nil, store: self.common, in: common)]
        for id in try linkedWorktrees() {
            // One that has gone since has no roots.
            guard let store = try refs.store(ofLinked: id) else { continue }
            worktrees.append(worktree(id, store: store, in: common.appending("worktrees").appending(bytes: id)))
        }
        return ReachabilityRoots(common: self.common, worktrees: worktrees, includingReflogs: includingReflogs)
    }

    private func worktree(
        _ id: [UInt8]?, store: any RefStore, in directory: FilePath
    ) -> ReachabilityRoots.Worktree {
        let algorithm = hashAlgorithm
        return ReachabilityRoots.Worktree(id: id, store: store) { () throws(RefError) in
            try RootFiles.read(in: directory, algorithm)
        } needsHead: { () throws(RefError) in
            guard id != nil else { return true }
            // One that is just being made, or was never finished, has no gitdir file.
            do throws(FileError) {
                return try FileStat.lstat(directory.appending("gitdir")) != nil
            } catch {
                throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
            }
        }
    }

    /// The names of the directories below `worktrees/`.
    func linkedWorktrees() throws(RefError) -> [[UInt8]] {
        let parent = location.commonDirectory.appending("worktrees")
        var ids: [[UInt8]] = []
        do throws(FileError) {
            guard var entries = try DirectoryReader(parent) else { return [] }
            while try entries.next() {
                let id = entries.name
                // A file holds no references.
                if try FileStat.stat(parent.appending(bytes: id))?.kind == .directory { ids.append(id) }
            }
        } catch {
            throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
        }
        return ids
    }
}
