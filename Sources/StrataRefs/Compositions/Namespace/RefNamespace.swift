public import StrataModel

/// The place of a namespace among a repository's references (gitnamespaces): `a/b` keeps its own in
/// `refs/namespaces/a/refs/namespaces/b/`.
public struct RefNamespace: Sendable, Hashable {
    /// What the full names of the namespace's references begin with; ends in a slash.
    public let prefix: [UInt8]

    /// The namespace `path`, components between slashes; more slashes than are needed count for nothing, as with git.
    ///
    /// - Throws: ``RefError``, `invalid`, when a component could not stand in a refname, or there is none. Git's function:
    ///   `expand_namespace`.
    public init(_ path: [UInt8]) throws(RefError) {
        let components = path.split(separator: UInt8(ascii: "/"))
        var prefix: [UInt8] = []
        for component in components { prefix += "refs/namespaces/".utf8 + component + [UInt8(ascii: "/")] }
        guard !components.isEmpty, (try? RefName(bytes: prefix.dropLast())) != nil else {
            throw RefError(.invalid, "bad git namespace path \"\(String(decoding: path, as: UTF8.self))\"")
        }
        self.prefix = prefix
    }

    /// The namespace `path`, components between slashes.
    ///
    /// - Throws: ``RefError``, `invalid`, when a component could not stand in a refname, or there is none.
    public init(_ path: String) throws(RefError) { try self.init(Array(path.utf8)) }

    /// The full name of what the namespace calls `name`; nil when it has no place for it: all but `HEAD` and what is below `refs/`.
    public func full(_ name: RefName) -> RefName? {
        Self.isShown(name.bytes.span) ? RefName(unchecked: prefix + name.bytes) : nil
    }

    /// What the namespace calls `full`; nil when that is outside. Git's function: `strip_namespace`.
    public func bare(_ full: [UInt8]) -> [UInt8]? {
        full.count > prefix.count && full.starts(with: prefix) ? Array(full[prefix.count...]) : nil
    }

    /// Whether a namespace has references named like `name`.
    static func isShown(_ name: Span<UInt8>) -> Bool {
        if name.count == 4 { return isSame(name, RefName.head.bytes) }
        return name.count > 5 && isSame(name.extracting(first: 5), refs)
    }

    private static func isSame(_ name: Span<UInt8>, _ other: [UInt8]) -> Bool {
        RefNameOrder.compare(name, other.span) == 0
    }

    private static let refs = Array("refs/".utf8)

    /// The names that must not exist where something in the namespace does: its parents.
    var parents: [RefName] {
        let path = prefix + "refs/".utf8
        return path.indices.filter { path[$0] == UInt8(ascii: "/") && $0 > 4 }.map {
            RefName(unchecked: Array(path[..<$0]))
        }
    }

    /// `scope` in full names.
    func full(_ scope: RefScope) -> RefScope {
        var full = RefScope(prefix: prefix + scope.prefix, from: prefix + scope.lowerBound)
        full.excluded = scope.excluded.map { prefix + $0 }
        return full
    }

    /// `value` as the namespace shows it: a symbolic reference that leads outside leads nowhere here, and counts as broken.
    func bare(_ value: RefValue) -> RefValue {
        guard case .symbolic(let target) = value else { return value }
        return bare(target).map { .symbolic($0) } ?? .broken(.content)
    }

    /// `value` as it is kept.
    func full(_ value: RefValue) -> RefValue {
        guard case .symbolic(let target) = value else { return value }
        return .symbolic(prefix + target)
    }
}
