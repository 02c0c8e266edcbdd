import StrataModel
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

extension WorktreeList {
    private static let fileLimit = 1 << 20

    /// Reads `<common directory>/worktrees`.
    ///
    /// An entry that went away meanwhile is left out. Answers to git's `get_worktrees`. - Throws:
    /// `RepositoryError.Code.unavailable` when the directory cannot be listed, `badConfigFile` for a main
    /// `config.worktree` that cannot be parsed.
    public init(location: RepositoryLocation) throws(RepositoryError) {
        let common = pathBytes(location.commonDirectory)
        let directory = PathBytes.child(common, "worktrees")
        let names: [[UInt8]]
        switch FileAccess.list(directory) {
        case .success(let found): names = found.sorted { $0.lexicographicallyPrecedes($1) }
        case .failure(let error) where error.code == ENOENT || error.code == ENOTDIR: names = []
        case .failure(let error):
            throw RepositoryError(.unavailable, "cannot read '\(directory)': \(errno: error.code)")
        }
        var linked: [Worktree] = []
        var broken: [BrokenWorktree] = []
        for name in names {
            switch Self.linked(name, in: directory, location) {
            case .success(let worktree): linked.append(worktree)
            case .failure(let entry) where entry.reason.isEmpty: continue
            case .failure(let entry): broken.append(entry)
            }
        }
        linked.sort { pathBytes($0.path).lexicographicallyPrecedes(pathBytes($1.path)) }
        worktrees = [try Self.main(common, location)] + linked
        self.broken = broken
    }

    // MARK: The main worktree

    private static func main(_ common: [UInt8], _ location: RepositoryLocation) throws(RepositoryError) -> Worktree {
        let real = (try? PathBytes.realPath(common, from: [PathBytes.slash])) ?? common
        let isCurrent = !location.isLinkedWorktree
        var isBare = location.isBare
        if !isCurrent {
            // A linked worktree's own configuration does not tell what the main one is.
            let file = PathBytes.child(common, "config")
            if case .bytes(let bytes) = FileAccess.readFile(file, limit: fileLimit) {
                isBare = try Config.parse(bytes, name: file, scope: .local).bool("core.bare") ?? false
            }
            let own = PathBytes.child(common, "config.worktree")
            if case .bytes(let bytes) = FileAccess.readFile(own, limit: fileLimit) {
                let config = try Config.parse(bytes, name: own, scope: .worktree)
                if try config.bool("core.bare") == true { isBare = true }
            }
        }
        return Worktree(
            id: nil, path: filePath(PathBytes.strip("/.git", from: real)), gitDirectory: location.commonDirectory,
            isBare: isBare, isCurrent: isCurrent, head: head(in: common), lockReason: nil, prunableReason: nil)
    }

    // MARK: Linked worktrees

    private enum Outcome {
        case success(Worktree)
        case failure(BrokenWorktree)
    }

    private static func linked(_ id: [UInt8], in parent: [UInt8], _ location: RepositoryLocation) -> Outcome {
        func broken(_ reason: String) -> Outcome { .failure(BrokenWorktree(id: id, reason: reason)) }
        let directory = PathBytes.join(parent, id)
        switch FileAccess.status(directory) {
        case .failed: return broken("")
        case .status(let status): guard status.isDirectory else { return broken("not a valid directory") }
        }
        let file = PathBytes.child(directory, "gitdir")
        var target: [UInt8]
        switch FileAccess.readFile(file, limit: fileLimit) {
        case .bytes(let bytes): target = bytes
        case .failed(ENOENT): return broken("gitdir file does not exist")
        case .failed(let code):
            return broken("unable to read gitdir file (\(String(decoding: FileAccess.describe(code), as: UTF8.self)))")
        case .tooLarge: return broken("invalid gitdir file")
        }
        while let last = target.last, last == 0x20 || last == 0x09 || last == 0x0a || last == 0x0d {
            target.removeLast()
        }
        guard !target.isEmpty, !target.contains(0) else { return broken("invalid gitdir file") }
        let isAbsolute = PathBytes.isAbsolute(target)
        func resolved(_ path: [UInt8]) -> [UInt8] {
            if isAbsolute { return path }
            let joined = PathBytes.join(directory, path)
            return (try? PathBytes.realPath(joined, from: [PathBytes.slash], allowsMissing: true)) ?? joined
        }
        let lockReason = lockReason(in: directory)
        var prunableReason: String?
        if lockReason == nil, !FileAccess.exists(resolved(target)) {
            prunableReason = "gitdir file points to non-existent location"
        }
        return .success(
            Worktree(
                id: id, path: filePath(resolved(PathBytes.strip("/.git", from: target))),
                gitDirectory: filePath(directory), isBare: false,
                isCurrent: location.isLinkedWorktree && isSame(pathBytes(location.gitDirectory), directory),
                head: head(in: directory), lockReason: lockReason, prunableReason: prunableReason))
    }

    private static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard case .status(let a) = FileAccess.status(a), case .status(let b) = FileAccess.status(b) else {
            return false
        }
        return a.device == b.device && a.inode == b.inode
    }

    /// The text of `locked`, trimmed; an unreadable one locks too.
    private static func lockReason(in directory: [UInt8]) -> [UInt8]? {
        let file = PathBytes.child(directory, "locked")
        guard FileAccess.exists(file) else { return nil }
        guard case .bytes(let text) = FileAccess.readFile(file, limit: fileLimit) else { return [] }
        func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(text[first...last])
    }

    private static func head(in directory: [UInt8]) -> Worktree.Head {
        let path = PathBytes.child(directory, "HEAD")
        if let target = FileAccess.readLink(path), PathBytes.hasPrefix(target, "refs/") { return .symbolic(target) }
        guard case .bytes(var text) = FileAccess.readFile(path, limit: fileLimit) else { return .missing }
        while let last = text.last, last == 0x20 || last == 0x09 || last == 0x0a || last == 0x0d { text.removeLast() }
        if PathBytes.hasPrefix(text, "ref:") {
            return .symbolic(Array(text.dropFirst(4).drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }))
        }
        for algorithm in [HashAlgorithm.sha256, .sha1] where text.count >= algorithm.hexCount {
            let digits = Array(text.prefix(algorithm.hexCount))
            let rest = text.dropFirst(algorithm.hexCount)
            if rest.first.map({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }) ?? true,
                let id = ObjectID(hex: digits.span)
            {
                return .detached(id)
            }
        }
        return .malformed
    }
}
