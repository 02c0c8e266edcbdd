import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Replaces references in a tree that is laid out as a common directory, and their reflogs, by what is carried: single ones, as loose files, also
/// where git would pack them. Nobody else has the tree. ``finish()`` must come at the end.
final class FilesRefReplacer: RefCarrier {
    private struct Item {
        let worktree: [UInt8]?
        let name: RefName
        var ref: CarriedRef?
        var lines: [[UInt8]] = []
    }

    private let root: FilePath
    private let hashAlgorithm: HashAlgorithm
    private let sharing: FileSharing
    private let spare: SpareFiles?
    /// The file that stood where there is a new `packed-refs` now. To let the last of it go takes as long as to write it.
    private(set) var replaced: PackedRefSnapshot?
    private var items: [Item] = []

    /// - Parameter spare: files to be used as long as there are any.
    init(_ root: FilePath, _ hashAlgorithm: HashAlgorithm, sharing: FileSharing, spare: SpareFiles? = nil) {
        self.root = root
        self.hashAlgorithm = hashAlgorithm
        self.sharing = sharing
        self.spare = spare
    }

    /// What is carried next is `name` of a linked worktree, or with nil of what is shared; nothing = it goes.
    func begin(_ worktree: [UInt8]?, _ name: RefName) { items.append(Item(worktree: worktree, name: name)) }

    func begin(_ worktree: [UInt8]?) throws(RefError) {}

    func add(_ ref: CarriedRef) throws(RefError) {
        guard let last = items.indices.last, items[last].name == ref.name else {
            throw RefError(.invalid, "a reference is carried that nobody has asked for", reference: ref.name)
        }
        items[last].ref = ref
    }

    func add(line: [UInt8]) throws(RefError) { if let last = items.indices.last { items[last].lines.append(line) } }

    /// Writes all that was carried: first what goes, so that it is in nobody's way.
    func finish() throws(RefError) {
        try unpack()
        try filing { () throws(FileError) in
            for item in items {
                let directory = directory(item.worktree)
                if item.ref?.value == nil { try remove(item.name, below: directory) }
                if item.ref?.hasLog != true { try remove(item.name, below: directory.appending("logs")) }
            }
            for item in items {
                guard let ref = item.ref else { continue }
                let directory = directory(item.worktree)
                if let value = ref.value {
                    try write(LooseRefContent.bytes(of: value) ?? ref.content, to: ref.name, below: directory)
                }
                if ref.hasLog {
                    try write(Array(item.lines.joined()), to: ref.name, below: directory.appending("logs"))
                }
            }
        }
    }

    private func directory(_ worktree: [UInt8]?) -> FilePath {
        worktree.map { root.appending("worktrees").appending(bytes: $0) } ?? root
    }

    /// Takes what goes out of `packed-refs`, where a loose file would not hide it.
    private func unpack() throws(RefError) {
        let packed = PackedRefStore(
            root.appending("packed-refs"), hashAlgorithm: hashAlgorithm,
            locks: LockSpace(directory: root.appending("strata"), sharing: sharing))
        let snapshot = try packed.current()
        var changes: [PackedRefChange] = []
        for item in items where item.worktree == nil && item.ref?.value == nil {
            if try snapshot.read(item.name) != nil {
                changes.append(.remove(item.name))
            }
        }
        if changes.isEmpty { return }
        replaced = snapshot
        let lock = try packed.lock(until: .after(milliseconds: 10_000))
        // What stands there was compared with what it was written from.
        try lock.stage(
            changes.sorted { $0.name < $1.name }, durability: Durability.none, isTrusted: true, isSyncedLater: true)
        try lock.commit()
    }

    /// Removes the file of `name`, and directories that are left without any.
    private func remove(_ name: RefName, below directory: FilePath) throws(FileError) {
        let path = directory.appending(bytes: name.bytes)
        guard let kind = try FileStat.lstat(path)?.kind, kind != .directory else { return }
        try Disk.unlinkIfPresent(path)
        var parent = path.removingLastComponent()
        // Down to `refs/heads`, which stays.
        while parent.components.count > directory.components.count + 2, try Disk.rmdirIfEmpty(parent) {
            parent.removeLastComponent()
        }
    }

    private func write(_ bytes: [UInt8], to name: RefName, below directory: FilePath) throws(FileError) {
        let path = directory.appending(bytes: name.bytes)
        try Disk.makeDirectories(path.removingLastComponent(), sharing: sharing)
        let kind = try FileStat.lstat(path)?.kind
        if kind == .directory { try Disk.rmdir(path) }
        if let spare, try spare.use(bytes, at: path) { return }
        if kind != nil { try Disk.unlinkIfPresent(path) }
        let sink = FileSink(try Disk.create(path, sharing: sharing), at: path, bufferSize: 4096)
        try sink.write(bytes)
        try sink.finish()
    }
}
