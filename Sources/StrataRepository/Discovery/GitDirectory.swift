import StrataModel

#if canImport(Glibc)
    import Glibc
#endif

/// What makes a directory a git directory.
extension RepositoryEnvironment {
    /// The common directory of the git directory `name`, as git calls it, and whether it is another one.
    ///
    /// Answers to git's `get_common_dir`; `base` is what relative names are seen from.
    func commonDirectory(
        of name: [UInt8], from base: [UInt8]
    ) throws(RepositoryError) -> (name: [UInt8], isShared: Bool) {
        if let common = value("GIT_COMMON_DIR") { return (common, true) }
        let file = PathBytes.child(name, "commondir")
        guard FileAccess.exists(PathBytes.join(base, file)) else { return (name, false) }
        var target: [UInt8]
        switch FileAccess.readFile(PathBytes.join(base, file), limit: 1 << 20) {
        case .bytes(let bytes) where !bytes.isEmpty: target = bytes
        case .bytes: throw RepositoryError(.unavailable, "failed to read \(file): \(errno: ENOENT)")
        case .failed(let code): throw RepositoryError(.unavailable, "failed to read \(file): \(errno: code)")
        case .tooLarge: throw RepositoryError(.unavailable, "failed to read \(file): \(errno: EFBIG)")
        }
        while target.last == 0x0a || target.last == 0x0d { target.removeLast() }
        if let end = target.firstIndex(of: 0) { target.removeSubrange(end...) }
        let path = PathBytes.isAbsolute(target) ? target : name + [PathBytes.slash] + target
        return (try realPath(PathBytes.join(base, path)), true)
    }

    /// Whether `name` looks like a git directory: a valid `HEAD`, and `objects` and `refs` that can be entered.
    ///
    /// Answers to git's `is_git_directory`.
    func isGitDirectory(_ name: [UInt8], from base: [UInt8]) throws(RepositoryError) -> Bool {
        var head = name
        if head.last != PathBytes.slash { head.append(PathBytes.slash) }
        head += Array("HEAD".utf8)
        guard Self.isValidHead(PathBytes.join(base, head)) else { return false }
        let common = PathBytes.join(base, try commonDirectory(of: name, from: base).name)
        if let objects = value("GIT_OBJECT_DIRECTORY") {
            guard FileAccess.access(PathBytes.join(base, objects), X_OK) == 0, !objects.isEmpty else { return false }
        } else {
            guard FileAccess.access(PathBytes.child(common, "objects"), X_OK) == 0 else { return false }
        }
        return FileAccess.access(PathBytes.child(common, "refs"), X_OK) == 0
    }

    /// A symbolic link into `refs/`, `ref: refs/…`, or an object id.
    private static func isValidHead(_ path: [UInt8]) -> Bool {
        switch FileAccess.status(path, followingLinks: false) {
        case .failed: return false
        case .status(let status) where status.isLink:
            return FileAccess.readLink(path).map { PathBytes.hasPrefix($0, "refs/") } ?? false
        case .status: break
        }
        guard let head = FileAccess.readPrefix(path, count: 255) else { return false }
        if PathBytes.hasPrefix(head, "ref:") {
            let target = head.dropFirst(4).drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
            if PathBytes.hasPrefix(target, "refs/") { return true }
        }
        return head.count >= 40
            && head.prefix(40).allSatisfy { isDigit($0) || (isLetter($0) && ($0 | 0x20) <= UInt8(ascii: "f")) }
    }
}

/// Why a `.git` file does not lead to a git directory.
enum GitfileFailure: Error {
    case missing
    case isDirectory
    case notAFile
    case unreadableStatus
    case refused(RepositoryError)
}

extension RepositoryEnvironment {
    /// The real path of the git directory that the file at `name` names.
    ///
    /// Answers to git's `read_gitfile_gently`.
    func readGitfile(_ name: [UInt8], from base: [UInt8]) throws(GitfileFailure) -> [UInt8] {
        let path = PathBytes.join(base, name)
        switch FileAccess.status(path) {
        case .failed(let code): throw code == ENOENT || code == ENOTDIR ? .missing : .unreadableStatus
        case .status(let status):
            if status.isDirectory { throw .isDirectory }
            if !status.isRegular { throw .notAFile }
        }
        var contents: [UInt8]
        switch FileAccess.readFile(path, limit: 1 << 20) {
        case .bytes(let bytes): contents = bytes
        case .failed(let code):
            throw .refused(RepositoryError(.unavailable, "error opening '\(name)': \(errno: code)"))
        case .tooLarge:
            throw .refused(RepositoryError(.invalidGitfile, "too large to be a .git file: '\(name)'"))
        }
        guard PathBytes.hasPrefix(contents, "gitdir: ") else {
            throw .refused(RepositoryError(.invalidGitfile, "invalid gitfile format: \(name)"))
        }
        while contents.last == 0x0a || contents.last == 0x0d { contents.removeLast() }
        guard contents.count >= 9 else {
            throw .refused(RepositoryError(.invalidGitfile, "no path in gitfile: \(name)"))
        }
        var target = Array(contents.dropFirst(8))
        if let end = target.firstIndex(of: 0) { target.removeSubrange(end...) }
        if !PathBytes.isAbsolute(target) { target = PathBytes.directoryPart(name) + target }
        do throws(RepositoryError) {
            guard try isGitDirectory(target, from: base) else {
                throw RepositoryError(.notARepository, "not a git repository: \(target)")
            }
            return try realPath(PathBytes.join(base, target))
        } catch {
            throw .refused(error)
        }
    }
}
