import StrataModel

/// Checks trees: entries of a mode, a name and an id, in order. Git's function: `fsck_tree`.
enum TreeSyntax {
    /// What has been seen; each is reported once for a tree.
    private struct Seen: OptionSet {
        let rawValue: UInt16
        static var nullID: Seen { Seen(rawValue: 1) }
        static var slash: Seen { Seen(rawValue: 2) }
        static var dot: Seen { Seen(rawValue: 4) }
        static var dotDot: Seen { Seen(rawValue: 8) }
        static var dotGit: Seen { Seen(rawValue: 16) }
        static var zeroPadding: Seen { Seen(rawValue: 32) }
        static var badMode: Seen { Seen(rawValue: 64) }
        static var duplicate: Seen { Seen(rawValue: 128) }
        static var disorder: Seen { Seen(rawValue: 256) }
        static var longName: Seen { Seen(rawValue: 512) }
    }

    /// An entry as it stands in the bytes.
    struct Entry {
        let start: Int
        let mode: UInt16
        let name: Range<Int>
        /// Where the next one begins.
        let end: Int

        var isDirectory: Bool { mode & 0o170000 == 0o040000 }
        var isLink: Bool { mode & 0o170000 == 0o120000 }
    }

    @unsafe
    static func check(
        _ bytes: UnsafeRawBufferPointer, _ algorithm: HashAlgorithm, _ rules: ObjectRules, _ report: inout ObjectReport
    ) {
        var seen: Seen = []
        var order = TreeOrder()
        var next: Entry?
        if unsafe !bytes.isEmpty {
            // The last entry must end where the tree does; this is seen first.
            let lastName = bytes.count - algorithm.byteCount - 1
            if unsafe lastName > 0 && bytes[lastName] == 0 { next = unsafe entry(bytes, at: 0, algorithm) }
            if next == nil {
                unsafe addBadTree(bytes, at: 0, algorithm, rules, &report)
                return
            }
        }
        while let entry = next {
            unsafe look(at: entry, bytes, algorithm, rules, &seen, &report)
            next = unsafe entry.end < bytes.count ? Self.entry(bytes, at: entry.end, algorithm) : nil
            if entry.end < bytes.count, next == nil {
                unsafe addBadTree(bytes, at: entry.end, algorithm, rules, &report)
                break
            }
            switch entry.mode {
            case 0o100755, 0o100644, 0o120000, 0o040000, 0o160000: break
            // There were a few in the first trees.
            case 0o100664 where rules.strictness == .lenient: break
            default: seen.insert(.badMode)
            }
            switch unsafe order.add(bytes, entry.name, isDirectory: entry.isDirectory) {
            case .ordered: break
            case .duplicate: seen.insert(.duplicate)
            case .disorder: seen.insert(.disorder)
            }
        }
        tell(seen, rules, &report)
    }

    private static func tell(_ seen: Seen, _ rules: ObjectRules, _ report: inout ObjectReport) {
        if seen.isEmpty { return }
        let words: [(Seen, ObjectProblem, String)] = [
            (.nullID, .nullSha1, "contains entries pointing to null sha1"),
            (.slash, .fullPathname, "contains full pathnames"), (.dot, .hasDot, "contains '.'"),
            (.dotDot, .hasDotdot, "contains '..'"), (.dotGit, .hasDotgit, "contains '.git'"),
            (.zeroPadding, .zeroPaddedFilemode, "contains zero-padded file modes"),
            (.badMode, .badFilemode, "contains bad file modes"),
            (.duplicate, .duplicateEntries, "contains duplicate file entries"),
            (.disorder, .treeNotSorted, "not properly sorted"),
            (.longName, .largePathname, "contains excessively large pathname"),
        ]
        for (flag, problem, message) in words where seen.contains(flag) { report.add(problem, message, rules) }
    }

    /// The entry that begins at a place; nil when it is none. Git's function: `decode_tree_entry`.
    @unsafe
    static func entry(_ bytes: UnsafeRawBufferPointer, at start: Int, _ algorithm: HashAlgorithm) -> Entry? {
        var place = start
        var mode: UInt32 = 0
        while place < bytes.count, case let byte = unsafe bytes[place], byte != 0x20 {
            guard byte & 0xf8 == 0x30 else { return nil }
            mode = mode << 3 | UInt32(byte & 7)
            place += 1
        }
        let name = place + 1
        guard place > start, name < bytes.count, unsafe bytes[name] != 0 else { return nil }
        var end = name
        while end < bytes.count, unsafe bytes[end] != 0 { end += 1 }
        guard bytes.count - end > algorithm.byteCount else { return nil }
        return Entry(
            start: start, mode: UInt16(truncatingIfNeeded: mode), name: name..<end,
            end: end + 1 + algorithm.byteCount)
    }

