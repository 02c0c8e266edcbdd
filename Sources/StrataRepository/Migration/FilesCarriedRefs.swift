import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// The references in the files of a common directory, or of a tree that is laid out as one, as they are carried elsewhere.
///
/// Read as they stand: nothing is held. Lines of reflogs are carried byte for byte; what stands behind a log's last line feed is no line.
struct FilesCarriedRefs: CarriedRefs {
    let root: FilePath
    private let hashAlgorithm: HashAlgorithm
    /// Takes no locks: it is there because stores want one.
    private let locks: LockSpace
    private let shared: FilesRefStore
    private let packed: PackedRefSnapshot?
    private let found: @Sendable (FilesInventory.Key, _ isLog: Bool) -> Void

    /// - Parameters:
    ///   - packed: what `packed-refs` is taken to hold; nil = what it holds.
    ///   - found: told of each file of a reference or reflog that is read.
    init(
        _ root: FilePath, _ hashAlgorithm: HashAlgorithm, packed: PackedRefSnapshot? = nil,
        found: @escaping @Sendable (FilesInventory.Key, _ isLog: Bool) -> Void = { _, _ in }
    ) {
        self.root = root
        self.hashAlgorithm = hashAlgorithm
        self.packed = packed
        self.found = found
        locks = LockSpace(directory: root.appending("strata"))
        let file = root.appending("packed-refs")
        shared = FilesRefStore(
            loose: LooseRefStore(directory: root, hashAlgorithm: hashAlgorithm, locks: locks),
            packed: packed.map { [locks] in PackedRefStore(showing: $0, locks: locks) }
                ?? PackedRefStore(file, hashAlgorithm: hashAlgorithm, locks: locks))
    }

    func directory(_ worktree: [UInt8]?) -> FilePath {
        worktree.map { root.appending("worktrees").appending(bytes: $0) } ?? root
    }

    private func store(_ worktree: [UInt8]?) -> any RefStore {
        if worktree == nil { return shared }
        return LooseRefStore(directory: directory(worktree), hashAlgorithm: hashAlgorithm, locks: locks)
    }

    func carry(_ worktree: [UInt8]?, to carrier: any RefCarrier) throws(RefError) {
        let directory = directory(worktree)
        let logs = try logNames(directory)
        for name in logs { found(FilesInventory.Key(worktree: worktree, name: name), true) }
        var at = 0
        var cursor = try store(worktree).snapshot().cursor(over: .all)
        while let view = try cursor.next() {
            while at < logs.count, Self.order(logs[at], view) < 0 {
                try carryLog(CarriedRef(logs[at], nil, hasLog: true), directory, to: carrier)
                at += 1
            }
            let hasLog = at < logs.count && Self.order(logs[at], view) == 0
            if !view.flags.contains(.packed) {
                found(FilesInventory.Key(worktree: worktree, name: view.refName), false)
            }
            let ref = try carried(view, directory, hasLog: hasLog)
            if hasLog {
                at += 1
                try carryLog(ref, directory, to: carrier)
            } else {
                try carrier.add(ref)
            }
        }
        for name in logs[at...] { try carryLog(CarriedRef(name, nil, hasLog: true), directory, to: carrier) }
    }

    /// Gives `carrier` the reference `name`, if there is one or it has a reflog.
    func carry(_ name: RefName, of worktree: [UInt8]?, to carrier: any RefCarrier) throws(RefError) {
        let directory = directory(worktree)
        let snapshot = try store(worktree).snapshot()
        let value = try snapshot.read(name)
        let key = FilesInventory.Key(worktree: worktree, name: name)
        // What `packed-refs` holds too needs no file.
        let packedValue = worktree == nil ? try packed?.read(name) : nil
        if value != nil, value != packedValue { found(key, false) }
        var ref = CarriedRef(name, value, hasLog: true)
        if case .broken = value {
            // A walk tells where it is, and costs reading a directory.
            var scope = RefScope(prefix: name.bytes)
            scope.lowerBound = name.bytes
            var cursor = try snapshot.cursor(over: scope)
            let view = try cursor.next()
            if let view, Self.order(name, view) == 0 { ref = try carried(view, directory, hasLog: true) }
        }
        let log = directory.appending("logs").appending(bytes: name.bytes)
        let hasLog = try filing { () throws(FileError) in try FileStat.lstat(log)?.kind == .regular }
        if hasLog {
            found(key, true)
            try carryLog(ref, directory, to: carrier)
        } else if ref.value != nil {
            try carrier.add(CarriedRef(name, ref.value, content: ref.content, hasLog: false))
        }
    }

