public import StrataIO
public import StrataModel
public import SystemPackage

/// What a new repository is to be: git's `init`. What is nil is as the environment and the configuration say.
public struct InitRequest: Sendable {
    /// Where: the top of the working tree, or the bare repository itself. Made where it is missing, with those above. Nil = the working
    /// directory, or `GIT_DIR`.
    public var directory: FilePath?
    /// Whether there is no working tree. Nil = as git guesses it from `GIT_DIR`; without that there is one.
    public var isBare: Bool?
    /// The hash function. Nil = `GIT_DEFAULT_HASH`, `init.defaultObjectFormat`, SHA-1.
    public var hashAlgorithm: HashAlgorithm?
    /// Where references are kept: `files`, `lmdb`, `lmdb://<path>` (from the common dir). Nil = `GIT_REFERENCE_BACKEND`,
    /// `GIT_DEFAULT_REF_FORMAT`, `init.defaultRefFormat`, `files`.
    public var referenceStorage: ReferenceStorage?
    /// The branch that HEAD names. Nil = `init.defaultBranch`, `master`.
    public var initialBranch: [UInt8]?
    /// Who else may use it. Nil = `core.sharedRepository`.
    public var sharing: FileSharing?
    /// The directory whose files are copied into the new repository; an empty path = none is. Nil = `GIT_TEMPLATE_DIR`, `init.templateDir`,
    /// git's own, where that is there.
    public var template: FilePath?
    /// Whether nobody is to be told that the default branch has no configured name.
    public var isQuiet = false
    /// What configuration, HEAD and the database have reached when the repository is made.
    public var durability = Durability.none

    public init(
        at directory: FilePath? = nil, bare isBare: Bool? = nil, referenceStorage: ReferenceStorage? = nil
    ) {
        self.directory = directory
        self.isBare = isBare
        self.referenceStorage = referenceStorage
    }
}

/// What was made.
public struct InitResult: Sendable, Hashable {
    /// The git directory, a real path.
    public let gitDirectory: FilePath
    /// Whether it was there already: then its references, its HEAD and its objects are as they were.
    public let isReinitialized: Bool
    /// Whether others may use it.
    public let isShared: Bool
}

/// What git says on the way.
public enum InitNotice: Sendable, Hashable {
    /// Without "warning: ".
    case warning([UInt8])
    /// Without "error: ".
    case error([UInt8])
    /// Lines, each without "hint: ".
    case hint([[UInt8]])
}

extension Repository {
    /// Makes a repository, as `git init` does, or completes one that is there.
    ///
    /// It is there as a whole only with the last step, its `HEAD`: what a killed call leaves behind can be initialised again. A repository
    /// that is there keeps its hash function, its kind of reference storage, its HEAD and its references; templates that it lacks are copied,
    /// and its configuration is brought to what git writes. References in a database get the stubs by which git knows that it cannot use them.
    /// A database that has references keeps its HEAD. May be called from several threads.
    ///
    /// - Parameter notice: is told of what git would say meanwhile.
    /// - Throws: ``RepositoryError``, in git's words.
    @discardableResult
    public static func initialize(
        _ request: InitRequest, environment: RepositoryEnvironment,
        notice: @escaping (InitNotice) -> Void = { _ in }
    ) throws(RepositoryError) -> InitResult {
        var initializer = try RepositoryInitializer(request, try InitPlaces(request, environment), notice)
        return try initializer.run()
    }
}
