public import StrataIO
public import StrataModel
public import StrataRefs
public import SystemPackage

/// Reflogs kept one file each, as `<directory>/<name>`: git's `logs`.
///
/// Lines are added in one write at the end of the file. The lock of the reference guards its log; the callers of everything
/// that writes hold it.
public final class ReflogFiles: ReflogStore {
    let reader: ReflogReader
    let writer: ReflogWriter
    let locks: LockSpace
    let lockTimeout: Int
    let durability: Durability

    public init(
        directory: FilePath, hashAlgorithm: HashAlgorithm, locks: LockSpace, lockTimeout: Int = 100,
        durability: Durability = .none, shownPath: FilePath? = nil
    ) {
        let names = NamedDirectory(directory, shownAs: shownPath, mayBeMade: true, sharing: locks.sharing)
        reader = ReflogReader(root: names.root, algorithm: hashAlgorithm)
        writer = ReflogWriter(directory: names)
        self.locks = locks
        self.lockTimeout = lockTimeout
        self.durability = durability
    }

    public func exists(_ name: RefName) throws(RefError) -> Bool { try reader.exists(name) }

    public func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        try reader.lines(name, newestFirst: newestFirst) { (_, entry) throws(RefError) in try body(entry) }
    }

    public func names() throws(RefError) -> [RefName] { try reader.names() }

    public func create(_ name: RefName) throws(RefError) {
        try append([], to: name, creates: true)
    }

    /// Adds `entries` to the end of the log of `name`; where there is none, it is made if `creates` says so.
    public func append(_ entries: [ReflogEntry], to name: RefName, creates: Bool) throws(RefError) {
        let lines = entries.flatMap(ReflogLine.bytes)
        let mark = try writer.append(lines, to: name, creates: creates, durability: durability)
        if let mark, mark.length == nil { try sync(mark.made + [mark.path], name) }
    }

    public func delete(_ name: RefName) throws(RefError) {
        do throws(FileError) {
            guard try Disk.unlinkIfPresent(writer.directory.path(name.bytes)) else { return }
        } catch {
            let path = writer.directory.text(name)
            throw RefError(
                .unavailable, "unable to unlink '\(path)': \(error.errno)", reference: name, path: path, cause: error)
        }
        try sync([writer.directory.path(name.bytes)], name)
        writer.directory.removeEmptyParents(of: name)
    }

    /// With durability `full`: makes the names last.
    private func sync(_ paths: [FilePath], _ name: RefName) throws(RefError) {
        guard durability == .full else { return }
        do throws(FileError) {
            try Disk.syncDirectories(of: paths)
        } catch {
            throw RefError(
                notDurable: "the reflog of '\(name)' has changed", reference: name, path: error.path.string,
                cause: error)
        }
    }
}
