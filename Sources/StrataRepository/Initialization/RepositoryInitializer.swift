import StrataIO
import StrataModel
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// One call of `init`: the steps, in git's order but for what must come last.
struct RepositoryInitializer {
    let request: InitRequest
    let places: InitPlaces
    let notice: (InitNotice) -> Void
    /// What the repository that is there says; the version is nil where there is none.
    let present: RepositoryFormat
    let hashAlgorithm: HashAlgorithm
    let storage: ReferenceStorage
    /// As the templates and the configuration have it.
    var sharing = FileSharing.umask
    var config = Config()

    init(
        _ request: InitRequest, _ places: InitPlaces, _ notice: @escaping (InitNotice) -> Void
    ) throws(RepositoryError) {
        (self.request, self.places, self.notice) = (request, places, notice)
        present = try Self.format(of: places.commonDirectory, notice) ?? RepositoryFormat()
        let defaults = try InitDefaults(places.environment, notice)
        hashAlgorithm = try defaults.hashAlgorithm(request.hashAlgorithm, present, places.environment)
        storage = try defaults.storage(request.referenceStorage, present, places.environment)
    }

    mutating func run() throws(RepositoryError) -> InitResult {
        try makeDirectory(places.gitDirectory, isShared: false)
        try readConfig()
        try copyTemplates()
        // Among the templates may be a configuration.
        try readConfig()
        try config.checkVariables()
        let isThere = isInitialized
        try adjust(places.gitDirectory)
        try configure(isThere: isThere)
        try makeObjectDirectories()
        try makeReferences(isThere: isThere)
        return InitResult(
            gitDirectory: filePath(places.gitDirectory), isReinitialized: isThere, isShared: sharing != .umask)
    }

    private mutating func readConfig() throws(RepositoryError) {
        config = try Config.read(location: location, environment: places.environment)
        if let given = request.sharing { sharing = given } else { sharing = try FileSharing(config) }
    }

    func warn(_ message: GitMessage) { notice(.warning(message.bytes)) }

    /// The repository as it is to be.
    var location: RepositoryLocation {
        let (git, common) = (places.gitDirectory, places.commonDirectory)
        var format = present
        format.objectFormat = hashAlgorithm
        format.referenceStorage = storage
        return RepositoryLocation(
            gitDirectory: filePath(git), commonDirectory: filePath(common), objectDirectory: objectDirectory,
            workTree: places.workTree.map { filePath($0) }, prefix: nil, isBare: places.workTree == nil,
            isLinkedWorktree: git != common, format: format, warnings: [], gitDirectoryName: git,
            commonDirectoryName: common, workingDirectory: places.environment.currentDirectory)
    }

    /// What the configuration of the repository with this common directory says; nil = it has none.
    static func format(
        of directory: [UInt8], _ notice: (InitNotice) -> Void
    ) throws(RepositoryError) -> RepositoryFormat? {
        let name = PathBytes.child(directory, "config")
        switch FileAccess.readFile(name, limit: 256 << 20) {
        case .bytes(let bytes): return try RepositoryFormat(bytes, name: name)
        case .tooLarge: throw RepositoryError(.badConfigFile, "configuration file '\(name)' is too large")
        case .failed(let code):
            if code != ENOENT, code != ENOTDIR {
                notice(.warning(GitMessage("unable to access '\(name)': \(errno: code)").bytes))
            }
            return nil
        }
    }

    // MARK: Directories

    private var objectDirectory: FilePath {
        let given = places.environment.value("GIT_OBJECT_DIRECTORY").map(places.environment.absolute)
        return filePath(given ?? PathBytes.child(places.commonDirectory, "objects"))
    }

    private func makeObjectDirectories() throws(RepositoryError) {
        let objects = pathBytes(objectDirectory)
        for path in [objects, PathBytes.child(objects, "pack"), PathBytes.child(objects, "info")] {
            try makeDirectory(path)
        }
    }

    /// Makes one directory, unless something is there. Git's function: `safe_create_dir`.
    func makeDirectory(_ path: [UInt8], isShared: Bool = true) throws(RepositoryError) {
        do throws(FileError) {
            try Disk.mkdir(filePath(path), sharing: isShared ? sharing : .umask)
        } catch {
            if error.errno == .fileExists { return }
            throw RepositoryError(.cannotMakeDirectory, "\(path): \(errno: error.errno.rawValue)")
        }
    }

    /// Gives a directory the permissions that others need.
    func adjust(_ path: [UInt8]) throws(RepositoryError) {
        if sharing == .umask { return }
        let path = filePath(path)
        try writing(path) { () throws(FileError) in
            guard let now = try FileStat.lstat(path), now.kind == .directory else { return }
            if let mode = sharing.adjusted(now.permissions, isDirectory: true) { try Disk.chmod(path, mode) }
        }
    }

    /// Runs `body`, whose failure is git's for a file that cannot be written.
    func writing<T>(_ path: FilePath, _ body: () throws(FileError) -> T) throws(RepositoryError) -> T {
        do throws(FileError) {
            return try body()
        } catch {
            throw RepositoryError(
                .unavailable, "could not open '\(pathBytes(path))' for writing: \(errno: error.errno.rawValue)")
        }
    }

    /// Whether a HEAD is there, readable or as a symbolic link. Git's function: `is_reinit`.
    var isInitialized: Bool {
        let head = PathBytes.child(places.gitDirectory, "HEAD")
        return FileAccess.access(head, R_OK) == 0 || FileAccess.readLink(head) != nil
    }
}
