/// The hash function that names a repository's objects: `extensions.objectFormat`.
public enum HashAlgorithm: UInt8, Sendable, Hashable, CaseIterable {
    case sha1 = 1
    case sha256 = 2

    /// The length of an object id in bytes: 20 or 32.
    @inlinable public var byteCount: Int { self == .sha1 ? 20 : 32 }

    /// The length of an object id written in hexadecimal: 40 or 64.
    @inlinable public var hexCount: Int { self == .sha1 ? 40 : 64 }

    /// Git's name of the algorithm, as it stands in `extensions.objectFormat`.
    public var name: String { self == .sha1 ? "sha1" : "sha256" }

    /// The algorithm that git calls `name`, or nil.
    public init?(name: String) {
        switch name.lowercased() {
        case "sha1": self = .sha1
        case "sha256": self = .sha256
        default: return nil
        }
    }

    /// The algorithm whose ids have `hexCount` hexadecimal digits, or nil.
    @inlinable
    public init?(hexCount: Int) {
        switch hexCount {
        case 40: self = .sha1
        case 64: self = .sha256
        default: return nil
        }
    }
}
