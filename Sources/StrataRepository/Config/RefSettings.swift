public import StrataFiles
public import StrataIO
public import StrataRefs

/// The configured values that references obey, read once.
///
/// Git reads some of its variables whenever it starts, and these only when it needs them: ``Deferred``. A bad value there keeps
/// nobody from reading references; it stands here as its default, and whoever needs it is told by ``require(_:)``.
public struct RefSettings: Sendable {
    /// Values that are looked at only when they are needed.
    public enum Deferred: Sendable, Hashable {
        case looseLockTimeout, packedLockTimeout, sharedRepository, ambiguousNames
    }

    /// How reference files are made durable before they are renamed into place.
    public enum Syncing: Sendable, Hashable {
        /// Not at all: `core.fsync` does not name `reference`. Git's default.
        case none
        /// Handed to the device, whose cache is not flushed: `core.fsyncMethod = writeout-only`.
        case writeout
        /// Synced.
        case data
    }

    /// `core.logAllRefUpdates`: which reflogs are made; not set: `standard`, or `never` in a bare repository.
    public var reflogCreation: ReflogPolicy
    /// `core.filesRefLockTimeout` in milliseconds; 0: one try, negative: forever.
    public var looseLockTimeout: Int
    /// `core.packedRefsTimeout` in milliseconds; 0: one try, negative: forever.
    public var packedLockTimeout: Int
    /// `core.fsync` and `core.fsyncMethod`, as far as references go.
    public var syncing: Syncing
    /// `core.sharedRepository`.
    public var sharedRepository: FileSharing
    /// `core.preferSymlinkRefs`.
    public var prefersSymlinks: Bool
    /// `core.trustctime`: whether a changed ctime means a changed file.
    public var trustsCTime: Bool
    /// `core.checkStat` is `default`: every field of the stat data counts, not size and mtime alone.
    public var checksAllStatFields: Bool
    /// `core.warnAmbiguousRefs`.
    public var warnsOfAmbiguousNames: Bool
    /// `strata.packedTransaction`.
    public var packedTransactions: FilesRefStore.PackedTransactions
    /// Whether the repository counts as bare: no working tree, and `core.bare` is not false.
    public var isBare: Bool
    /// What git would warn of, without "warning: ".
    public var warnings: [String]
    /// What is wrong with values that are needed later, if at all.
    private var problems: [Deferred: RepositoryError] = [:]

    /// Reads the settings of the repository at `location`.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`, in git's words, for the first value that makes no sense, those aside that
    ///   git reads when it needs them (``Deferred``).
    public init(_ config: Config, location: RepositoryLocation) throws(RepositoryError) {
        try config.checkVariables()
        let configuredBare = try config.bool("core.bare") ?? location.format.isBare
        isBare = location.workTree == nil && configuredBare ?? true
        reflogCreation = try Self.reflogCreation(config) ?? (isBare ? .never : .standard)
        looseLockTimeout = 100
        packedLockTimeout = 1000
        sharedRepository = .umask
        warnsOfAmbiguousNames = true
        warnings = []
        syncing = try Self.syncing(config, &warnings)
        prefersSymlinks = try config.bool("core.prefersymlinkrefs") ?? false
        trustsCTime = try config.bool("core.trustctime") ?? true
        checksAllStatFields = try Self.checksAllStatFields(config)
        packedTransactions = try Self.packedTransactions(config)
        read(.looseLockTimeout, \.looseLockTimeout) { () throws(RepositoryError) in
            try config.int("core.filesreflocktimeout")
        }
        read(.packedLockTimeout, \.packedLockTimeout) { () throws(RepositoryError) in
            try config.int("core.packedrefstimeout")
        }
        read(.sharedRepository, \.sharedRepository) { () throws(RepositoryError) in try FileSharing(config) }
        read(.ambiguousNames, \.warnsOfAmbiguousNames) { () throws(RepositoryError) in
            try config.bool("core.warnambiguousrefs")
        }
    }

    private mutating func read<Value>(
        _ setting: Deferred, _ path: WritableKeyPath<RefSettings, Value>,
        _ value: () throws(RepositoryError) -> Value?
    ) {
        do throws(RepositoryError) {
            if let value = try value() { self[keyPath: path] = value }
        } catch {
            problems[setting] = error
        }
    }

    /// Makes sure that values are those that are configured.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`, in git's words, for the first of `settings` that makes no sense.
    public func require(_ settings: Deferred...) throws(RepositoryError) {
        for setting in settings {
            if let problem = problems[setting] { throw problem }
        }
    }

    /// The first thing that is wrong with `settings`, as stores say it.
    func refusal(_ settings: Deferred...) -> RefError? {
        settings.lazy.compactMap { problems[$0] }.first.map { RefError(.invalid, $0.description, cause: $0) }
    }

    private static func reflogCreation(_ config: Config) throws(RepositoryError) -> ReflogPolicy? {
        guard let index = config.lastIndex(of: "core.logallrefupdates".utf8) else { return nil }
        if let value = config.value(at: index), ConfigNumber.equalsFolded(value.span, "always") { return .always }
        return try config.bool(at: index) ? .standard : .never
    }

    private static func checksAllStatFields(_ config: Config) throws(RepositoryError) -> Bool {
        guard let index = config.lastIndex(of: "core.checkstat".utf8) else { return true }
        let value = try config.string(at: index)
        if ConfigNumber.equalsFolded(value.span, "default") { return true }
        if ConfigNumber.equalsFolded(value.span, "minimal") { return false }
        throw config.badVariable(at: index, cause: "invalid value for 'core.checkstat': '\(value)'")
    }

    private static func packedTransactions(_ config: Config) throws(RepositoryError) -> FilesRefStore.PackedTransactions
    {
        guard let index = config.lastIndex(of: "strata.packedtransaction".utf8) else { return .auto }
        let value = try config.string(at: index)
        if ConfigNumber.equalsFolded(value.span, "auto") { return .auto }
        if ConfigNumber.equalsFolded(value.span, "never") { return .never }
        return .from(Int(try config.integer(at: index, in: 0...Int64(Int32.max))))
    }

    // MARK: Syncing

    private static func syncing(_ config: Config, _ warnings: inout [String]) throws(RepositoryError) -> Syncing {
        let fsync = try FsyncSettings(config, &warnings)
        guard fsync.components.contains(.reference) else { return .none }
        return fsync.method == .writeoutOnly ? .writeout : .data
    }
}
