import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Keeps names that go into `packed-refs` without a loose file from meeting others that they exclude: `a` and `a/b`.
///
/// Loose names exclude each other by the file system, packed ones do not; and the availability of a name is looked up before
/// `packed-refs.lock` is taken. So new names are checked again under that lock (``conflict(in:)``), and once more after the file
/// is in place (``obstacle(besides:)``): whoever locks a conflicting name later sees the packed one.
struct PackedConflicts {
    let loose: LooseRefStore
    /// The names of the transaction that are new in `packed-refs`.
    let names: [RefName]

    /// The first conflict with what is packed, in git's words.
    func conflict(in packed: PackedRefSnapshot) throws(RefError) -> RefRejection? {
        guard !packed.isEmpty else { return nil }
        var seen: Set<[UInt8]> = []
        var cursor = try packed.packedCursor(over: .refs)
        for name in names {
            for directory in name.directories where seen.insert(directory).inserted {
                if let other = RefName(tolerating: directory), try packed.read(other) != nil {
                    return RefRejection(.nameConflict, at: name, "'\(other)' exists; cannot create '\(name)'")
                }
            }
            try cursor.seek(RefScope(prefix: name.bytes + [UInt8(ascii: "/")]))
            if let below = try cursor.next() {
                return RefRejection(.nameConflict, at: name, "'\(below.refName)' exists; cannot create '\(name)'")
            }
        }
        return nil
    }

    /// A name that somebody is making at this moment and that excludes one of ours, if there is any.
    ///
    /// - Parameter held: the names whose locks are ours.
    func obstacle(besides held: (RefName) -> Bool) throws(RefError) -> RefError? {
        var seen: Set<[UInt8]> = []
        for name in names {
            let path = loose.names.path(name.bytes)
            if try kind(of: path) == .directory, !NamedDirectory.removeEmptyTree(path) {
                return busy(name, path)
            }
            for directory in name.directories where seen.insert(directory).inserted {
                let lockPath = loose.names.path(directory + ".lock".utf8)
                guard try kind(of: lockPath) != nil else { continue }
                if let other = RefName(tolerating: directory), held(other) { continue }
                return busy(name, lockPath)
            }
        }
        return nil
    }

    private func kind(of path: FilePath) throws(RefError) -> FileKind? {
        do throws(FileError) {
            return try FileStat.lstat(path)?.kind
        } catch {
            throw RefError(.unavailable, "\(error)", path: path.string, cause: error)
        }
    }

    private func busy(_ name: RefName, _ path: FilePath) -> RefError {
        RefError(
            .locked, "cannot lock ref '\(name)': '\(path)' is in the way", reference: name, path: path.string)
    }
}

extension RefName {
    /// What the name has before each slash, below `refs/`.
    fileprivate var directories: [[UInt8]] {
        bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }.dropFirst().map { Array(bytes[..<$0]) }
    }
}
