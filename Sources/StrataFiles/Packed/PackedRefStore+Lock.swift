public import StrataIO
public import StrataRefs
import SystemPackage

extension PackedRefStore {
    /// Takes `packed-refs.lock`, so that nobody else, git included, changes the file, and reads the file under it.
    ///
    /// Where `packed-refs` is a symbolic link, the file that it leads to is locked and will be replaced, as with git.
    ///
    /// - Parameter deadline: nil = as long as the store is configured to wait.
    /// - Throws: ``RefError/Code/locked`` with git's text when another writer does not let go in time.
    public func lock(until deadline: Deadline? = nil) throws(RefError) -> PackedRefsLock {
        if let refusal { throw refusal }
        let target = try resolved()
        let lock: FileLock
        do throws(LockError) {
            lock = try locks.acquire(target, until: deadline ?? .after(milliseconds: lockTimeout))
        } catch {
            switch error {
            case .busy:
                throw RefError(
                    .locked, LooseMessages.busy(target, error), path: target.sibling(suffix: ".lock").string,
                    cause: error)
            case .notRecovered:
                throw RefError(
                    .unavailable, error.description, path: target.sibling(suffix: ".lock").string, cause: error)
            case .file(_, let file):
                throw RefError(
                    .unavailable, "Unable to create '\(LooseMessages.absolute(target)).lock': \(file.errno)",
                    path: target.sibling(suffix: ".lock").string, cause: file)
            }
        }
        // Equal stamps prove little, and much hangs on it here: the file is read again in any case.
        do throws(RefError) {
            return PackedRefsLock(
                lock, target: target, isLinked: target != path, snapshot: try load(), durability: durability,
                sharing: locks.sharing)
        } catch {
            lock.release()
            throw error
        }
    }

    /// The file that `path` leads to through symbolic links. Git's function: `resolve_symlink`, with its limit of five.
    private func resolved() throws(RefError) -> FilePath {
        var path = path
        for _ in 0..<5 {
            let text: [UInt8]?
            do throws(FileError) {
                text = try readLink(path)
            } catch {
                // No link: the file itself.
                if error.errno == .invalidArgument { break }
                throw RefError(.unavailable, "couldn't read \(path): \(error.errno)", path: path.string, cause: error)
            }
            guard let text else { break }
            let link = FilePath(bytes: text)
            path = link.isAbsolute ? link : path.removingLastComponent().appending(bytes: text)
        }
        return path
    }
}
