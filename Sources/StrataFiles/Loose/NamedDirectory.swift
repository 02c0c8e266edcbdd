import StrataIO
import StrataModel
import SystemPackage

/// A directory whose files have names of references: a git dir, or its `logs`. Directories below come and go as names need
/// them, and under other processes' hands too.
struct NamedDirectory: Sendable {
    /// The path, a slash at its end.
    let root: [UInt8]
    /// What messages call the directory, a slash at its end.
    private let shownRoot: [UInt8]
    /// Whether the directory itself may be made.
    let mayBeMade: Bool
    /// The permissions of what is made.
    let sharing: FileSharing

    init(_ directory: FilePath, shownAs shown: FilePath?, mayBeMade: Bool, sharing: FileSharing) {
        shownRoot = (shown ?? directory).bytes + [UInt8(ascii: "/")]
        root = directory.bytes + [UInt8(ascii: "/")]
        self.mayBeMade = mayBeMade
        self.sharing = sharing
    }

    /// What messages call the directory.
    var shownPath: String { String(decoding: shownRoot.dropLast(), as: UTF8.self) }

    func path(_ name: some Sequence<UInt8>) -> FilePath { FilePath(bytes: root + name) }

    /// The path as text, for messages.
    func text(_ name: RefName) -> String { String(decoding: shownRoot + name.bytes, as: UTF8.self) }

    /// Makes the directories that lead to `name`, as far as they are missing, and adds them to `made`, the outermost first.
    ///
    /// - Throws: `ENOENT` where somebody removes directories meanwhile.
    func makeLeading(to name: ArraySlice<UInt8>, adding made: inout [FilePath]) throws(FileError) {
        let parent: ArraySlice<UInt8>
        if let slash = name.lastIndex(of: UInt8(ascii: "/")) {
            parent = name[..<slash]
        } else if mayBeMade, !name.isEmpty {
            parent = []
        } else {
            throw FileError(.makeDirectory, path(name), .noSuchFileOrDirectory)
        }
        let path = path(parent)
        for _ in 0..<2 {
            do throws(FileError) {
                try Disk.mkdir(path, sharing: sharing)
                made.append(path)
                return
            } catch {
                switch error.errno {
                case .fileExists: return  // a directory, or the next step fails with ENOTDIR
                case .noSuchFileOrDirectory: try makeLeading(to: parent, adding: &made)
                default: throw error
                }
            }
        }
        throw FileError(.makeDirectory, path, .noSuchFileOrDirectory)
    }

    /// Removes what ``makeLeading(to:adding:)`` made, as far as it is empty; `refs`, and what stands directly below it, stays.
    func remove(_ made: [FilePath]) {
        for path in made.reversed() where Self.mayGo(path.bytes.dropFirst(root.count)) {
            _ = try? Disk.rmdirIfEmpty(path)
        }
    }

    private static func mayGo(_ name: ArraySlice<UInt8>) -> Bool {
        name.count(where: { $0 == UInt8(ascii: "/") }) >= 2
    }

    /// Removes the directory at `path` if nothing but directories is in it.
    ///
    /// - Returns: whether no directory is there any more. Git's function: `remove_dir_recursively`, empty ones only.
    static func removeEmptyTree(_ path: FilePath) -> Bool {
        do throws(FileError) {
            // Not through a symbolic link, which would be replaced, and what it leads to emptied.
            guard let stat = try FileStat.lstat(path) else { return true }
            guard stat.kind == .directory, var entries = try DirectoryReader(path) else { return false }
            while try entries.next() {
                guard try entries.kind() == .directory, removeEmptyTree(path.appending(bytes: entries.name)) else {
                    return false
                }
            }
            if try Disk.rmdirIfEmpty(path) { return true }
            return try FileStat.lstat(path)?.kind != .directory
        } catch {
            return false
        }
    }

    /// Removes the directories that led to `name` and are empty now; `refs`, and what stands directly below it, stays.
    /// Git's function: `try_remove_empty_parents`.
    func removeEmptyParents(of name: RefName) {
        var parent = name.bytes[...]
        while let slash = parent.lastIndex(of: UInt8(ascii: "/")) {
            parent = parent[..<slash]
            guard Self.mayGo(parent) else { return }
            guard (try? Disk.rmdirIfEmpty(path(parent))) == true else { return }
        }
    }
}
