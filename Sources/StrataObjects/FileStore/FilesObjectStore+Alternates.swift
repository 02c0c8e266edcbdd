public import StrataIO
public import StrataModel
public import SystemPackage

extension FilesObjectStore {
    /// The object directories of other repositories that objects are borrowed from, as real paths, in the order in which they are searched; and what is wrong with the
    /// lists that name them, in git's words.
    public func alternates() -> (directories: [FilePath], problems: [ObjectError]) {
        let snapshot = catalog.latest()
        let own = writer.objects.directory
        let others = snapshot.directories.filter { $0.path != own }
        return (others.map(\.real.filePath), snapshot.failures)
    }

    /// Adds a line to `info/alternates`, if it is not there: the store's objects are looked for in `directory` too.
    ///
    /// Git's function: `odb_source_files_write_alternate`.
    /// - Parameters:
    ///   - directory: as it is to stand in the file: absolute, or relative to this store's object directory.
    ///   - locks: what the file is locked through.
    ///   - deadline: until when somebody who has it locked is waited for.
    /// - Returns: false when the line was there.
    /// - Throws: `refused` for a path that cannot stand in the file: an empty one, one with a newline, one that would be taken for a comment or for a quoted one.
    @discardableResult
    public func addAlternate(
        _ directory: FilePath, locks: LockSpace, durability: Durability = .none, until deadline: Deadline = .now
    ) throws(ObjectError) -> Bool {
        let line = directory.bytes
        guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "\""), !line.contains(0x0a)
        else {
            throw ObjectError(.refused, "'\(directory)' cannot stand in a list of alternates")
        }
        let info = objectDirectory.appending("info")
        let path = info.appending("alternates")
        try TemporaryFile.make(info, writing.sharing)
        do throws(LockError) {
            let lock = try locks.acquire(path, until: deadline)
            defer { lock.release() }
            do throws(FileError) {
                var text = try readFile(path, limit: 1 << 24) ?? []
                if text.split(separator: 0x0a).contains(line[...]) { return false }
                if let last = text.last, last != 0x0a { text.append(0x0a) }
                text += line + [0x0a]
                try lock.stage(text, durability: durability)
                try lock.commit()
                return true
            } catch {
                throw LockError.file(path: path, error)
            }
        } catch {
            if case .file(_, let failure) = error { throw .unavailable(failure) }
            throw ObjectError(.unavailable, file: path.string, "\(error)")
        }
    }
}