    /// Reports that there is no entry at a place, and why.
    @unsafe
    private static func addBadTree(
        _ bytes: UnsafeRawBufferPointer, at start: Int, _ algorithm: HashAlgorithm, _ rules: ObjectRules,
        _ report: inout ObjectReport
    ) {
        let cause = unsafe cause(bytes, at: start, algorithm)
        report.add(.badTree, "cannot be parsed as a tree", rules, cause: cause)
    }

    /// Why there is no entry at a place.
    @unsafe
    static func cause(_ bytes: UnsafeRawBufferPointer, at start: Int, _ algorithm: HashAlgorithm) -> String {
        let rest = unsafe bytes[start...]
        if unsafe rest.count < algorithm.byteCount + 3 || bytes[bytes.count - algorithm.byteCount - 1] != 0 {
            return "too-short tree object"
        }
        if let space = unsafe rest.firstIndex(where: { $0 & 0xf8 != 0x30 }), unsafe bytes[space] == 0x20, space > start
        {
            return "empty filename in tree entry"
        }
        return "malformed mode in tree entry"
    }

    @unsafe
    private static func look(
        at entry: Entry, _ bytes: UnsafeRawBufferPointer, _ algorithm: HashAlgorithm, _ rules: ObjectRules,
        _ seen: inout Seen, _ report: inout ObjectReport
    ) {
        let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.name])
        let first = unsafe name[0]
        if first == 0x2e {
            if name.count == 1 { seen.insert(.dot) }
            if unsafe name.count == 2 && name[1] == 0x2e { seen.insert(.dotDot) }
        }
        if unsafe bytes[entry.start] == 0x30 { seen.insert(.zeroPadding) }
        if name.count > rules.nameLimit { seen.insert(.longName) }
        let rawID = unsafe UnsafeRawBufferPointer(rebasing: bytes[(entry.name.upperBound + 1)..<entry.end])
        if unsafe rawID.allSatisfy({ $0 == 0 }) { seen.insert(.nullID) }
        if DotGitName.mayMatter(first) {
            let dotGit = unsafe DotGitName(name)
            if dotGit.isHFSGit || dotGit.isNTFSGit { seen.insert(.dotGit) }
            if dotGit.isHFS(.modules) || dotGit.isNTFS(.modules) {
                unsafe foundModules(entry, rawID, rules, &report)
            }
            if dotGit.isHFS(.attributes) || dotGit.isNTFS(.attributes) {
                if entry.isLink {
                    report.add(.gitattributesSymlink, ".gitattributes is a symlink", rules)
                } else {
                    unsafe report.attributes.append(id(rawID))
                }
            }
            if entry.isLink {
                if dotGit.isHFS(.ignore) || dotGit.isNTFS(.ignore) {
                    report.add(.gitignoreSymlink, ".gitignore is a symlink", rules)
                }
                if dotGit.isHFS(.mailmap) || dotGit.isNTFS(.mailmap) {
                    report.add(.mailmapSymlink, ".mailmap is a symlink", rules)
                }
            }
        }
        for place in name.indices {
            let byte = unsafe name[place]
            if byte == UInt8(ascii: "/") { seen.insert(.slash) }
            guard byte == UInt8(ascii: "\\") else { continue }
            // A directory to others.
            let rest = unsafe DotGitName(UnsafeRawBufferPointer(rebasing: name[(place + 1)...]))
            if rest.isNTFSGit { seen.insert(.dotGit) }
            if rest.isNTFS(.modules) { unsafe foundModules(entry, rawID, rules, &report) }
        }
    }

    @unsafe
    private static func foundModules(
        _ entry: Entry, _ rawID: UnsafeRawBufferPointer, _ rules: ObjectRules, _ report: inout ObjectReport
    ) {
        if entry.isLink {
            report.add(.gitmodulesSymlink, ".gitmodules is a symbolic link", rules)
        } else {
            unsafe report.modules.append(id(rawID))
        }
    }

    @unsafe
    private static func id(_ raw: UnsafeRawBufferPointer) -> ObjectID {
        let bytes = unsafe Array(raw)
        // The entry has as many bytes as an id has.
        return ObjectID(bytes: bytes.span) ?? .zero(.sha1)
    }
}
