public import StrataModel

/// One entry of a tree.
public struct TreeEntry: Sendable, Hashable {
    /// The name, without a slash and never empty.
    public let name: [UInt8]
    public let mode: TreeEntryMode
    public let id: ObjectID
}

/// What an entry of a tree is, in the numbers that git writes: those of Unix, of which it knows five.
public struct TreeEntryMode: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let directory = Self(rawValue: 0o040000)
    public static let file = Self(rawValue: 0o100644)
    public static let executable = Self(rawValue: 0o100755)
    public static let symbolicLink = Self(rawValue: 0o120000)
    /// A commit of another repository.
    public static let submodule = Self(rawValue: 0o160000)

    /// The nearest to what stands in a tree. Answers to git's `canon_mode`.
    init(written: UInt32) {
        switch written & 0o170000 {
        case 0o100000: self = written & 0o100 != 0 ? .executable : .file
        case 0o120000: self = .symbolicLink
        case 0o040000: self = .directory
        default: self = .submodule
        }
    }

    /// The kind of the object that the entry names.
    public var kind: ObjectKind {
        switch self {
        case .directory: .tree
        case .submodule: .commit
        default: .blob
        }
    }
}

/// Walks the entries of a tree in the order in which they stand. Answers to git's `decode_tree_entry`.
public struct TreeCursor {
    private let bytes: [UInt8]
    private let algorithm: HashAlgorithm
    private var place = 0

    /// A walk over the contents of a tree.
    public init(_ bytes: [UInt8], algorithm: HashAlgorithm) {
        self.bytes = bytes
        self.algorithm = algorithm
    }

    /// The next entry; nil at the end.
    ///
    /// - Throws: `corrupt` when what follows is none.
    public mutating func next() throws(ObjectError) -> TreeEntry? {
        guard let parts = try nextParts() else { return nil }
        guard let id = ObjectID(bytes: bytes.span.extracting(parts.id)) else { throw damaged("too-short tree object") }
        return TreeEntry(name: Array(bytes[parts.name]), mode: parts.mode, id: id)
    }

    /// The entry called `name`; nil when there is none. The walk then goes on behind it.
    mutating func find(_ name: ArraySlice<UInt8>) throws(ObjectError) -> TreeEntry? {
        while let parts = try nextParts() {
            guard bytes[parts.name].elementsEqual(name) else { continue }
            guard let id = ObjectID(bytes: bytes.span.extracting(parts.id)) else { break }
            return TreeEntry(name: Array(name), mode: parts.mode, id: id)
        }
        return nil
    }

    private mutating func nextParts() throws(ObjectError) -> (mode: TreeEntryMode, name: Range<Int>, id: Range<Int>)? {
        if place == bytes.count { return nil }
        var mode: UInt32 = 0
        var digits = 0
        while place < bytes.count, case let byte = bytes[place], byte != 0x20 {
            guard byte & 0xf8 == 0x30, digits < 9 else { throw damaged("malformed mode in tree entry") }
            mode = mode << 3 | UInt32(byte & 7)
            digits += 1
            place += 1
        }
        guard digits > 0 else { throw damaged("malformed mode in tree entry") }
        place += 1
        guard place < bytes.count, let end = bytes[place...].firstIndex(of: 0),
            bytes.count - end > algorithm.byteCount
        else { throw damaged("too-short tree object") }
        guard end > place else { throw damaged("empty filename in tree entry") }
        let name = place..<end
        place = end + 1 + algorithm.byteCount
        return (TreeEntryMode(written: mode), name, end + 1..<place)
    }

    private func damaged(_ cause: String) -> ObjectError { ObjectError(.corrupt, cause) }
}

extension ObjectStore {
    /// The tree that `id` leads to: itself, a commit's, or that of what a tag names; nil when it leads to none.
    public func treeID(from id: ObjectID) throws(ObjectError) -> ObjectID? {
        var current = id
        // A tag's id depends on what it names, so only files that lie make a chain without end.
        for _ in 0..<1000 {
            switch try kind(of: current) {
            case .tree: return current
            case .commit: return try commit(current)?.tree
            case .tag:
                guard let target = try tagTarget(of: current) else { return nil }
                current = target.id
            case .blob, nil: return nil
            }
        }
        return nil
    }

    /// What stands at `path`, names separated by single slashes, below the tree that `id` leads to; nil when nothing does.
    ///
    /// The empty path is the tree itself, which has no entry and so no mode. A slash at the end asks for a directory. Answers to git's
    /// `get_tree_entry`.
    /// - Throws: `corrupt` when a tree on the way cannot be parsed; what `read` throws.
    public func entry(at path: ArraySlice<UInt8>, from id: ObjectID) throws(ObjectError) -> (
        id: ObjectID, mode: TreeEntryMode?
    )? {
        guard var tree = try treeID(from: id) else { return nil }
        if path.isEmpty { return (tree, nil) }
        var rest = path
        while true {
            let slash = rest.firstIndex(of: UInt8(ascii: "/"))
            guard let contents = try read(tree), contents.kind == .tree else { return nil }
            var cursor = TreeCursor(contents.bytes, algorithm: algorithm)
            let found: TreeEntry?
            do throws(ObjectError) {
                found = try cursor.find(rest[..<(slash ?? rest.endIndex)])
            } catch {
                throw ObjectError(.corrupt, object: tree, "tree \(tree): \(error.cause)")
            }
            guard let found else { return nil }
            guard let slash else { return (found.id, found.mode) }
            guard found.mode == .directory else { return nil }
            rest = rest[(slash + 1)...]
            if rest.isEmpty { return (found.id, found.mode) }
            tree = found.id
        }
    }
}
