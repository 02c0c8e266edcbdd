import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Writes references that are carried into files, laid out as in a common directory: what git would pack in order into one `packed-refs`, all
/// else loose. ``finish()`` must come at the end.
final class FilesRefLoader: RefCarrier {
    /// What an object peels to; nil = it cannot be known, as for one that is missing.
    typealias Peeling = (ObjectID) -> PeeledObject?

    enum PeeledObject {
        case noTag
        case tag(ObjectID)
    }

    private let root: FilePath
    private let sharing: FileSharing
    private let peel: Peeling
    private let progress: (Int) -> Void
    private var count = 0
    private var packed: FileSink?
    private var isShared = true
    private var directory: FilePath
    private var log: FileSink?
    /// The directory that was made last: most files stand beside their neighbours.
    private var lastMade: FilePath?

    init(
        _ root: FilePath, sharing: FileSharing, peel: @escaping Peeling, progress: @escaping (Int) -> Void
    ) throws(RefError) {
        self.root = root
        self.sharing = sharing
        self.peel = peel
        self.progress = progress
        directory = root
        try writing { () throws(FileError) in
            let path = root.appending("packed-refs")
            try Disk.makeDirectories(root, sharing: sharing)
            let sink = FileSink(try Disk.create(path, sharing: sharing), at: path)
            try sink.write(PackedRefsHeader.line)
            packed = sink
        }
    }

    func begin(_ worktree: [UInt8]?) throws(RefError) {
        isShared = worktree == nil
        directory = worktree.map { root.appending("worktrees").appending(bytes: $0) } ?? root
        try writing { () throws(FileError) in
            try finishLog()
            for name in isShared ? ["refs/heads", "refs/tags"] : ["refs"] {
                try Disk.makeDirectories(directory.appending(name), sharing: sharing)
            }
        }
    }

    func add(_ ref: CarriedRef) throws(RefError) {
        // What a damaged database says must not lead out of the tree.
        if !ref.name.isWellFormed, !Self.isInside(ref.name) {
            throw RefError(.corrupt, "'\(ref.name)' cannot be a file", reference: ref.name, path: root.string)
        }
        count += 1
        if count & 0xffff == 0 { progress(count) }
        try writing { () throws(FileError) in
            try finishLog()
            if let change = packable(ref) {
                var record: [UInt8] = []
                change.appendRecord(to: &record)
                try packed?.write(record)
            } else if let value = ref.value {
                let bytes = LooseRefContent.bytes(of: value) ?? ref.content
                let sink = try create(directory.appending(bytes: ref.name.bytes))
                try sink.write(bytes)
                try sink.finish()
            }
            if ref.hasLog { log = try create(directory.appending("logs").appending(bytes: ref.name.bytes)) }
        }
    }

    private static func isInside(_ name: RefName) -> Bool {
        name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8) && !part.contains(0)
        }
    }

    func add(line: [UInt8]) throws(RefError) {
        try writing { () throws(FileError) in try log?.write(line) }
    }

    func finish() throws(RefError) {
        try writing { () throws(FileError) in
            try finishLog()
            try packed?.finish()
        }
        packed = nil
        progress(count)
    }

    private func finishLog() throws(FileError) {
        try log?.finish()
        log = nil
    }

    /// The reference as a record of `packed-refs`. The file says of every record whether it peels, so one of which that cannot be known is not
    /// packed.
    private func packable(_ ref: CarriedRef) -> PackedRefChange? {
        guard isShared, case .object(let id, let peeled) = ref.value, !id.isZero, ref.name.place == .shared,
            ref.name.bytes.starts(with: "refs/".utf8), !ref.name.bytes.contains(0x0a)
        else { return nil }
        if let peeled { return .set(ref.name, to: id, peeled: peeled) }
        // Of a malformed name nobody asks.
        guard ref.name.isWellFormed else { return .set(ref.name, to: id, peeled: nil) }
        switch peel(id) {
        case nil: return nil
        case .noTag: return .set(ref.name, to: id, peeled: nil)
        case .tag(let peeled): return .set(ref.name, to: id, peeled: peeled)
        }
    }

    private func create(_ path: FilePath) throws(FileError) -> FileSink {
        let parent = path.removingLastComponent()
        if parent != lastMade {
            try Disk.makeDirectories(parent, sharing: sharing)
            lastMade = parent
        }
        return FileSink(try Disk.create(path, sharing: sharing), at: path, bufferSize: 4096)
    }

    private func writing(_ body: () throws(FileError) -> Void) throws(RefError) {
        do throws(FileError) { try body() } catch {
            throw RefError(.unavailable, "\(error)", path: error.path.string, cause: error)
        }
    }
}
