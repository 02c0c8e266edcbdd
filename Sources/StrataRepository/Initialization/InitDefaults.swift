import StrataModel

/// Which formats a new repository gets where nobody says: what the configuration outside of repositories says.
struct InitDefaults {
    private var hash: HashAlgorithm?
    private var storage: ReferenceStorage?

    init(_ environment: RepositoryEnvironment, _ notice: (InitNotice) -> Void) throws(RepositoryError) {
        let config = try Config.read(location: nil, environment: environment)
        for index in config.indices(of: "init.defaultobjectformat".utf8) {
            let name = try config.string(at: index)
            hash = Self.algorithm(name)
            if hash == nil { notice(.warning(Self.unknownHash(name).bytes)) }
        }
        for index in config.indices(of: "init.defaultrefformat".utf8) {
            let text = try config.string(at: index)
            storage = ReferenceStorage(new: text)
            if storage == nil { notice(.warning(Self.unknownStorage(text).bytes)) }
        }
    }

    private static func algorithm(_ name: [UInt8]) -> HashAlgorithm? {
        HashAlgorithm.allCases.first { $0.name.utf8.elementsEqual(name) }
    }

    private static func unknownHash(_ name: [UInt8]) -> GitMessage { "unknown hash algorithm '\(name)'" }

    private static func unknownStorage(_ text: [UInt8]) -> GitMessage { "unknown ref storage format '\(text)'" }

    /// The hash function of a repository that says `present` of itself.
    func hashAlgorithm(
        _ wanted: HashAlgorithm?, _ present: RepositoryFormat, _ environment: RepositoryEnvironment
    ) throws(RepositoryError) -> HashAlgorithm {
        let isThere = present.version != nil
        if isThere, let wanted, wanted != present.objectFormat {
            throw RepositoryError(.cannotInitialize, "attempt to reinitialize repository with different hash")
        }
        if let wanted { return wanted }
        var fallback = hash
        if let name = environment.value("GIT_DEFAULT_HASH") {
            fallback = Self.algorithm(name)
            if fallback == nil { throw RepositoryError(.badEnvironment, Self.unknownHash(name)) }
        }
        return isThere ? present.objectFormat : fallback ?? .sha1
    }

    /// Where a repository that says `present` of itself keeps its references. What is there is never left behind for another.
    func storage(
        _ wanted: ReferenceStorage?, _ present: RepositoryFormat, _ environment: RepositoryEnvironment
    ) throws(RepositoryError) -> ReferenceStorage {
        let override = try ReferenceStorage.override(environment)
        var fallback = storage
        if wanted == nil, let text = environment.value("GIT_DEFAULT_REF_FORMAT") {
            fallback = ReferenceStorage(new: text)
            if fallback == nil { throw RepositoryError(.badEnvironment, Self.unknownStorage(text)) }
        }
        guard present.version != nil else {
            return try (override ?? wanted ?? fallback ?? ReferenceStorage(format: .files)).checked()
        }
        for other in [override, wanted].compactMap({ $0 }) where other != present.referenceStorage {
            throw RepositoryError(
                .cannotInitialize, "attempt to reinitialize repository with different reference storage format")
        }
        return try present.referenceStorage.checked()
    }
}

extension ReferenceStorage {
    /// What `--ref-format`, `GIT_DEFAULT_REF_FORMAT` or `init.defaultRefFormat` says; nil = nothing that is known. As in git, the formats of
    /// git take no payload there.
    public init?(new text: [UInt8]) {
        self.init(text)
        if format != .lmdb, payload != nil { return nil }
    }

    /// Refuses what this package has no store for.
    func checked() throws(RepositoryError) -> ReferenceStorage {
        switch (format, payload) {
        case (.files, nil), (.lmdb, _): return self
        default:
            throw RepositoryError(.unsupportedFormat, "references kept as '\(format.rawValue)' are not supported")
        }
    }

    /// As `extensions.refStorage` has it.
    var text: [UInt8] { Array(format.rawValue.utf8) + (payload.map { Array("://".utf8) + $0 } ?? []) }
}
