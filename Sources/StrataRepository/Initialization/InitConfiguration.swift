import StrataIO
import StrataModel
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Writing what a new repository's `config` says: in one step, where git writes variable after variable.
extension RepositoryInitializer {
    /// - Parameter isThere: whether the repository was there before.
    func configure(isThere: Bool) throws(RepositoryError) {
        let name = PathBytes.child(places.commonDirectory, "config")
        let path = filePath(name)
        let lock = path.sibling(suffix: ".lock")
        let fd: FileDescriptor
        do throws(FileError) {
            fd = try Disk.create(lock, sharing: sharing)
        } catch {
            throw RepositoryError(
                .unavailable, "could not set 'core.repositoryformatversion' to '\(version)'",
                cause: "could not lock config file \(name): \(errno: error.errno.rawValue)")
        }
        var isDone = false
        defer { if !isDone { _ = try? Disk.unlinkIfPresent(lock) } }
        do throws(RepositoryError) {
            let bytes = try changed(name, lock, isThere: isThere)
            try writing(lock) { () throws(FileError) in
                try Disk.write(bytes, to: fd, at: lock)
                if request.durability >= .data { try Disk.sync(fd, at: lock) }
            }
        } catch {
            try? fd.close()
            throw error
        }
        try writing(path) { () throws(FileError) in
            try Disk.close(fd, at: lock)
            try Disk.rename(lock, to: path)
            isDone = true
            if request.durability == .full { try Disk.syncDirectories(of: [path]) }
        }
    }

    /// The repository's format version: 1 where version 0 has no words for it.
    private var version: Int {
        location.format.needsNewVersion || hashAlgorithm != .sha1 || storage.format != .files ? 1 : 0
    }

    /// The text of `config` as it is to be. `lock` is its file.
    private func changed(_ name: [UInt8], _ lock: FilePath, isThere: Bool) throws(RepositoryError) -> [UInt8] {
        var bytes: [UInt8] = []
        var permissions: FilePermissions?
        switch FileAccess.readFile(name, limit: 256 << 20) {
        case .bytes(let found):
            bytes = found
            if case .status(let status) = FileAccess.status(name) {
                permissions = FilePermissions(rawValue: CModeT(status.mode & 0o7777))
            }
        case .failed(let code) where code == ENOENT: break
        case .failed(let code): throw RepositoryError(.unavailable, "opening \(name): \(errno: code)")
        case .tooLarge: throw RepositoryError(.badConfigFile, "configuration file '\(name)' is too large")
        }
        if let permissions {
            try writing(lock) { () throws(FileError) in try Disk.chmod(lock, permissions) }
        }
        var text = ConfigText(bytes)
        for (key, value) in try variables(lock, isThere: isThere) {
            do throws(ConfigText.Failure) {
                if let value { try text.set(key, to: value) } else { try text.unset(key) }
            } catch {
                switch error {
                case .malformed(let line): throw .badConfigLine(line, of: name)
                case .repeated:
                    warn("\(Array(key.utf8.map(lowercased))) has multiple values")
                    if let value { throw RepositoryError(.badConfigValue, "could not set '\(key)' to '\(value)'") }
                }
            }
        }
        return text.bytes
    }

    /// What is to be set, in git's order; without a value = to be removed.
    private func variables(
        _ lock: FilePath, isThere: Bool
    ) throws(RepositoryError) -> [(key: String, value: [UInt8]?)] {
        var result: [(String, [UInt8]?)] = []
        func set(_ key: String, _ value: String) { result.append((key, Array(value.utf8))) }
        if hashAlgorithm != .sha1 {
            set("extensions.objectformat", hashAlgorithm.name)
        } else if isThere {
            result.append(("extensions.objectformat", nil))
        }
        if storage.format != .files {
            result.append(("extensions.refstorage", storage.text))
        } else if isThere {
            result.append(("extensions.refstorage", nil))
        }
        let submodulePaths = try config.bool("init.defaultsubmodulepathconfig") ?? false
        if submodulePaths { set("extensions.submodulepathconfig", "true") }
        set("core.repositoryformatversion", submodulePaths ? "1" : "\(version)")
        set("core.filemode", try modesAreKept(lock, isThere: isThere) ? "true" : "false")
        set("core.bare", places.workTree == nil ? "true" : "false")
        if let tree = places.workTree {
            // A template may say otherwise.
            if config.entry("core.logallrefupdates") == nil { set("core.logallrefupdates", "true") }
            if PathBytes.child(tree == [PathBytes.slash] ? [] : tree, ".git") != places.givenDirectory {
                result.append(("core.worktree", tree))
            }
        }
        if !isThere {
            if !linksAreKept() { set("core.symlinks", "false") }
            if FileAccess.access(PathBytes.child(places.commonDirectory, "CoNfIg.LoCk"), F_OK) == 0 {
                set("core.ignorecase", "true")
            }
        }
        if let shared = sharing.setting {
            set("core.sharedrepository", shared)
            set("receive.denyNonFastforwards", "true")
        }
        return result
    }

    // MARK: Trying the file system

    /// Whether a file keeps its permission to be executed as it is set.
    private func modesAreKept(_ file: FilePath, isThere: Bool) throws(RepositoryError) -> Bool {
        do throws(FileError) {
            guard let before = try FileStat.lstat(file) else { return false }
            let flipped = FilePermissions(rawValue: before.permissions.rawValue ^ 0o100)
            try Disk.chmod(file, flipped)
            let after = try FileStat.lstat(file)
            try Disk.chmod(file, before.permissions)
            let wasExecutable = before.permissions.rawValue & 0o100 != 0
            return after?.permissions == flipped && (isThere || !wasExecutable)
        } catch {
            return false
        }
    }

    private func linksAreKept() -> Bool {
        let path = filePath(places.gitDirectory).appending("t" + randomHex())
        do throws(FileError) {
            try Disk.symlink("testing", at: path)
            let isLink = try FileStat.lstat(path)?.kind == .symlink
            try Disk.unlink(path)
            return isLink
        } catch {
            return false
        }
    }
}
