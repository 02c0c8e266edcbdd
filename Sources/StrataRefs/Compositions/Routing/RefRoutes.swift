import StrataModel

/// Which of several prefixes is the longest that a name begins with.
struct RefRoutes: Sendable {
    struct Entry: Sendable {
        let prefix: [UInt8]
        /// The store that names below the prefix live in.
        let part: RefPart
        /// The entry of the next shorter prefix of this one.
        let enclosing: Int?
    }

    /// In byte order of the prefixes.
    private(set) var entries: [Entry] = []
    /// Where all other names live.
    let rest: RefPart

    init(rest: RefPart) { self.rest = rest }

    /// Adds the next prefix in byte order, unless its names live there anyway.
    mutating func append(_ prefix: [UInt8], to part: RefPart) {
        let enclosing = index(of: prefix.span)
        guard part != enclosing.map({ entries[$0].part }) ?? rest else { return }
        entries.append(Entry(prefix: prefix, part: part, enclosing: enclosing))
    }

    /// Where `name` lives.
    func part(of name: Span<UInt8>) -> RefPart { index(of: name).map { entries[$0].part } ?? rest }

    /// The longest prefix of `name`: the last entry that is not behind it, or one that encloses that.
    private func index(of name: Span<UInt8>) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let prefix = entries[middle].prefix
            if RefNameOrder.compare(prefix.span, name) <= 0 { low = middle + 1 } else { high = middle }
        }
        var candidate: Int? = low > 0 ? low - 1 : nil
        while let index = candidate {
            let prefix = entries[index].prefix
            if RefScope.starts(name, with: prefix.span) { break }
            candidate = entries[index].enclosing
        }
        return candidate
    }

    /// The prefixes that lead to `part`, in words.
    func prefixes(of part: RefPart) -> [String] {
        entries.filter { $0.part == part }.map { String(decoding: $0.prefix, as: UTF8.self) }
            + (part == rest ? ["default"] : [])
    }

    /// What each store contributes to listings: the rest first, then each prefix without those that it encloses.
    var shares: [RefShare] {
        let whole = RefShare(part: rest, scope: share(of: [], enclosing: nil))
        return [whole]
            + entries.indices.map {
                RefShare(part: entries[$0].part, scope: share(of: entries[$0].prefix, enclosing: $0))
            }
    }

    private func share(of prefix: [UInt8], enclosing index: Int?) -> @Sendable (RefScope) -> RefScope? {
        let nested = entries.filter { $0.enclosing == index }.map(\.prefix)
        return { $0.narrowed(to: prefix, without: nested) }
    }

    /// The names that a prefix needs as directories, with the shortest such prefix.
    var reserved: [RefName: [UInt8]] {
        var names: [RefName: [UInt8]] = [:]
        for entry in entries {
            for (index, byte) in entry.prefix.enumerated() where byte == UInt8(ascii: "/") {
                let name = RefName(unchecked: Array(entry.prefix[..<index]))
                if names[name] == nil { names[name] = entry.prefix }
            }
        }
        return names
    }
}
