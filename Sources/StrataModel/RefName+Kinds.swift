/// Which references belong to one worktree, and which stand at the root of the git directory.
extension RefName {
    /// Whether the name has the form of a root reference: capitals, `-` and `_` only. Git: `is_root_ref_syntax`.
    public var hasRootSyntax: Bool { Self.hasRootSyntax(bytes[...]) }

    static func hasRootSyntax(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == 0x2d || $0 == 0x5f }
    }

    /// `FETCH_HEAD` and `MERGE_HEAD`: files of their own formats, which look like references to readers and are never written
    /// as such.
    public var isPseudoref: Bool { self == Self.fetchHead || self == Self.mergeHead }

    private static let fetchHead = RefName(unchecked: Array("FETCH_HEAD".utf8))
    private static let mergeHead = RefName(unchecked: Array("MERGE_HEAD".utf8))
    private static let irregularRoots: Set<RefName> = Set(
        [
            "HEAD", "AUTO_MERGE", "BISECT_EXPECTED_REV", "NOTES_MERGE_PARTIAL", "NOTES_MERGE_REF", "MERGE_AUTOSTASH",
        ].map { RefName(unchecked: Array($0.utf8)) })

    /// `HEAD`, `ORIG_HEAD` and their like: root syntax, no pseudoref, and `_HEAD` at the end or one of git's six others.
    /// Git's function: `is_root_ref`.
    public var isRootRef: Bool {
        hasRootSyntax && !isPseudoref
            && (bytes.suffix(5).elementsEqual("_HEAD".utf8) || Self.irregularRoots.contains(self))
    }

    /// Whether the name is private to a worktree: `refs/bisect/`, `refs/worktree/`, `refs/rewritten/`, or root syntax.
    /// Git's function: `is_current_worktree_ref`.
    public var isPerWorktree: Bool { Self.isPerWorktree(bytes[...]) }

    static func isPerWorktree(_ bytes: ArraySlice<UInt8>) -> Bool {
        if begins(bytes.span, with: "refs/") { return hasPerWorktreePrefix(bytes) }
        return hasRootSyntax(bytes)
    }

    /// The prefixes under `refs/` whose references belong to one worktree, in byte order.
    public static let perWorktreePrefixes: [[UInt8]] = ["refs/bisect/", "refs/rewritten/", "refs/worktree/"].map {
        Array($0.utf8)
    }

    private static func hasPerWorktreePrefix(_ bytes: ArraySlice<UInt8>) -> Bool {
        perWorktreePrefixes.contains { RefNameOrder.commonCount($0.span, bytes.span) == $0.count }
    }

    /// Where a name leads in a repository with several worktrees.
    public enum Place: Sendable, Hashable {
        /// Shared by all worktrees.
        case shared
        /// Private to the worktree that is asked.
        case current
        /// `main-worktree/<name>`: private to the main worktree.
        case main(RefName)
        /// `worktrees/<id>/<name>`: private to the linked worktree `id`.
        case linked(id: [UInt8], RefName)
        /// `worktrees/…` or `main-worktree/…` with a name behind that no worktree owns. Git takes these for shared names and
        /// writes stray files; Strata refuses them.
        case stray
    }

    /// Where the name leads. Git's function: `parse_worktree_ref`.
    public var place: Place {
        if hasPrefix("refs/") { return Self.hasPerWorktreePrefix(bytes[...]) ? .current : .shared }
        if hasPrefix("main-worktree/") {
            let bare = bytes[14...]
            return Self.isPerWorktree(bare) && !bare.isEmpty ? .main(RefName(unchecked: Array(bare))) : .stray
        }
        if hasPrefix("worktrees/") {
            guard let slash = bytes[10...].firstIndex(of: UInt8(ascii: "/")) else { return .stray }
            let (id, bare) = (bytes[10..<slash], bytes[(slash + 1)...])
            guard !id.isEmpty, !bare.isEmpty, Self.isPerWorktree(bare) else { return .stray }
            return .linked(id: Array(id), RefName(unchecked: Array(bare)))
        }
        return Self.hasRootSyntax(bytes[...]) ? .current : .shared
    }

    /// Whether the name is a branch: `refs/heads/…`.
    public var isBranch: Bool { hasPrefix("refs/heads/") }
}
