import StrataModel

/// Which references a cursor or a stamp is about.
///
/// `prefix` is literal bytes, not a path: `refs/heads/ma` includes `refs/heads/main`. An empty prefix covers everything, root
/// references (`HEAD`) too; ``refs`` covers what git lists by default.
public struct RefScope: Sendable, Hashable {
    /// Names begin with these bytes.
    public var prefix: [UInt8]
    /// Names are not before these bytes.
    public var lowerBound: [UInt8]
    /// Prefixes of names that are passed over: sorted, disjoint, each ending in `/`.
    public internal(set) var excluded: [[UInt8]] = []

    public init(prefix: [UInt8], from lowerBound: [UInt8] = []) {
        self.prefix = prefix
        self.lowerBound = lowerBound
    }

    /// Everything, root references included.
    public static let all = RefScope(prefix: [])
    /// Everything below `refs/`.
    public static let refs = RefScope(prefix: Array("refs/".utf8))

    /// The names behind `marker`, which itself is left out. Names that `marker` is a directory of come after it, as in the order of
    /// bytes. (No refname holds the byte 0x01, so nothing falls between.)
    public mutating func start(after marker: [UInt8]) { lowerBound = marker + [0x01] }

    /// Leaves out what lies below `patterns`, which are paths: `refs/heads/ba` hides `refs/heads/ba/x`, not `refs/heads/bar`, nor
    /// `refs/heads/ba` itself. Patterns with wildcards and empty ones hide nothing here: callers filter what they get once more,
    /// as git's do (`excludes` of `refs_ref_iterator_begin`).
    public mutating func exclude(_ patterns: some Sequence<[UInt8]>) {
        let wild = Set("?*[\\".utf8)
        var all = excluded
        for pattern in patterns where !pattern.isEmpty && !pattern.contains(where: wild.contains) {
            all.append(pattern.last == UInt8(ascii: "/") ? pattern : pattern + [UInt8(ascii: "/")])
        }
        all.sort { RefNameOrder.compare($0.span, $1.span) < 0 }
        excluded = []
        for pattern in all where !(excluded.last.map { pattern.starts(with: $0) } ?? false) { excluded.append(pattern) }
    }

    /// The first bytes that a cursor over this scope has to look at.
    public var start: [UInt8] {
        RefNameOrder.compare(prefix.span, lowerBound.span) < 0 ? lowerBound : prefix
    }

    /// Whether any name that begins with `directory` may lie inside.
    public func mayHoldNames(under directory: [UInt8]) -> Bool {
        guard directory.starts(with: prefix) || prefix.starts(with: directory) else { return false }
        if RefNameOrder.compare(directory.span, lowerBound.span) < 0 && !lowerBound.starts(with: directory) {
            return false
        }
        return !excluded.contains { directory.starts(with: $0) }
    }

    /// Whether `name` lies inside.
    public func contains(_ name: Span<UInt8>) -> Bool {
        Self.starts(name, with: prefix.span) && RefNameOrder.compare(name, lowerBound.span) >= 0
            && exclusion(hiding: name) == nil
    }

    @inlinable
    static func starts(_ name: Span<UInt8>, with prefix: Span<UInt8>) -> Bool {
        guard name.count >= prefix.count else { return false }
        for i in 0..<prefix.count where name[i] != prefix[i] { return false }
        return true
    }
}

extension RefScope {
    /// What a cursor in order does at a name that is not before ``start``.
    public enum Judgement: Sendable {
        /// The name is inside.
        case inside
        /// The name is excluded; the next that may not be is at these bytes or behind.
        case skip(past: [UInt8])
        /// The name and all behind it are outside.
        case end
    }

    /// What a cursor in order does at `name`, which must not be before ``start``.
    @inlinable
    public func judge(_ name: Span<UInt8>) -> Judgement {
        if !Self.starts(name, with: prefix.span) { return .end }
        if excluded.isEmpty { return .inside }
        return judgeExclusions(name)
    }

    @usableFromInline
    func judgeExclusions(_ name: Span<UInt8>) -> Judgement {
        guard let pattern = exclusion(hiding: name) else { return .inside }
        // The first bytes behind everything that starts with "x/" are "x0", '0' being the byte behind '/'.
        return .skip(past: pattern.dropLast() + [UInt8(ascii: "/") + 1])
    }

    /// The exclusion that `name` begins with. They are sorted and none begins with another, so it is the last that is not behind `name`.
    private func exclusion(hiding name: Span<UInt8>) -> [UInt8]? {
        var (low, high) = (0, excluded.count)
        while low < high {
            let middle = (low + high) / 2
            let pattern = excluded[middle]
            if RefNameOrder.compare(pattern.span, name) <= 0 { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let pattern = excluded[low - 1]
        return Self.starts(name, with: pattern.span) ? pattern : nil
    }
}
