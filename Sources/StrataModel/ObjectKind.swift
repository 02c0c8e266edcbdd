/// What an object is. The raw values are those of pack entries.
public enum ObjectKind: UInt8, Sendable, Hashable, CaseIterable {
    case commit = 1
    case tree = 2
    case blob = 3
    case tag = 4

    /// Git's name of the kind, as it stands in loose objects and in tags.
    public var name: String {
        switch self {
        case .commit: "commit"
        case .tree: "tree"
        case .blob: "blob"
        case .tag: "tag"
        }
    }

    /// The kind that git calls `name`, or nil.
    public init?(name: some Sequence<UInt8>) {
        guard let kind = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
        self = kind
    }
}

extension ObjectKind: CustomStringConvertible {
    public var description: String { name }
}

/// What can be told of an object without its contents.
public struct ObjectHeader: Sendable, Hashable {
    public let kind: ObjectKind
    /// The number of bytes of the object's contents.
    public let size: UInt64

    public init(kind: ObjectKind, size: UInt64) {
        self.kind = kind
        self.size = size
    }
}

/// An object named together with its kind: what a tag points at.
public struct TypedObjectID: Sendable, Hashable {
    public let id: ObjectID
    public let kind: ObjectKind

    public init(id: ObjectID, kind: ObjectKind) {
        self.id = id
        self.kind = kind
    }
}
