import CTestSupport
import Glibc

/// The files below a directory. Empty directories do not count: git leaves some behind by chance of timing.
@safe final class TreeSnapshot {
    private let tree: OpaquePointer

    /// Reads `directory`, without the paths `skipping`.
    init(_ directory: String, skipping: [String]) {
        let strings = unsafe skipping.map { unsafe strdup($0) }
        defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
        let pointers = unsafe strings.map { unsafe UnsafePointer($0) } + [nil]
        unsafe tree = test_tree_read(directory, pointers)
    }

    deinit { unsafe test_tree_free(tree) }

    func has(_ path: String) -> Bool { unsafe test_tree_find(tree, path) >= 0 }

    /// The contents of a file; nil when there is none. A symbolic link is no file.
    func text(_ path: String) -> String? {
        let index = unsafe test_tree_find(tree, path)
        guard index >= 0, let entry = entry(index), entry.kind == "f" else { return nil }
        return entry.text
    }

    var paths: [String] { (0..<Int(unsafe test_tree_count(tree))).map(path) }

    private func path(_ index: Int) -> String { unsafe String(cString: test_tree_path(tree, index)) }

    private func entry(_ index: Int) -> (kind: Character, text: String)? {
        guard index >= 0, index < Int(unsafe test_tree_count(tree)) else { return nil }
        var bytes: UnsafePointer<CChar>?
        var count = 0
        let kind = unsafe test_tree_entry(tree, index, &bytes, &count)
        let text = unsafe String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        return (Character(UnicodeScalar(UInt8(bitPattern: kind))), text)
    }

    /// The first path, in order, at which two trees differ, with what stands there.
    func firstDifference(from other: TreeSnapshot) -> (path: String, mine: String, others: String)? {
        let index = unsafe test_tree_difference(tree, other.tree)
        guard index >= 0 else { return nil }
        let path =
            [self, other].compactMap { $0.entry(index) == nil ? nil : $0.path(index) }
            .min { $0.utf8.lexicographicallyPrecedes($1.utf8) } ?? ""
        return (path, show(path), other.show(path))
    }

    private func show(_ path: String) -> String {
        guard let entry = entry(unsafe test_tree_find(tree, path)) else { return "(absent)" }
        return entry.kind == "l" ? "-> \(entry.text)" : readable(Array(entry.text.utf8))
    }
}
