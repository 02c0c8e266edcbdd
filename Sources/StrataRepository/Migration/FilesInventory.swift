import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// The files of loose references and reflogs in a tree that is laid out as a common dir, and how each looked, and `packed-refs` as it was: what has
/// changed since another inventory is read again, and nothing else.
struct FilesInventory: Sendable {
    /// A reference of a worktree.
    struct Key: Hashable, Sendable {
        let worktree: [UInt8]?
        let name: RefName
    }

    /// Moving a file, and giving it a second name, leave this as it is.
    private struct Look: Hashable, Sendable {
        let inode: UInt64
        let size: Int64
        let modified: Int64
        /// It was so young that a change could go unseen.
        let isRacy: Bool
    }

    private struct Looks: Hashable, Sendable {
        var reference: Look?
        var log: Look?
    }

    private var files: [Key: Looks] = [:]
    let packed: PackedRefSnapshot
    private let start: Int64

    /// Looks at everything below `tree`. To be made before the files are read.
    init(_ tree: FilePath, worktrees: [[UInt8]], _ hashAlgorithm: HashAlgorithm) throws(RefError) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        start = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        packed = try PackedRefSnapshot(at: tree.appending("packed-refs"), hashAlgorithm)
        for worktree in [nil] + worktrees.map({ Optional($0) }) {
            let directory = worktree.map { tree.appending("worktrees").appending(bytes: $0) } ?? tree
            try filing { () throws(FileError) in
                try walk(directory, [], worktree, isLog: false)
                try walk(directory, Array("refs/".utf8), worktree, isLog: false)
                try walk(directory.appending("logs"), [], worktree, isLog: true)
            }
        }
    }

    private static func look(_ stat: FileStat, _ start: Int64) -> Look {
        Look(
            inode: stat.inode, size: stat.size, modified: stat.modified, isRacy: stat.modified > start - 20_000_000)
    }

    /// What is below `prefix`, which ends in a slash or is empty; at the root of a git dir root references only.
    private mutating func walk(
        _ directory: FilePath, _ prefix: [UInt8], _ worktree: [UInt8]?, isLog: Bool
    ) throws(FileError) {
        guard var reader = try DirectoryReader(directory.appending(bytes: prefix)) else { return }
        var below: [[UInt8]] = []
        while try reader.next() {
            // The locks of those who write meanwhile above all.
            if isHiddenRefFile(reader.name) { continue }
            let name = prefix + reader.name
            let path = directory.appending(bytes: name)
            if try reader.kind() == .directory {
                if isLog || !prefix.isEmpty { below.append(name + [UInt8(ascii: "/")]) }
                continue
            }
            guard let name = RefName(tolerating: name), isLog || !prefix.isEmpty || name.isRootRef,
                let stat = try FileStat.lstat(path)
            else { continue }
            let key = Key(worktree: worktree, name: name)
            if isLog {
                files[key, default: Looks()].log = Self.look(stat, start)
            } else {
                files[key, default: Looks()].reference = Self.look(stat, start)
            }
        }
        for name in below { try walk(directory, name, worktree, isLog: isLog) }
    }

    /// Whether there was a file of the reference, or its reflog.
    func has(_ key: Key, isLog: Bool) -> Bool { (isLog ? files[key]?.log : files[key]?.reference) != nil }

    /// The references whose files or records have come, gone or changed since `earlier`, or may have; nil = too many.
    func changes(since earlier: FilesInventory) throws(RefError) -> Set<Key>? {
        // A few for each hundred records: with more it is faster to read them all.
        let limit = 1000 + packed.byteCount / 2000
        guard let names = try packed.changedNames(since: earlier.packed, limit: limit),
            names.allSatisfy(\.isWellFormed)
        else { return nil }
        var changed = Set(names.map { Key(worktree: nil, name: $0) })
        for (key, looks) in files where earlier.files[key] != looks || Self.isRacy(earlier.files[key]) {
            changed.insert(key)
        }
        for key in earlier.files.keys where files[key] == nil { changed.insert(key) }
        return changed
    }

    private static func isRacy(_ looks: Looks?) -> Bool {
        (looks?.reference?.isRacy ?? false) || (looks?.log?.isRacy ?? false)
    }
}
