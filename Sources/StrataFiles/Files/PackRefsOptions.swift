public import StrataModel
public import StrataRefs

/// What `git pack-refs` is asked to do.
public struct PackRefsOptions: Sendable {
    /// Patterns of the references to pack (`--include`; `--all` is `*`); matched against the whole name, `*` matching slashes too.
    public var includes: [[UInt8]]
    /// Patterns of the references to leave (`--exclude`); these win.
    public var excludes: [[UInt8]]
    /// Whether the loose files of packed references are deleted (`--prune`, the default).
    public var prunes: Bool
    /// Whether to pack only when it pays (`--auto`).
    public var isAuto: Bool

    public init(
        includes: [[UInt8]] = [Array("refs/tags/*".utf8)], excludes: [[UInt8]] = [], prunes: Bool = true,
        isAuto: Bool = false
    ) {
        self.includes = includes
        self.excludes = excludes
        self.prunes = prunes
        self.isAuto = isAuto
    }

    /// Everything that can be packed (`--all`).
    public static let all = PackRefsOptions(includes: [[UInt8(ascii: "*")]])

    /// The number of loose references from which `--auto` packs into a `packed-refs` of `packedBytes`: five for every doubling of
    /// the references in it, taken as 100 bytes each, and at least 16. Git's function: `should_pack_refs`.
    static func autoLimit(packedBytes: Int) -> Int {
        let estimate = packedBytes / 100
        let doublings = estimate > 0 ? Int.bitWidth - 1 - estimate.leadingZeroBitCount : 0
        return max(16, doublings * 5)
    }
}

/// The patterns of ``PackRefsOptions``, compiled.
struct PackRefsSelection {
    private let includes: [WildMatch]
    private let excludes: [WildMatch]

    init(_ options: PackRefsOptions) {
        includes = options.includes.map { WildMatch($0) }
        excludes = options.excludes.map { WildMatch($0) }
    }

    /// Whether a reference can stand in `packed-refs`, as far as its name and value say.
    static func isPackable(_ reference: RefView) -> Bool {
        guard reference.form == .hex || reference.form == .raw, reference.flags.isEmpty else { return false }
        return reference.refName.place == .shared
    }

    /// Whether the patterns select a reference.
    func selects(_ reference: RefView) -> Bool {
        includes.contains { $0.matches(reference.name) } && !excludes.contains { $0.matches(reference.name) }
    }
}

/// What packing did.
public struct PackRefsResult: Sendable {
    /// References written into `packed-refs`.
    public var packed = 0
    /// Loose files deleted, their reference being packed.
    public var pruned = 0
    /// Loose references, selected or not, that were left because their object is missing.
    public var broken: [RefName] = []
    /// What kept loose files from being deleted; they stay, and stay right.
    public var problems: [RefError] = []
}
