import CTestSupport
import CrashSupport
import StrataModel
import StrataRefs
import SystemPackage

/// What a place holds: the references as the store lists them, the reflogs byte for byte, and what nobody should have left.
struct CrashState {
    var references: [String: String] = [:]
    var logs: [String: [UInt8]] = [:]
    var litter: [String] = []

    /// What stands in the files, and in `opened`.
    init(_ place: CrashPlace, _ opened: OpenedCrashStore, hasDatabase: Bool = false) throws {
        let snapshot = try opened.store.snapshot()
        var cursor = try snapshot.cursor(over: .all)
        while let view = try cursor.next() {
            references[view.refName.description] = Self.words(view.value)
        }
        for (name, value) in zip(opened.otherHeads, try snapshot.read(opened.otherHeads)) {
            references[name.description] = value.map { Self.words($0) }
        }
        if hasDatabase { try readLogs(of: opened.store) }
        for (path, bytes) in Self.files(place.root) {
            if Self.isLitter(path) { litter.append(path) } else if path.contains("/logs/") { logs[path] = bytes }
        }
        litter.sort()
    }

    private static func words(_ value: RefValue) -> String {
        value.objectID?.hex ?? value.target.map { String(decoding: $0, as: UTF8.self) } ?? "broken"
    }

    /// Opens the store anew.
    init(_ place: CrashPlace, of store: CrashStore) throws {
        let opened = try store.open(place)
        try self.init(place, opened, hasDatabase: store.hasDatabase)
        opened.close()
    }

    /// The lines that are in no files.
    private mutating func readLogs(of store: any RefStore) throws {
        guard let reflogs = store.reflogs else { return }
        for name in try reflogs.names() {
            var lines: [UInt8] = []
            try reflogs.read(name, newestFirst: false) { entry throws(RefError) in
                lines += ReflogLine.bytes(of: entry)
                return true
            }
            logs["reflog \(name)"] = lines
        }
    }

    private static func isLitter(_ path: String) -> Bool {
        path.hasSuffix(".lock") || path.hasSuffix(".new")
            || path.contains("/strata/") && !path.hasSuffix("/strata/sequence")
    }

    static func litter(_ root: FilePath) -> [String] { files(root).map(\.path).filter(isLitter).sorted() }

    /// What git looks at, for telling states apart: all but locks and what is Strata's own.
    static func gitsView(_ root: FilePath) -> [String: [UInt8]] {
        Dictionary(
            files(root).filter {
                !isLitter($0.path) && !$0.path.contains("/strata/") && !$0.path.contains("/lmdb/")
            }.map { ($0.path, $0.bytes) },
            uniquingKeysWith: { $1 })
    }

    private static func files(_ root: FilePath) -> [(path: String, bytes: [UInt8])] {
        let nothing: [UnsafePointer<CChar>?] = unsafe [nil]
        let tree = unsafe test_tree_read(root.string, nothing)
        defer { unsafe test_tree_free(tree) }
        return unsafe (0..<test_tree_count(tree)).map { index in
            var bytes: UnsafePointer<CChar>?
            var count = 0
            _ = unsafe test_tree_entry(tree, index, &bytes, &count)
            let contents = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
            let path = unsafe String(cString: test_tree_path(tree, index))
            return unsafe (path, Array(contents))
        }
    }
}

extension CrashState {
    /// Whether the references and the reflogs are those of `other`.
    func isSame(as other: CrashState) -> Bool { references == other.references && logs == other.logs }

    /// What stands neither in the one state nor in the other. A reflog may have some of its new lines, as with git.
    func strays(from old: CrashState, and new: CrashState) -> [String] {
        let names = Set(references.keys).union(old.references.keys).union(new.references.keys)
        let files = Set(logs.keys).union(old.logs.keys).union(new.logs.keys)
        let values = names.filter {
            references[$0] != old.references[$0] && references[$0] != new.references[$0]
        }
        return values.map { "\($0): \(references[$0] ?? "absent")" }
            + files.filter { !isBetween(logs[$0], old.logs[$0], new.logs[$0]) }.map {
                "\($0): \(logs[$0].map(text) ?? "absent")"
            }
    }

    private func isBetween(_ found: [UInt8]?, _ old: [UInt8]?, _ new: [UInt8]?) -> Bool {
        if found == old || found == new { return true }
        guard let found, let new, found.starts(with: old ?? []), new.starts(with: found) else { return false }
        return found.isEmpty || found.last == 0x0a
    }

    /// In which references and reflogs it differs.
    func difference(from other: CrashState) -> [String] { strays(from: other, and: other) }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
