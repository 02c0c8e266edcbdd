#if canImport(Glibc)
    import Glibc
#endif

/// Opening a git directory once it is known: its format, its working tree, its names.
///
/// Paths called "name" are as git has them: seen from the directory it would stand in, and unresolved.
struct RepositorySetup {
    let environment: RepositoryEnvironment
    private(set) var warnings: [String] = []
    private var protected: Config?
    /// The common directory last found, and of which git directory.
    private var common: (of: [UInt8], from: [UInt8], name: [UInt8])?

    init(environment: RepositoryEnvironment) { self.environment = environment }

    mutating func warn(_ message: GitMessage) { warnings.append(String(decoding: message.bytes, as: UTF8.self)) }

    /// System, global and command configuration, read at most once.
    mutating func protectedConfig() throws(RepositoryError) -> Config {
        if let protected { return protected }
        let config = try Config.protected(environment: environment)
        protected = config
        return config
    }

    // MARK: Format

    /// The format, and whether this very git directory is said to be bare or not.
    private mutating func readFormat(
        of name: [UInt8], from base: [UInt8]
    ) throws(RepositoryError) -> (RepositoryFormat, isBare: Bool?) {
        var (common, isShared) = try environment.commonDirectory(of: name, from: base)
        self.common = (name, base, common)
        guard
            var format = try readFile(
                PathBytes.child(common, "config"), from: base,
                { bytes, name throws(RepositoryError) in try RepositoryFormat(bytes, name: name) })
        else { return (RepositoryFormat(), nil) }
        if format.worktreeConfig {
            let file = PathBytes.child(name, "config.worktree")
            let overridden = try readFile(file, from: base) { bytes, name throws(RepositoryError) in
                var own = format
                _ = try Config.parse(bytes, name: name, scope: .worktree) {
                    config, index throws(ConfigIncludeFailure) in
                    try own.readWorktreeVariable(index, of: config)
                }
                return own
            }
            if let overridden { format = overridden }
            isShared = false
        }
        // What a shared configuration says of these is said of the main worktree.
        if isShared { format.workTree = nil }
        return (format, isShared ? nil : format.isBare)
    }

    /// What `parse` makes of a file; nil when it is missing or, with a warning, cannot be read.
    private mutating func readFile<Parsed>(
        _ name: [UInt8], from base: [UInt8], _ parse: ([UInt8], [UInt8]) throws(RepositoryError) -> Parsed
    ) throws(RepositoryError) -> Parsed? {
        switch FileAccess.readFile(PathBytes.join(base, name), limit: 256 << 20) {
        case .bytes(let bytes): return try parse(bytes, name)
        case .tooLarge: throw RepositoryError(.badConfigFile, "configuration file '\(name)' is too large")
        case .failed(let code):
            if code != ENOENT, code != ENOTDIR { warn("unable to access '\(name)': \(errno: code)") }
            return nil
        }
    }

    // MARK: The three ways

    /// `GIT_DIR`, or a found git directory whose working tree is configured.
    mutating func openExplicit(_ given: [UInt8], isBareFound: Bool = false) throws(RepositoryError)
        -> RepositoryLocation
    {
        let current = environment.currentDirectory
        guard given.count <= 4096 - 40 else { throw RepositoryError(.badEnvironment, "'$GIT_DIR' too big") }
        var name = given
        do throws(GitfileFailure) {
            name = try environment.readGitfile(given, from: current)
        } catch {
            if case .refused(let refusal) = error { throw refusal }
        }
        guard try environment.isGitDirectory(name, from: current) else {
            throw RepositoryError(.notARepository, "not a git repository: '\(name)'")
        }
        let (format, isBare) = try readFormat(of: name, from: current)
        let workTree: [UInt8]
        if let given = environment.value("GIT_WORK_TREE") {
            workTree = try environment.realPath(given)
        } else if isBare == true {
            if format.workTree != nil { warn("core.bare and core.worktree do not make sense") }
            return try finish(name, at: current, workTree: nil, prefix: nil, format: format)
        } else if let configured = format.workTree {
            workTree =
                try PathBytes.isAbsolute(configured)
                ? environment.realPath(configured)
                : Self.configuredWorkTree(configured, of: PathBytes.join(current, name))
        } else if !(try environment.flag("GIT_IMPLICIT_WORK_TREE", default: true)) || isBareFound {
            return try finish(name, at: current, workTree: nil, prefix: nil, format: format)
        } else {
            workTree = current
        }
        guard workTree != current, let offset = PathBytes.offset(of: current, inside: workTree) else {
            return try finish(name, at: current, workTree: workTree, prefix: nil, format: format)
        }
        let real = try environment.realPath(name)
        return try finish(
            real, at: workTree, workTree: workTree, prefix: current[offset...] + [PathBytes.slash], format: format)
    }

