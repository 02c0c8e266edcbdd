import StrataModel

/// How an overlay's front says that a reference of the back does not exist: by a symbolic reference of its own, a *marker*, whose name is
/// made of the hidden one's.
///
/// Markers of shared names lie below `refs/strata/hidden/`, those of a worktree's names below `refs/worktree/strata/hidden/` of that
/// worktree, so that each lives beside the reference that it speaks of, whatever store the front is. Behind that every component stands
/// after a letter, `d/` when others follow and `n/` when it is the last: `refs/heads/a` is `d/refs/d/heads/n/a`, `refs/heads/a/b` is
/// `d/refs/d/heads/d/a/n/b`, and neither is a directory of the other. Malformed names, which a store need not take, are written as
/// digits, 200 a component, behind `x/`.
enum HiddenRefName {
    static let shared = Array("refs/strata/hidden/".utf8)
    static let own = Array("refs/worktree/strata/hidden/".utf8)
    /// Where no user's reference may be.
    static let reserved = [shared, own]
    /// What a marker holds: the name of nothing, for a directory is there.
    static let value = RefValue.symbolic(Array("refs/strata/hidden".utf8))

    private static let main = Array("main-worktree/".utf8)
    private static let linked = Array("worktrees/".utf8)

    /// The name of the marker that hides `name`.
    static func marker(of name: RefName) -> RefName {
        let bytes =
            switch name.place {
            case .shared, .stray: shared + code(name)
            case .current: own + code(name)
            case .main(let bare): main + own + code(bare)
            case .linked(let id, let bare): linked + id + [slash] + own + code(bare)
            }
        return RefName(unchecked: bytes)
    }

    /// The name that a marker hides; nil when `name` is none.
    static func name(hiddenBy name: RefName) -> RefName? {
        for prefix in reserved where name.hasPrefix(prefix) { return decode(name.bytes.dropFirst(prefix.count)) }
        guard let bare = bare(name), bare.hasPrefix(own), let hidden = decode(bare.bytes.dropFirst(own.count)) else {
            return nil
        }
        return RefName(unchecked: name.bytes.dropLast(bare.bytes.count) + hidden.bytes)
    }

    /// Whether `name` lies where markers do.
    static func isReserved(_ name: RefName) -> Bool {
        // Nearly all names are told by one byte.
        switch name.bytes.first {
        case UInt8(ascii: "r"): reserved.contains { name.hasPrefix($0) }
        case UInt8(ascii: "m"), UInt8(ascii: "w"): bare(name)?.hasPrefix(own) ?? false
        default: false
        }
    }

    /// Whether markers need `name` as a directory.
    static func isReservedParent(_ name: RefName) -> Bool {
        parents.contains(name) || bare(name).map(parents.contains) ?? false
    }

    private static let parents = Set(
        ["refs/strata", "refs/strata/hidden", "refs/worktree", "refs/worktree/strata", "refs/worktree/strata/hidden"]
            .map { RefName(unchecked: Array($0.utf8)) })

    /// What the worktree itself calls the name that another worktree's is.
    private static func bare(_ name: RefName) -> RefName? {
        switch name.place {
        case .main(let bare), .linked(_, let bare): bare
        case .shared, .current, .stray: nil
        }
    }

    // MARK: The code

    private static let slash = UInt8(ascii: "/")
    private static let (directory, last, digits) = (UInt8(ascii: "d"), UInt8(ascii: "n"), UInt8(ascii: "x"))
    private static let digitsInComponent = 200

    private static func code(_ name: RefName) -> [UInt8] {
        if name.isWellFormed { return code(name.bytes.split(separator: slash)) }
        let hex = Array("0123456789abcdef".utf8)
        let text = name.bytes.flatMap { [hex[Int($0 >> 4)], hex[Int($0 & 15)]] }
        let pieces = stride(from: 0, to: text.count, by: digitsInComponent).map {
            text[$0..<min($0 + digitsInComponent, text.count)]
        }
        return [digits, slash] + code(pieces)
    }

    private static func code(_ components: [ArraySlice<UInt8>]) -> [UInt8] {
        var code: [UInt8] = []
        for component in components.dropLast() { code += [directory, slash] + component + [slash] }
        return code + [last, slash] + (components.last ?? [])
    }

    private static func decode(_ code: ArraySlice<UInt8>) -> RefName? {
        let parts = code.split(separator: slash, omittingEmptySubsequences: false)
        if parts.first == [digits] {
            guard let text = join(parts.dropFirst(), with: []), text.count % 2 == 0 else { return nil }
            var bytes: [UInt8] = []
            for index in stride(from: 0, to: text.count, by: 2) {
                guard let byte = UInt8(String(decoding: text[index..<index + 2], as: UTF8.self), radix: 16) else {
                    return nil
                }
                bytes.append(byte)
            }
            return RefName(tolerating: bytes)
        }
        return join(parts[...], with: [slash]).flatMap(RefName.init(tolerating:))
    }

    private static func join(_ parts: ArraySlice<ArraySlice<UInt8>>, with separator: [UInt8]) -> [UInt8]? {
        guard parts.count >= 2, parts.count % 2 == 0 else { return nil }
        var (joined, index): ([UInt8], Int) = ([], parts.startIndex)
        while index < parts.endIndex {
            let isLast = index + 2 == parts.endIndex
            guard parts[index] == [isLast ? last : directory] else { return nil }
            joined += parts[index + 1] + (isLast ? [] : separator)
            index += 2
        }
        return joined
    }

    // MARK: Listings

    /// Where the markers of the names of `scope` are found, among others.
    static func scopes(hiding scope: RefScope) -> [RefScope] {
        let directories = scope.prefix.split(separator: slash, omittingEmptySubsequences: false).dropLast()
        let path = directories.flatMap { [directory, slash] + $0 + [slash] }
        var places = [shared]
        let isBelowRefs = scope.prefix.starts(with: "refs/".utf8)
        let mayBeOwn = RefName.perWorktreePrefixes.contains {
            $0.starts(with: scope.prefix) || scope.prefix.starts(with: $0)
        }
        if !isBelowRefs || mayBeOwn { places.append(own) }
        var scopes = places.flatMap { place in
            path.isEmpty ? [RefScope(prefix: place)] : [path, [digits, slash]].map { RefScope(prefix: place + $0) }
        }
        // A store that keeps other worktrees' names under those names lists them.
        if !isBelowRefs { scopes += [main, linked].map { RefScope(prefix: $0) } }
        return scopes
    }

    /// `scope` without the places of markers; nil when it lies in one of them.
    static func shown(_ scope: RefScope) -> RefScope? { scope.narrowed(to: [], without: reserved) }
}
