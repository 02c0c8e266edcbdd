import StrataModel
import StrataRefs

/// Which references `for-each-ref` shows. Git's function: `apply_ref_filter`.
struct RefFilter {
    private struct Pattern {
        let bytes: Bytes
        let glob: WildMatch?

        init(_ bytes: Bytes, ignoringCase: Bool) {
            self.bytes = bytes
            // Text without wildcards matches as a path only, unless letters may differ in case.
            let isWild = bytes.contains { "*?[\\".utf8.contains($0) }
            let options: WildMatch.Options = ignoringCase ? [.pathname, .casefold] : .pathname
            glob = isWild || ignoringCase ? WildMatch(bytes, options: options) : nil
        }

        /// Whether `name` is this path or lies below it, or the wildcards match all of it.
        func matches(_ name: Bytes) -> Bool {
            if name.count >= bytes.count, name.starts(with: bytes) {
                if name.count == bytes.count || name[bytes.count] == UInt8(ascii: "/") { return true }
                if bytes.last == UInt8(ascii: "/") { return true }
            }
            return glob?.matches(name) ?? false
        }
    }

    private let includes: [Pattern]
    private let excludes: [Pattern]
    private let pointsAt: Set<ObjectID>
    private let rootRefs: Bool
    private let objects: any ObjectLookup
    /// Where the store has to look.
    let scopes: [RefScope]

    init(_ patterns: [Bytes], _ values: ForEachRef.Values, _ repository: CommandRepository) throws(CommandExit) {
        includes = patterns.map { Pattern($0, ignoringCase: values.ignoreCase) }
        excludes = values.excludes.map { Pattern($0, ignoringCase: values.ignoreCase) }
        rootRefs = values.rootRefs
        objects = repository.objects
        var pointsAt: Set<ObjectID> = []
        for text in values.pointsAt {
            guard let id = try repository.revision(text) else {
                throw .refusal(Bytes("malformed object name '") + text + Bytes("'"))
            }
            pointsAt.insert(id)
        }
        self.pointsAt = pointsAt
        var scopes: [RefScope]
        if values.rootRefs {
            scopes = [.all]
        } else if patterns.isEmpty || values.ignoreCase {
            scopes = [.refs]
        } else {
            scopes = Self.scopes(of: patterns)
        }
        for index in scopes.indices {
            scopes[index].exclude(values.excludes)
            if let marker = values.startAfter { scopes[index].start(after: marker) }
        }
        self.scopes = scopes
    }

    /// The parts of `refs/` that `patterns` can match in: disjoint, in order.
    private static func scopes(of patterns: [Bytes]) -> [RefScope] {
        let all = RefScope.refs.prefix
        var prefixes: [Bytes] = []
        for pattern in patterns {
            let literal = Bytes(pattern.prefix { !"*?[\\".utf8.contains($0) })
            if literal.starts(with: all) {
                prefixes.append(literal)
            } else if all.starts(with: literal) {
                prefixes.append(all)
            }
        }
        prefixes.sort { RefNameOrder.compare($0.span, $1.span) < 0 }
        var scopes: [RefScope] = []
        for prefix in prefixes where !(scopes.last.map { prefix.starts(with: $0.prefix) } ?? false) {
            scopes.append(RefScope(prefix: prefix))
        }
        return scopes
    }

    /// Whether `name`, of a reference in one of the scopes, is to be shown.
    func accepts(_ name: Bytes) -> Bool {
        if rootRefs && !name.hasPrefix("refs/") {
            guard let root = try? RefName(bytes: name), root.isRootRef else { return false }
        }
        if !includes.isEmpty && !includes.contains(where: { $0.matches(name) }) { return false }
        return !excludes.contains { $0.matches(name) }
    }

    /// Whether the reference names, or its tag leads to, one of the objects asked for.
    func accepts(_ reference: ListedRef, named name: Bytes) throws(CommandExit) -> Bool {
        if pointsAt.isEmpty || pointsAt.contains(reference.id) { return true }
        var id = reference.id
        while true {
            let (here, isThere) = try asking { () throws(ObjectError) in
                (try objects.tagTarget(of: id), try objects.contains(id))
            }
            guard let target = here else {
                if !isThere { throw .fatal(Bytes("malformed object at '") + name + Bytes("'")) }
                return false
            }
            if pointsAt.contains(target.id) { return true }
            id = target.id
        }
    }
}
