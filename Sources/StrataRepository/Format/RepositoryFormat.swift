public import StrataModel

/// What `core.repositoryFormatVersion` and `extensions.*` say of a repository.
///
/// Answers to git's `repository_format`: read from the common directory's `config` alone, without includes. A file
/// without a version says nothing at all: its extensions, `core.bare` and `core.worktree` are not heeded here.
public struct RepositoryFormat: Sendable, Hashable {
    /// `core.repositoryFormatVersion`; nil when there is none.
    public internal(set) var version: Int?
    /// `extensions.objectFormat`.
    public internal(set) var objectFormat = HashAlgorithm.sha1
    /// `extensions.compatObjectFormat`.
    public internal(set) var compatibleObjectFormat: HashAlgorithm?
    /// `extensions.refStorage`.
    public internal(set) var referenceStorage = ReferenceStorage(format: .files)
    /// `extensions.worktreeConfig`: each worktree has a `config.worktree`.
    public internal(set) var worktreeConfig = false
    /// `extensions.preciousObjects`: objects must not be deleted.
    public internal(set) var preciousObjects = false
    /// `extensions.partialClone`: the remote that has the missing objects.
    public internal(set) var partialClone: [UInt8]?
    /// `extensions.relativeWorktrees`: worktrees are linked by relative paths.
    public internal(set) var relativeWorktrees = false
    /// `extensions.submodulePathConfig`.
    public internal(set) var submodulePathConfig = false

    /// `core.bare` of that file, or of the worktree's own; nil when it is not set.
    public internal(set) var isBare: Bool?
    /// `core.worktree` of that file, or of the worktree's own. Nil in a linked worktree without one.
    public internal(set) var workTree: [UInt8]?

    private var unknownExtensions: [[UInt8]] = []
    private var newExtensions: [[UInt8]] = []

    /// Whether there are extensions that need version 1, beside those that say what version 0 has anyway.
    var needsNewVersion: Bool {
        newExtensions.contains { name in
            switch String(decoding: name, as: UTF8.self) {
            case "objectformat": objectFormat != .sha1
            case "refstorage": referenceStorage != ReferenceStorage(format: .files)
            default: true
            }
        }
    }

    /// The newest version that is understood.
    public static let newestVersion = 1

    /// The format of a repository without a configuration.
    public init() {}

    /// Reads the format from the contents of a configuration file called `name`, and refuses what is not understood.
    ///
    /// - Throws: `badConfigFile`, `badConfigValue` or `unsupportedFormat`.
    public init(configuration bytes: [UInt8], name: String) throws(RepositoryError) {
        try self.init(bytes, name: Array(name.utf8))
    }

    init(_ bytes: [UInt8], name: [UInt8]) throws(RepositoryError) {
        var format = RepositoryFormat()
        _ = try Config.parse(bytes, name: name, scope: .local) { config, index throws(ConfigIncludeFailure) in
            try format.read(index, of: config)
        }
        self = format
        // -1 is how git remembers that there is none.
        if version == nil || version == -1 {
            self = RepositoryFormat()
        } else {
            try verify()
        }
    }

    // MARK: Variables

    private mutating func read(_ index: Int, of config: Config) throws(ConfigIncludeFailure) {
        let key = config.key(at: index)
        do throws(RepositoryError) {
            if PathBytes.equals(key, "core.repositoryformatversion") {
                version = Int(try config.integer(at: index, in: Int64(Int32.min)...Int64(Int32.max)))
                return
            }
        } catch {
            throw ConfigIncludeFailure(fatal: error)
        }
        if PathBytes.hasPrefix(key, "extensions.") {
            try readExtension(Array(key.dropFirst(11)), index, of: config)
        } else {
            try readWorktreeVariable(index, of: config)
        }
    }

    /// `core.bare` and `core.worktree`, which `config.worktree` may hold too.
    mutating func readWorktreeVariable(_ index: Int, of config: Config) throws(ConfigIncludeFailure) {
        let key = config.key(at: index)
        if PathBytes.equals(key, "core.bare") {
            isBare = try Self.bool(index, of: config)
        } else if PathBytes.equals(key, "core.worktree") {
            workTree = try Self.string(index, of: config)
        }
    }

    /// The extensions, those first that count in version 0 too.
    private mutating func readExtension(
        _ name: [UInt8], _ index: Int, of config: Config
    ) throws(ConfigIncludeFailure) {
        switch String(decoding: name, as: UTF8.self) {
        case "noop": return
        case "preciousobjects":
            preciousObjects = try Self.bool(index, of: config)
            return
        case "partialclone":
            partialClone = try Self.string(index, of: config)
            return
        case "worktreeconfig":
            worktreeConfig = try Self.bool(index, of: config)
            return
        case "noop-v1": break
        case "objectformat":
            objectFormat = try Self.algorithm(try Self.string(index, of: config), "extensions.objectformat")
        case "compatobjectformat":
            let algorithm = try Self.algorithm(
                try Self.string(index, of: config), "extensions.compatobjectformat")
            if let given = compatibleObjectFormat {
                throw ConfigIncludeFailure(
                    "'extensions.compatobjectformat' already specified as '\(given.name)'")
            }
            compatibleObjectFormat = algorithm
        case "refstorage":
            let value = try Self.string(index, of: config)
            guard let storage = ReferenceStorage(value) else {
                throw ConfigIncludeFailure("invalid value for 'extensions.refstorage': '\(value)'")
            }
            referenceStorage = storage
        case "relativeworktrees": relativeWorktrees = try Self.bool(index, of: config)
        case "submodulepathconfig": submodulePathConfig = try Self.bool(index, of: config)
        default:
            unknownExtensions.append(name)
            return
        }
        newExtensions.append(name)
    }

    private static func bool(_ index: Int, of config: Config) throws(ConfigIncludeFailure) -> Bool {
        do {
            return try config.bool(at: index)
        } catch {
            throw ConfigIncludeFailure(fatal: error)
        }
    }

    private static func string(_ index: Int, of config: Config) throws(ConfigIncludeFailure) -> [UInt8] {
        guard let value = config.value(at: index) else {
            throw ConfigIncludeFailure("missing value for '\(config.key(at: index))'")
        }
        return value
    }

    private static func algorithm(
        _ name: [UInt8], _ variable: String
    ) throws(ConfigIncludeFailure) -> HashAlgorithm {
        guard let algorithm = HashAlgorithm.allCases.first(where: { $0.name.utf8.elementsEqual(name) }) else {
            throw ConfigIncludeFailure("invalid value for '\(variable)': '\(name)'")
        }
        return algorithm
    }

    // MARK: Verdict

    private func verify() throws(RepositoryError) {
        guard let version, version >= 0 else { return }
        guard version <= Self.newestVersion else {
            throw RepositoryError(
                .unsupportedFormat, "Expected git repo version <= \(Self.newestVersion), found \(version)")
        }
        if version >= 1 {
            try Self.refuse(
                unknownExtensions, one: "unknown repository extension found:",
                many: "unknown repository extensions found:")
        } else {
            try Self.refuse(
                newExtensions, one: "repo version is 0, but v1-only extension found:",
                many: "repo version is 0, but v1-only extensions found:")
        }
    }

    private static func refuse(_ names: [[UInt8]], one: String, many: String) throws(RepositoryError) {
        guard !names.isEmpty else { return }
        var list: [UInt8] = []
        for name in names { list += [0x0a, 0x09] + name }
        let words = names.count == 1 ? one : many
        throw RepositoryError(.unsupportedFormat, "\(words)\(list)")
    }
}
