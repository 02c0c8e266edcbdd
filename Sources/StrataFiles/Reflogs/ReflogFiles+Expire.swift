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
        var kept: [UInt8] = []
        var last = ObjectID.zero(reader.algorithm)
        var (dropped, changed) = (0, false)
        try reader.lines(name, newestFirst: false) { (line, entry) throws(RefError) in
            var entry = entry
            if rewrite { entry.old = last }
            guard try keep(entry) else {
                dropped += 1
                return true
            }
            let start = kept.count
            unsafe line.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
            if rewrite {
                last.withHex { digits in
                    for i in 0..<digits.count where kept[start + i] != digits[i] {
                        kept[start + i] = digits[i]
                        changed = true
                    }
                }
            }
            last = entry.new
            return true
        }
        if dropped > 0 || changed { try replace(name, with: kept) }
        return dropped
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
            try lock.stage(bytes, durability: durability)
            try lock.publish()
        } catch {
            throw RefError(
                .unavailable, "unable to write reflog '\(path)' (\(error.errno))", reference: name, path: path.string,
                cause: error)
        }
    }
}
