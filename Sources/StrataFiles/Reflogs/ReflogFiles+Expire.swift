import StrataIO
public import StrataModel
public import StrataRefs
import SystemPackage

extension ReflogFiles {
    /// Keeps the entries for which `keep` returns true; the log is replaced by one rename, or left alone when all are kept.
    ///
    /// Kept lines stay as they are, byte for byte, but for the old ids that `rewrite` changes; `keep` sees those changed.
    /// Malformed lines go when the log is rewritten, as with git. What is kept is held in memory meanwhile.
    @discardableResult
    public func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        var log = ReflogRewrite(reader.algorithm, rewrites: rewrite)
        try reader.lines(name, newestFirst: false) { (line, entry) throws(RefError) in
            try log.add(line, entry, keep: keep)
            return true
        }
        if log.isNeeded { try replace(name, with: log.kept) }
        return log.dropped
    }

    private func replace(_ name: RefName, with bytes: [UInt8]) throws(RefError) {
        let path = writer.directory.path(name.bytes)
        let lock: FileLock
        do throws(LockError) {
            lock = try locks.acquire(path, until: .after(milliseconds: lockTimeout))
        } catch {
            if case .busy = error {
                throw RefError(
                    .locked, LooseMessages.busy(path, error), reference: name, path: path.string, cause: error)
            }
            throw RefError(.unavailable, error.description, reference: name, path: path.string, cause: error)
        }
        defer { lock.release() }
        do throws(FileError) {
            // Publishing syncs the directory with the lock in it.
            if durability == .full { try lock.makeOwnerDurable() }
            try lock.stage(bytes, durability: durability)
        } catch {
            throw unwritten(name, path, error)
        }
        do throws(FileError) {
            try lock.publish()
        } catch {
            guard error.operation != .syncDirectory else {
                throw RefError(
                    notDurable: "reflog '\(path)' has changed", reference: name, path: path.string, cause: error)
            }
            throw unwritten(name, path, error)
        }
    }

    private func unwritten(_ name: RefName, _ path: FilePath, _ error: FileError) -> RefError {
        RefError(
            .unavailable, "unable to write reflog '\(path)' (\(error.errno))", reference: name, path: path.string,
            cause: error)
    }
}
