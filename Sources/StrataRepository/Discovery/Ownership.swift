#if canImport(Glibc)
    import Glibc
#endif

/// Whose repositories may be used: `safe.directory` and `safe.bareRepository`.
extension RepositorySetup {
    /// Refuses a repository of someone else's, unless a configuration that the repository cannot write allows it.
    mutating func checkOwner(
        gitfile: [UInt8]?, workTree: [UInt8]?, gitDirectory: [UInt8]
    ) throws(RepositoryError) {
        let paths = [gitfile, workTree, gitDirectory].compactMap { $0 }
        if try !environment.flag("GIT_TEST_ASSUME_DIFFERENT_OWNER", default: false),
            paths.allSatisfy({ isOurs($0) })
        {
            return
        }
        let name = workTree ?? gitDirectory
        if let real = try? PathBytes.realPath(name, from: environment.currentDirectory), try isListedAsSafe(real) {
            return
        }
        throw RepositoryError(
            .dubiousOwnership,
            """
            detected dubious ownership in repository at '\(name)'
            To add an exception for this directory, call:

            \tgit config --global --add safe.directory \(ShellWords.quotedIfNeeded(name))
            """)
    }

    /// Whether `path` belongs to the effective user; for root, also to the user who called `sudo`.
    private func isOurs(_ path: [UInt8]) -> Bool {
        guard case .status(let status) = FileAccess.status(path, followingLinks: false) else { return false }
        var user = geteuid()
        if user == 0 {
            if status.owner == 0 { return true }
            if let sudo = environment.value("SUDO_UID"), let number = UInt32(String(decoding: sudo, as: UTF8.self)) {
                user = number
            }
        }
        return status.owner == user
    }

    private mutating func isListedAsSafe(_ path: [UInt8]) throws(RepositoryError) -> Bool {
        let config = try protectedConfig()
        var isSafe = false
        for index in config.indices(of: "safe.directory".utf8) {
            guard let value = config.value(at: index), !value.isEmpty else {
                isSafe = false
                continue
            }
            if value == [UInt8(ascii: "*")] {
                isSafe = true
                continue
            }
            guard let allowed = try config.path(at: index, environment: environment) else { continue }
            guard PathBytes.isAbsolute(allowed) || allowed == [UInt8(ascii: ".")] else {
                warn("safe.directory '\(allowed)' not absolute")
                continue
            }
            guard let real = try? PathBytes.realPath(allowed, from: environment.currentDirectory) else { continue }
            if real.suffix(2).elementsEqual("/*".utf8) ? path.starts(with: real.dropLast()) : path == real {
                isSafe = true
            }
        }
        return isSafe
    }

    /// Refuses a bare repository that was merely come across, where `safe.bareRepository` wants it named; then checks
    /// its owner.
    mutating func checkBare(_ directory: [UInt8]) throws(RepositoryError) {
        let config = try protectedConfig()
        var wantsNaming = false
        for index in config.indices(of: "safe.barerepository".utf8) {
            switch config.value(at: index).map({ String(decoding: $0, as: UTF8.self) }) {
            case "explicit": wantsNaming = true
            case "all": wantsNaming = false
            default: throw config.badVariable(at: index)
            }
        }
        if wantsNaming, !Self.belongsToWorkTree(directory) {
            throw RepositoryError(
                .bareRepositoryRefused, "cannot use bare repository '\(directory)' (safe.bareRepository is 'explicit')")
        }
        try checkOwner(gitfile: nil, workTree: nil, gitDirectory: directory)
    }

    /// Whether `directory` is, by its path, the git directory of a working tree and only looks like a bare repository.
    private static func belongsToWorkTree(_ directory: [UInt8]) -> Bool {
        if directory.split(separator: PathBytes.slash).last.map({ $0.elementsEqual(".git".utf8) }) ?? false {
            return true
        }
        return contains(directory, "/.git/worktrees/") || contains(directory, "/.git/modules/")
    }

    private static func contains(_ path: [UInt8], _ part: String) -> Bool {
        let part = Array(part.utf8)
        guard path.count >= part.count else { return false }
        return (0...(path.count - part.count)).contains { path[$0..<$0 + part.count] == part[...] }
    }
}
