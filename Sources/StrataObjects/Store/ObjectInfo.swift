public import StrataModel

/// What can be asked of an object without its contents.
public struct ObjectFields: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let kind = Self(rawValue: 1)
    /// The number of bytes of the contents.
    public static let size = Self(rawValue: 2)
    /// The number of bytes that the object takes on disk.
    public static let storedSize = Self(rawValue: 4)
    /// The object that this one is stored as a delta of.
    public static let deltaBase = Self(rawValue: 8)
    /// Where the object is.
    public static let place = Self(rawValue: 16)
}

/// What a store knows of an object; each where it was asked for (``ObjectFields``).
public struct ObjectInfo: Sendable, Hashable {
    public var kind: ObjectKind?
    public var size: UInt64?
    public var storedSize: UInt64?
    /// The base of the delta that the object is stored as; zero when it is stored whole.
    public var deltaBase: ObjectID?
    public var place: ObjectPlace?

    @inlinable
    public init(
        kind: ObjectKind? = nil, size: UInt64? = nil, storedSize: UInt64? = nil, deltaBase: ObjectID? = nil,
        place: ObjectPlace? = nil
    ) {
        self.kind = kind
        self.size = size
        self.storedSize = storedSize
        self.deltaBase = deltaBase
        self.place = place
    }
}

/// Where an object was found.
public enum ObjectPlace: Sendable, Hashable {
    case loose
    /// In the pack with this number, which no other pack of the process ever has, at this byte.
    case packed(pack: UInt64, offset: UInt64)
    case memory
}

/// An object with its contents.
public struct ObjectContents: Sendable, Hashable {
    public var kind: ObjectKind
    public var bytes: [UInt8]

    public init(kind: ObjectKind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }
}
