public import StrataModel

/// What history needs of a commit.
public struct Commit: Sendable, Hashable {
    public let tree: ObjectID
    public let parents: [ObjectID]
    /// When it was committed, in seconds since 1970; 0 when the commit does not say so in a way that git reads.
    public let committerTime: Int64

    /// Parses the contents of a commit; nil when they are none. Answers to git's `parse_commit_buffer`.
    public init?(_ bytes: [UInt8], algorithm: HashAlgorithm) {
        var lines = HeaderLines(bytes)
        guard let first = lines.next("tree "), let tree = ObjectID(hex: first.span), tree.algorithm == algorithm else {
            return nil
        }
        var parents: [ObjectID] = []
        while lines.isNext("parent ") {
            guard let line = lines.next("parent "), let id = ObjectID(hex: line.span), id.algorithm == algorithm else {
                return nil
            }
            parents.append(id)
        }
        self.tree = tree
        self.parents = parents
        committerTime = lines.next("author") == nil ? 0 : lines.next("committer").map(Self.time) ?? 0
    }

    /// The number behind the last `>` of a committer line.
    private static func time(_ line: [UInt8]) -> Int64 {
        guard let mail = line.lastIndex(of: UInt8(ascii: ">")) else { return 0 }
        let text = line[(mail + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        let digits = text.prefix { $0 >= 0x30 && $0 <= 0x39 }
        return Int64(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}

extension ObjectStore {
    /// The commit `id`, or nil when it is absent or is no commit.
    ///
    /// - Throws: `corrupt` when its contents cannot be parsed; what `read` throws.
    public func commit(_ id: ObjectID) throws(ObjectError) -> Commit? {
        guard try kind(of: id) == .commit, let contents = try read(id) else { return nil }
        guard let commit = Commit(contents.bytes, algorithm: algorithm) else {
            throw ObjectError(.corrupt, object: id, "bogus commit object \(id)")
        }
        return commit
    }
}
