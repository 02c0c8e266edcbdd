import StrataModel

/// `include.path` and `includeIf.<condition>.path`.
extension ConfigReader {
    static let maximumDepth = 10

    /// Reads the file that the variable asks for, if it does and its condition holds.
    mutating func followInclude(
        key: [UInt8], value: [UInt8]?, source: Config.Source
    ) throws(ConfigIncludeFailure) {
        if PathBytes.equals(key, "include.path") {
            try include(value, from: source)
        } else if PathBytes.hasPrefix(key, "includeif."), let condition = Self.condition(of: key),
            try holds(condition, in: source)
        {
            let forbade = forbidsURLs
            forbidsURLs = collectsURLs
            defer { forbidsURLs = forbade }
            try include(value, from: source)
        }
    }

    /// The condition in `includeif.<condition>.path`.
    private static func condition(of key: [UInt8]) -> ArraySlice<UInt8>? {
        let condition = key.dropFirst(10).dropLast(5)
        return key.count >= 15 && key.suffix(5).elementsEqual(".path".utf8) ? condition : nil
    }

    private mutating func include(_ path: [UInt8]?, from source: Config.Source) throws(ConfigIncludeFailure) {
        guard let path else { throw ConfigIncludeFailure("missing value for 'include.path'") }
        guard var expanded = environment.expandUser(path) else {
            throw ConfigIncludeFailure("could not expand include path '\(path)'")
        }
        if !PathBytes.isAbsolute(expanded) {
            guard let file = source.file else {
                throw ConfigIncludeFailure("relative config includes must come from files")
            }
            expanded = PathBytes.directoryPart(file) + expanded
        }
        do throws(RepositoryError) {
            guard try isReadable(expanded, toleratesDenial: false) else { return }
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.maximumDepth else {
                let parent = source.file ?? Array("the command line".utf8)
                throw RepositoryError(
                    .badConfigFile,
                    """
                    exceeded maximum include depth (\(Self.maximumDepth)) while including
                    \t\(expanded)
                    from
                    \t\(parent)
                    This might be due to circular includes.
                    """)
            }
            if try read(expanded, scope: source.scope) { return }
        } catch {
            throw ConfigIncludeFailure(fatal: error)
        }
        throw ConfigIncludeFailure()
    }

    // MARK: Conditions

    private mutating func holds(
        _ condition: ArraySlice<UInt8>, in source: Config.Source
    ) throws(ConfigIncludeFailure) -> Bool {
        if PathBytes.hasPrefix(condition, "gitdir:") {
            return try isGitDirectory(condition.dropFirst(7), [.pathname], source)
        }
        if PathBytes.hasPrefix(condition, "gitdir/i:") {
            return try isGitDirectory(condition.dropFirst(9), [.pathname, .casefold], source)
        }
        if PathBytes.hasPrefix(condition, "onbranch:") {
            guard location != nil, let branch = currentBranch?() else { return false }
            let pattern = Self.completed(Array(condition.dropFirst(9)))
            return WildMatch(pattern, options: .pathname).matches(branch)
        }
        if PathBytes.hasPrefix(condition, "hasconfig:remote.*.url:") {
            if collectsURLs { return true }
            let pattern = WildMatch(condition.dropFirst(23), options: .pathname)
            return try allRemoteURLs().contains { pattern.matches($0) }
        }
        return false
    }

    /// A pattern that ends in a slash means everything below.
    private static func completed(_ pattern: [UInt8]) -> [UInt8] {
        pattern.last == PathBytes.slash ? pattern + Array("**".utf8) : pattern
    }

    private func isGitDirectory(
        _ condition: ArraySlice<UInt8>, _ options: WildMatch.Options, _ source: Config.Source
    ) throws(ConfigIncludeFailure) -> Bool {
        guard let location else { return false }
        let name = location.gitDirectoryName
        var pattern = environment.expandUser(Array(condition), realHome: true) ?? Array(condition)
        // What of the pattern is a path to be compared as it stands.
        var literal: [UInt8] = []
        if pattern.starts(with: [UInt8(ascii: "."), PathBytes.slash]) {
            guard let file = source.file else {
                throw ConfigIncludeFailure("relative config include conditionals must come from files")
            }
            guard let real = try? PathBytes.realPath(file, from: base) else { return false }
            literal = Array(PathBytes.directoryPart(real))
            pattern.removeFirst(2)
        } else if !PathBytes.isAbsolute(pattern) {
            pattern = Array("**/".utf8) + pattern
        }
        // With nothing after it, the slash of "./" is the last of the pattern.
        pattern = pattern.isEmpty && !literal.isEmpty ? Array("**".utf8) : Self.completed(pattern)
        let glob = WildMatch(pattern, options: options)
        var candidates: [[UInt8]] = []
        if let real = try? PathBytes.realPath(name, from: base) { candidates.append(real) }
        candidates.append(PathBytes.join(logicalBase, name))
        for text in candidates {
            guard text.count >= literal.count else { return false }
            let matchesPrefix = zip(literal, text).allSatisfy { pair in
                options.contains(.casefold) ? lowercased(pair.0) == lowercased(pair.1) : pair.0 == pair.1
            }
            guard matchesPrefix else { return false }
            if glob.matches(Array(text.dropFirst(literal.count))) { return true }
        }
        return false
    }

    /// The working directory as the shell calls it, when that is the same directory.
    private var logicalBase: [UInt8] {
        guard let shell = environment.value("PWD"), shell != base, PathBytes.isAbsolute(shell),
            case .status(let a) = FileAccess.status(shell), case .status(let b) = FileAccess.status(base),
            a.device == b.device, a.inode == b.inode
        else { return base }
        return shell
    }

    // MARK: Remote URLs

    /// The URLs of all remotes in all files, those included on this very condition too.
    private mutating func allRemoteURLs() throws(ConfigIncludeFailure) -> [[UInt8]] {
        if let remoteURLs { return remoteURLs }
        var collector = ConfigReader(environment: environment, location: location, currentBranch: currentBranch)
        collector.isGentle = isGentle
        collector.collectsURLs = true
        collector.remoteURLs = []
        do throws(RepositoryError) {
            try collector.readAll()
        } catch {
            throw ConfigIncludeFailure(fatal: error)
        }
        remoteURLs = collector.remoteURLs
        return collector.remoteURLs ?? []
    }

    mutating func collectURL(key: [UInt8], value: [UInt8]?) throws(ConfigIncludeFailure) {
        guard PathBytes.hasPrefix(key, "remote."), key.count >= 11, key.suffix(4).elementsEqual(".url".utf8) else {
            return
        }
        guard !forbidsURLs else {
            throw ConfigIncludeFailure(
                fatal: RepositoryError(
                    .badConfigFile,
                    """
                    remote URLs cannot be configured in file directly or indirectly included by \
                    includeIf.hasconfig:remote.*.url
                    """))
        }
        if let value { remoteURLs?.append(value) }
    }
}
