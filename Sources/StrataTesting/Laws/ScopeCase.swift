import StrataRefs

/// A scope, in words.
struct ScopeCase: Sendable, CustomStringConvertible {
    let prefix: String
    var from: String?
    var after: String?
    var excluded: [String] = []

    var scope: RefScope {
        var scope = RefScope(prefix: Array(prefix.utf8), from: Array((from ?? "").utf8))
        if let after { scope.start(after: Array(after.utf8)) }
        scope.exclude(excluded.map { Array($0.utf8) })
        return scope
    }

    /// Those of `names` that the scope selects, by its definition.
    func selected(from names: [String]) -> [String] {
        names.filter { name in
            guard name.hasPrefix(prefix) else { return false }
            if let from, Self.precedes(name, from) { return false }
            if let after, !Self.precedes(after, name) { return false }
            return !excluded.contains { pattern in
                let isWild = pattern.contains { "?*[\\".contains($0) }
                return !isWild && !pattern.isEmpty && name.hasPrefix(pattern.hasSuffix("/") ? pattern : pattern + "/")
            }
        }
    }

    private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    var description: String {
        var words = [prefix.isEmpty ? "everything" : "'\(prefix)'"]
        if let from { words.append("from '\(from)'") }
        if let after { words.append("after '\(after)'") }
        if !excluded.isEmpty { words.append("without " + excluded.map { "'\($0)'" }.joined(separator: " and ")) }
        return words.joined(separator: " ")
    }

    static let all: [ScopeCase] = [
        ScopeCase(prefix: ""), ScopeCase(prefix: "refs/"), ScopeCase(prefix: "refs/heads/"),
        ScopeCase(prefix: "refs/heads"), ScopeCase(prefix: "refs/heads/ma"), ScopeCase(prefix: "refs/heads/main"),
        ScopeCase(prefix: "refs/heads/a"), ScopeCase(prefix: "refs/heads/a/"), ScopeCase(prefix: "refs/heads/ba"),
        ScopeCase(prefix: "refs/heads/ba/"), ScopeCase(prefix: "refs/heads/none"), ScopeCase(prefix: "H"),
        ScopeCase(prefix: "HEAD"), ScopeCase(prefix: "refs/tags/v1"), ScopeCase(prefix: "refs/zzz"),
        ScopeCase(prefix: "r"), ScopeCase(prefix: "zz"), ScopeCase(prefix: "refs/heads/main/"),
        ScopeCase(prefix: "", from: "refs/heads/b"), ScopeCase(prefix: "refs/heads/", from: "refs/heads/a0"),
        ScopeCase(prefix: "refs/heads/", from: "refs/"), ScopeCase(prefix: "refs/heads/", from: "refs/tags/"),
        ScopeCase(prefix: "refs/", from: "refs/heads/a/"), ScopeCase(prefix: "", from: "refs/zz"),
        ScopeCase(prefix: "", from: "refs/zza"), ScopeCase(prefix: "refs/heads/", from: "refs/heads/a/b"),
        ScopeCase(prefix: "refs/heads/", after: "refs/heads/a/b"), ScopeCase(prefix: "", after: "HEAD"),
        ScopeCase(prefix: "refs/heads/", after: "refs/heads/ba"), ScopeCase(prefix: "", after: "refs/zz"),
        ScopeCase(prefix: "refs/heads/", after: "refs/heads/main"),
        ScopeCase(prefix: "refs/", after: "refs/heads/none"), ScopeCase(prefix: "refs/tags/", after: "refs/tags/v1"),
        ScopeCase(prefix: "", excluded: ["refs/heads"]), ScopeCase(prefix: "", excluded: ["refs/heads/"]),
        ScopeCase(prefix: "refs/heads/", excluded: ["refs/heads/ba"]),
        ScopeCase(prefix: "refs/heads/", excluded: ["refs/heads/a"]),
        ScopeCase(prefix: "refs/heads/", excluded: ["refs/heads/main"]),
        ScopeCase(prefix: "refs/heads/", excluded: ["refs/heads/a", "refs/heads/ba/y"]),
        ScopeCase(prefix: "refs/", excluded: ["refs/heads/a", "refs/heads"]),
        ScopeCase(prefix: "refs/", excluded: ["refs"]), ScopeCase(prefix: "", excluded: ["refs"]),
        ScopeCase(prefix: "refs/", excluded: ["refs/heads/ba", "refs/tags", "refs/notes/n"]),
        ScopeCase(prefix: "refs/heads/ba/", excluded: ["refs/heads/ba"]),
        ScopeCase(prefix: "refs/heads/", excluded: ["refs/heads/b*"]), ScopeCase(prefix: "refs/", excluded: [""]),
        ScopeCase(prefix: "refs/heads/", from: "refs/heads/ba/y", excluded: ["refs/heads/ba"]),
        ScopeCase(prefix: "refs/", after: "refs/heads/ba/x", excluded: ["refs/heads/ba/", "refs/tags"]),
        ScopeCase(prefix: "refs/heads/", excluded: ["refs/heads/ba/x", "refs/heads/ba/y", "refs/heads/zz"]),
    ]
}
