#if canImport(Glibc)
    import Glibc
#endif

extension RepositoryLocation {
    /// Finds the repository that git would use: the one `GIT_DIR` names, else the first one upwards from the working
    /// directory.
    ///
    /// Answers to git's `setup_git_directory`, but changes neither the process's directory nor its environment.
    /// Reads; safe to call from several threads. - Throws: `RepositoryError`, in git's words.
    public static func discover(environment: RepositoryEnvironment) throws(RepositoryError) -> RepositoryLocation {
        var setup = RepositorySetup(environment: environment)
        if let explicit = environment.value("GIT_DIR") { return try setup.openExplicit(explicit) }
        return try setup.search()
    }
}

/// One search upwards for a repository.
extension RepositorySetup {
    mutating func search() throws(RepositoryError) -> RepositoryLocation {
        let environment = environment
        var directory = environment.currentDirectory
        let ceiling = ceilingOffset(of: directory)
        let staysOnDevice = try !environment.flag("GIT_DISCOVERY_ACROSS_FILESYSTEM", default: false)
        let device = staysOnDevice ? try Self.device(of: directory) : 0
        while true {
            if let location = try openRepository(at: directory) { return location }
            // Up by one component, unless that crosses a ceiling, the root or the file system's boundary.
            var offset = directory.count
            guard offset > 1 else { throw Self.nothingFound }
            repeat { offset -= 1 } while offset > ceiling && directory[offset] != PathBytes.slash
            guard offset > ceiling else { throw Self.nothingFound }
            directory.removeSubrange(max(offset, 1)...)
            if staysOnDevice, try Self.device(of: directory) != device {
                throw RepositoryError(
                    .crossedMountPoint,
                    """
                    not a git repository (or any parent up to mount point \(directory))
                    Stopping at filesystem boundary (GIT_DISCOVERY_ACROSS_FILESYSTEM not set).
                    """)
            }
        }
    }

    private static var nothingFound: RepositoryError {
        RepositoryError(.notARepository, "not a git repository (or any of the parent directories): .git")
    }

    private static func device(of directory: [UInt8]) throws(RepositoryError) -> UInt64 {
        switch FileAccess.status(directory) {
        case .status(let status): return status.device
        case .failed(let code):
            throw RepositoryError(.unavailable, "failed to stat '\(directory)': \(errno: code)")
        }
    }

    /// The repository in or at `directory`, or nil: the file `.git`, the directory `.git`, or a bare repository.
    private mutating func openRepository(at directory: [UInt8]) throws(RepositoryError) -> RepositoryLocation? {
        let candidate = PathBytes.join(directory, Array(".git".utf8))
        let target: [UInt8]?
        do throws(GitfileFailure) {
            target = try environment.readGitfile(candidate, from: directory)
        } catch {
            switch error {
            case .missing, .isDirectory: target = nil
            case .unreadableStatus: throw RepositoryError(.unavailable, "error reading '\(candidate)'")
            case .notAFile: throw RepositoryError(.invalidGitfile, "not a regular file: '\(candidate)'")
            case .refused(let refusal): throw refusal
            }
        }
        if let target {
            try checkOwner(gitfile: candidate, workTree: directory, gitDirectory: target)
            return try openFound(target, in: directory)
        }
        if try environment.isGitDirectory(candidate, from: directory) {
            try checkOwner(gitfile: nil, workTree: directory, gitDirectory: candidate)
            return try openFound(Array(".git".utf8), in: directory)
        }
        guard try environment.isGitDirectory(directory, from: directory) else { return nil }
        try checkBare(directory)
        return try openBare(directory)
    }

    /// The length of the longest ceiling above `directory`; -1 when there is none.
    private func ceilingOffset(of directory: [UInt8]) -> Int {
        guard directory.count > 1, let list = environment.value("GIT_CEILING_DIRECTORIES") else { return -1 }
        var longest = -1
        var resolves = true
        for entry in list.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            if entry.isEmpty {
                // From an empty entry on, symbolic links are not resolved.
                resolves = false
                continue
            }
            guard PathBytes.isAbsolute(entry) else { continue }
            var ceiling = Array(entry)
            if resolves {
                guard let real = try? PathBytes.realPath(ceiling, from: environment.currentDirectory) else { continue }
                ceiling = real
            }
            if ceiling.last == PathBytes.slash { ceiling.removeLast() }
            guard directory.starts(with: ceiling), directory.count > ceiling.count + 1,
                directory[ceiling.count] == PathBytes.slash
            else { continue }
            longest = max(longest, ceiling.count)
        }
        return longest
    }
}