    /// A relative `core.worktree`, which is seen from the git directory.
    private static func configuredWorkTree(
        _ configured: [UInt8], of gitDirectory: [UInt8]
    ) throws(RepositoryError) -> [UInt8] {
        do throws(PathBytes.RealPathFailure) {
            let start = try PathBytes.realPath(gitDirectory, from: [PathBytes.slash])
            return try PathBytes.realDirectory(configured, from: start)
        } catch {
            throw RepositoryError(.invalidWorkTree, "cannot chdir to '\(configured)': \(errno: error.errno)")
        }
    }

    /// A git directory that was found in `directory`, which is the working tree unless configured otherwise.
    mutating func openFound(_ name: [UInt8], in directory: [UInt8]) throws(RepositoryError) -> RepositoryLocation {
        let current = environment.currentDirectory
        let isBelow = directory.count < current.count
        let (format, isBare) = try readFormat(of: name, from: directory)
        let absolute = isBelow && !PathBytes.isAbsolute(name)
        if environment.value("GIT_WORK_TREE") != nil || format.workTree != nil {
            return try openExplicit(absolute ? try environment.realPath(PathBytes.join(directory, name)) : name)
        }
        if isBare == true {
            let real = isBelow ? try environment.realPath(PathBytes.join(directory, name)) : name
            return try finish(real, at: current, workTree: nil, prefix: nil, format: format)
        }
        let prefix =
            isBelow ? PathBytes.offset(of: current, inside: directory).map { current[$0...] + [PathBytes.slash] } : nil
        return try finish(name, at: directory, workTree: directory, prefix: prefix.map { Array($0) }, format: format)
    }

    /// A git directory that the search came to itself: bare, unless a working tree is configured.
    mutating func openBare(_ directory: [UInt8]) throws(RepositoryError) -> RepositoryLocation {
        let current = environment.currentDirectory
        let dot = [UInt8(ascii: ".")]
        let (format, _) = try readFormat(of: dot, from: directory)
        let name = directory.count < current.count ? directory : dot
        if environment.value("GIT_WORK_TREE") != nil || format.workTree != nil {
            return try openExplicit(name, isBareFound: true)
        }
        return try finish(name, at: current, workTree: nil, prefix: nil, format: format)
    }

    // MARK: The result

    private func finish(
        _ name: [UInt8], at directory: [UInt8], workTree: [UInt8]?, prefix: [UInt8]?, format: RepositoryFormat
    ) throws(RepositoryError) -> RepositoryLocation {
        let common =
            if let known = self.common, known.of == name, known.from == directory || PathBytes.isAbsolute(name) {
                known.name
            } else {
                try environment.commonDirectory(of: name, from: directory).name
            }
        let gitDirectory = Self.absolute(name, from: directory)
        let commonDirectory = Self.absolute(common, from: directory)
        let objects = environment.value("GIT_OBJECT_DIRECTORY").map { Self.absolute($0, from: directory) }
        return RepositoryLocation(
            gitDirectory: filePath(gitDirectory), commonDirectory: filePath(commonDirectory),
            objectDirectory: filePath(objects ?? PathBytes.child(commonDirectory, "objects")),
            workTree: workTree.map { filePath($0) }, prefix: prefix,
            isBare: workTree == nil && format.isBare != false,
            isLinkedWorktree: !Self.isSameDirectory(gitDirectory, commonDirectory),
            format: format, warnings: warnings, gitDirectoryName: name, commonDirectoryName: common,
            workingDirectory: directory)
    }

    private static func absolute(_ name: [UInt8], from directory: [UInt8]) -> [UInt8] {
        name == [UInt8(ascii: ".")] ? directory : PathBytes.join(directory, name)
    }

    private static func isSameDirectory(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        if a == b { return true }
        guard case .status(let a) = FileAccess.status(a), case .status(let b) = FileAccess.status(b) else {
            return false
        }
        return a.device == b.device && a.inode == b.inode
    }
}
