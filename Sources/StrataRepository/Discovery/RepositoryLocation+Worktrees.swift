import StrataIO
import SystemPackage

extension RepositoryLocation {
    /// The name below `worktrees/` of the linked worktree that was opened; nil in the main one.
    var linkedID: [UInt8]? {
        guard isLinkedWorktree else { return nil }
        let directory = pathBytes(gitDirectory)
        return Array(directory.dropFirst(PathBytes.directoryPart(directory).count))
    }

    /// Where the directory of the linked worktree `id` is.
    func directory(ofLinked id: [UInt8]) -> FilePath {
        commonDirectory.appending("worktrees").appending(bytes: id)
    }

    /// The git directory that was opened, by its path below the common directory, however it was named; nil where it is not there.
    func ownDirectory(ofLinked id: [UInt8]) -> FilePath? {
        let usual = directory(ofLinked: id)
        guard let stat = try? FileStat.stat(usual), let own = try? FileStat.stat(gitDirectory),
            stat.isSameFile(as: own)
        else { return nil }
        return usual
    }
}
