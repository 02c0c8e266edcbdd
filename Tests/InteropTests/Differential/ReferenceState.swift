import TestSupport

/// The references of a copy, read from its files with no help of either program: what the generator aims at and what the
/// table of git's defects looks at. Approximate where files are odd.
struct ReferenceState {
    enum Value: Equatable {
        case object(String)
        case symbolic(String)
    }

    private let files: TreeSnapshot
    private let packedText: String

    init(_ files: TreeSnapshot) {
        self.files = files
        packedText = files.text("packed-refs") ?? ""
    }

    private func packed(_ name: String) -> Value? {
        for line in packedText.utf8.split(separator: 0x0a)
        where line.dropFirst(41).suffix(name.utf8.count).elementsEqual(name.utf8) {
            let words = line.split(separator: 0x20, maxSplits: 1)
            if words.count == 2 && words[1].elementsEqual(name.utf8) { return .object(String(Substring(words[0]))) }
        }
        return nil
    }

    /// What the name holds, not followed, seen from the main or the linked worktree.
    func value(_ name: String, linked: Bool) -> Value? {
        guard let text = files.text(Self.path(name, linked: linked)) else { return packed(name) }
        let trimmed = trim(text)
        if trimmed.hasPrefix("ref:") { return .symbolic(trim(String(trimmed.dropFirst(4)))) }
        return .object(trimmed)
    }

    /// The last name of the chain of symbolic references that begins at `name`.
    func referent(_ name: String, linked: Bool) -> String {
        var current = name
        for _ in 0..<6 {
            guard case .symbolic(let target) = value(current, linked: linked) else { break }
            current = target
        }
        return current
    }

    func object(_ name: String, linked: Bool) -> String? {
        guard case .object(let id) = value(referent(name, linked: linked), linked: linked) else { return nil }
        return id
    }

    /// Whether the name leads to a file that is neither an id nor a symbolic reference.
    func isBroken(_ name: String, linked: Bool) -> Bool {
        guard let id = object(name, linked: linked) else { return false }
        return !Self.isID(id)
    }

    /// Whether a broken file stands below the name.
    func hasBroken(under name: String) -> Bool {
        files.paths.contains { path in
            path.hasPrefix(name + "/") && !Self.isID(trim(files.text(path) ?? ""))
        }
    }

    private static func isID(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64) && text.allSatisfy(\.isHexDigit)
    }

    /// Whether `logs/` has a file above the name, or files below it.
    func logsConflict(with name: String) -> Bool {
        let path = "logs/" + name
        return files.paths.contains { $0.hasPrefix(path + "/") || ($0.hasPrefix("logs/") && path.hasPrefix($0 + "/")) }
    }

    /// Whether a reference stands above the name, or some stand below it.
    func hasConflict(with name: String, linked: Bool) -> Bool {
        let path = Self.path(name, linked: linked)
        if packedText.contains(" \(name)/") || files.paths.contains(where: { $0.hasPrefix(path + "/") }) { return true }
        let above = name.utf8.indices.filter { name.utf8[$0] == 0x2f }.map { String(name[..<$0]) }
        return above.contains { value($0, linked: linked) != nil }
    }

    func exists(_ path: String) -> Bool { files.has(path) }

    /// Whether a file, and no directory, stands at `path`.
    func isFile(_ path: String) -> Bool { files.text(path) != nil }

    /// The text of `packed-refs`.
    var packedRefs: String? { files.text("packed-refs") }

    /// Whether git refuses to read this as `packed-refs`.
    func isUnreadable(packedRefs text: String) -> Bool {
        if text.isEmpty { return false }
        if !text.hasSuffix("\n") || text.hasPrefix("#") && !text.hasPrefix("# pack-refs with: ") { return true }
        var afterEntry = false
        for (index, line) in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().enumerated()
        {
            if index == 0 && line.first == 0x23 { continue }
            if line.first == 0x5e && afterEntry {
                afterEntry = false
            } else if line.count > 41 && line.first != 0x23 && line.first != 0x5e {
                afterEntry = true
            } else {
                return true
            }
        }
        return false
    }

    /// The lock files that stand.
    var locks: [String] { files.paths.filter { $0.hasSuffix(".lock") } }

    /// Where the name's loose file is, from the common dir.
    static func path(_ name: String, linked: Bool) -> String {
        if name.hasPrefix("main-worktree/") { return String(name.dropFirst(14)) }
        return linked && isPerWorktree(name) ? "worktrees/wt/\(name)" : name
    }

    static func isPerWorktree(_ name: String) -> Bool {
        hasRootSyntax(name) || ["refs/bisect/", "refs/worktree/", "refs/rewritten/"].contains { name.hasPrefix($0) }
    }

    static func hasRootSyntax(_ name: String) -> Bool {
        name.utf8.allSatisfy { (0x41...0x5a).contains($0) || $0 == 0x2d || $0 == 0x5f }
    }
}

private func trim(_ text: String) -> String {
    var part = text.utf8[...]
    while let first = part.first, first <= 0x20 { part.removeFirst() }
    while let last = part.last, last <= 0x20 { part.removeLast() }
    return String(Substring(part))
}