    private static func order(_ name: RefName, _ view: RefView) -> Int {
        RefNameOrder.compare(name.bytes.span, view.name)
    }

    // MARK: Values

    private func carried(_ view: RefView, _ directory: FilePath, hasLog: Bool) throws(RefError) -> CarriedRef {
        let value = view.value
        guard case .broken = value else { return CarriedRef(view.refName, value, hasLog: hasLog) }
        // A cursor shows only that it is broken; what is carried is what it holds.
        let name = view.refName
        if view.flags.contains(.packed) {
            let id = unsafe ObjectID(hex: Array(view.valueBuffer).span)
            return CarriedRef(name, id.map { .object($0, peeled: nil) } ?? value, hasLog: hasLog)
        }
        let path = directory.appending(bytes: name.bytes)
        do throws(FileError) {
            let content = try readFile(path, limit: Self.contentLimit) ?? []
            let stored = LooseRefContent.parse(content.span, isWhole: true, hashAlgorithm)
            if case .broken = stored { return CarriedRef(name, .broken(.content), content: content, hasLog: hasLog) }
            return CarriedRef(name, stored, hasLog: hasLog)
        } catch {
            throw RefError(
                .unavailable, "unable to read '\(path)': \(error.errno)", reference: name, path: path.string,
                cause: error)
        }
    }

    /// The most that the file of a broken reference may hold.
    private static let contentLimit = 1 << 20

    // MARK: Reflogs

    /// The names that have a reflog, malformed ones among them, in order.
    private func logNames(_ directory: FilePath) throws(RefError) -> [RefName] {
        let logs = directory.appending("logs")
        var names: [RefName] = []
        var directories: [[UInt8]] = [[]]
        do throws(FileError) {
            while let directory = directories.popLast() {
                guard var entries = try DirectoryReader(logs.appending(bytes: directory)) else { continue }
                while try entries.next() {
                    if isHiddenRefFile(entries.name) { continue }
                    let name = directory + entries.name
                    switch try entries.kind() {
                    case .directory: directories.append(name + [UInt8(ascii: "/")])
                    case .regular: if let name = RefName(tolerating: name) { names.append(name) }
                    default: break
                    }
                }
            }
        } catch {
            throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
        }
        return names.sorted()
    }

    /// Hands on a reference and its reflog. A log that has gone since it was seen is none.
    private func carryLog(_ ref: CarriedRef, _ directory: FilePath, to carrier: any RefCarrier) throws(RefError) {
        let path = directory.appending("logs").appending(bytes: ref.name.bytes)
        func unreadable(_ errno: Errno) -> RefError {
            RefError(
                .unavailable, "unable to read reflog '\(path)': \(errno)", reference: ref.name, path: path.string)
        }
        let opened: FileDescriptor?
        do throws(FileError) { opened = try openForReading(path) } catch { throw unreadable(error.errno) }
        guard let file = opened else {
            if ref.value != nil {
                try carrier.add(CarriedRef(ref.name, ref.value, content: ref.content, hasLog: false))
            }
            return
        }
        defer { Glibc.close(file.rawValue) }
        try carrier.add(ref)
        let scan = ReflogScan(file: file.rawValue, longestLine: .max) { unreadable(Errno(rawValue: $0)) }
        try scan.forward { line throws(RefError) in
            try carrier.add(line: unsafe line.withUnsafeBufferPointer { unsafe Array($0) })
            return true
        }
    }
}
