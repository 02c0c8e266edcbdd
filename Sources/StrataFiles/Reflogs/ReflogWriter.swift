import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Appends lines to reflog files, and takes them back.
struct ReflogWriter: Sendable {
    let directory: NamedDirectory

    /// What an append changed.
    struct Mark {
        let path: FilePath
        /// The length before; nil when the file was made.
        let length: Int?
        let added: Int
        let made: [FilePath]
    }

    /// Appends `lines` in one write; the log is made when there is none and `creates` says so. What a failed write leaves of a
    /// line is taken away again.
    ///
    /// - Returns: what changed; nil when there is no log and none was to be made.
    func append(
        _ lines: [UInt8], to name: RefName, creates: Bool, durability: Durability
    ) throws(RefError) -> Mark? {
        var made: [FilePath] = []
        let path = directory.path(name.bytes)
        let opened: (file: FileDescriptor, isNew: Bool)?
        do throws(FileError) {
            opened = try open(name, path, creates: creates, &made)
        } catch {
            directory.remove(made)
            throw failure(name, error)
        }
        guard let (file, isNew) = opened else { return nil }
        let length: Int?
        do throws(FileError) {
            let stat = try FileStat.fstat(file, at: path)
            guard stat.kind == .regular else { throw FileError(.open, path, .invalidArgument) }
            length = isNew ? nil : Int(stat.size)
        } catch {
            try? file.close()
            throw failure(name, error)
        }
        let mark = Mark(path: path, length: length, added: lines.count, made: made)
        do throws(FileError) {
            // Of a log that another user has made the permissions are that user's business, as with git.
            if isNew { try Disk.share(file, at: path, directory.sharing) }
            if !lines.isEmpty { try Disk.write(lines, to: file, at: path) }
            if durability != .none { try Disk.sync(file, at: path) }
        } catch {
            try? file.close()
            throw undone(mark, error, name)
        }
        do throws(FileError) { try Disk.close(file, at: path) } catch { throw undone(mark, error, name) }
        return mark
    }

    /// Takes back an append that failed with `error`, and gives the error to throw.
    private func undone(_ mark: Mark, _ error: FileError, _ name: RefName) -> RefError {
        do throws(FileError) {
            try cut(mark)
        } catch let second {
            return failure(name, error).afterUndoing([second.description])
        }
        return failure(name, error)
    }

    /// Takes back a whole append, unless somebody has changed the log since. The reference must be held.
    ///
    /// - Returns: false when the log has another length than the append left; then nothing has changed.
    func undo(_ mark: Mark) throws(FileError) -> Bool {
        guard let now = try FileStat.stat(mark.path) else { return mark.length == nil }
        guard now.size == Int64((mark.length ?? 0) + mark.added) else { return false }
        try cut(mark)
        return true
    }

    private func cut(_ mark: Mark) throws(FileError) {
        guard let length = mark.length else {
            try Disk.unlinkIfPresent(mark.path)
            directory.remove(mark.made)
            return
        }
        guard let file = try Disk.openForAppending(mark.path) else { return }
        do throws(FileError) {
            try Disk.truncate(file, to: length, at: mark.path)
        } catch {
            try? file.close()
            throw error
        }
        try Disk.close(file, at: mark.path)
    }

    /// Git's function: `log_ref_setup`.
    private func open(
        _ name: RefName, _ path: FilePath, creates: Bool, _ made: inout [FilePath]
    ) throws(FileError) -> (file: FileDescriptor, isNew: Bool)? {
        var mayTidy = true
        var attempts = 4
        while true {
            attempts -= 1
            do throws(FileError) {
                if let file = try Disk.openForAppending(path) { return (file, false) }
                guard creates else { return nil }
            } catch {
                guard error.errno == .isDirectory else { throw error }
                guard creates else { return nil }
                guard mayTidy, NamedDirectory.removeEmptyTree(path) else { throw error }
                mayTidy = false
            }
            do throws(FileError) {
                return (try Disk.create(path, appending: true), true)
            } catch {
                switch error.errno {
                case .noSuchFileOrDirectory where attempts > 0:
                    do throws(FileError) {
                        try directory.makeLeading(to: name.bytes[...], adding: &made)
                    } catch {
                        guard error.errno == .noSuchFileOrDirectory else { throw error }
                    }
                case .fileExists where attempts > 0: continue
                default: throw error
                }
            }
        }
    }

    /// The failure in git's words.
    private func failure(_ name: RefName, _ error: FileError) -> RefError {
        let path = directory.text(name)
        let text =
            switch error.errno {
            case .noSuchFileOrDirectory: "unable to create directory for '\(path)': \(error.errno)"
            case .isDirectory: "there are still logs under '\(path)'"
            default: "unable to append to '\(path)': \(error.errno)"
            }
        return RefError(
            .unavailable, "cannot update the ref '\(name)': \(text)", reference: name, path: path, cause: error)
    }
}
