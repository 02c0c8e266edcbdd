import StrataModel
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

extension Config {
    /// The configuration that holds at `location`, or outside of any repository: system, global, local, worktree and
    /// command variables in this order, includes followed.
    ///
    /// `currentBranch` gives the branch that HEAD names (without `refs/heads/`); it is called only when an
    /// `includeIf "onbranch:…"` asks. - Throws: a file that is malformed or exists and cannot be read, in git's words.
    public static func read(
        location: RepositoryLocation?, environment: RepositoryEnvironment, currentBranch: (() -> [UInt8]?)? = nil
    ) throws(RepositoryError) -> Config {
        var reader = ConfigReader(environment: environment, location: location, currentBranch: currentBranch)
        try reader.readAll()
        return reader.config
    }

    /// The configuration that a repository cannot set itself: system, global and command variables.
    static func protected(environment: RepositoryEnvironment) throws(RepositoryError) -> Config {
        var reader = ConfigReader(environment: environment, location: nil, currentBranch: nil)
        reader.isGentle = true
        try reader.readAll()
        return reader.config
    }

    /// The variables of one file, whose `name` stands in messages; `include.path` is a variable like any other.
    ///
    /// - Throws: `RepositoryError.Code.badConfigFile`.
    public static func parse(_ bytes: [UInt8], name: String, scope: Scope = .local) throws(RepositoryError) -> Config {
        try parse(bytes, name: Array(name.utf8), scope: scope)
    }

    /// The same; `visit` sees each variable, by its index, before the next is read, and what it refuses is the line's
    /// error.
    static func parse(
        _ bytes: [UInt8], name: [UInt8], scope: Scope,
        visiting visit: (Config, Int) throws(ConfigIncludeFailure) -> Void = { _, _ in }
    ) throws(RepositoryError) -> Config {
        var config = Config()
        let source = config.addSource(Source(scope: scope, file: name))
        var parser = ConfigParser(bytes)
        while true {
            switch parser.next() {
            case .end: return config
            case .malformed: throw .badConfigLine(parser.line, of: name)
            case .variable:
                config.append(
                    key: parser.key, value: parser.hasValue ? parser.value : nil, source: source, line: parser.line)
                do throws(ConfigIncludeFailure) {
                    try visit(config, config.count - 1)
                } catch {
                    throw error.fatal ?? .badConfigLine(parser.line, of: name, causes: error.causes)
                }
            }
        }
    }
}

extension RepositoryError {
    static func badConfigLine(_ line: Int, of file: [UInt8], causes: [[UInt8]] = []) -> RepositoryError {
        RepositoryError(.badConfigFile, "bad config line \(line) in file \(file)", causes: causes)
    }
}

/// Reads the configuration files in git's order and follows their includes.
struct ConfigReader {
    var config = Config()
    let environment: RepositoryEnvironment
    let location: RepositoryLocation?
    let currentBranch: (() -> [UInt8]?)?
    /// Whether a system file that may not be read is passed over.
    var isGentle = false

    /// How many includes deep the file being read is.
    var depth = 0
    /// The URLs of all remotes, once an `includeIf "hasconfig:…"` has asked for them.
    var remoteURLs: [[UInt8]]?
    /// Set while the files are read for their remote URLs only: then every `hasconfig` condition holds …
    var collectsURLs = false
    /// … and files included on condition may not configure remotes.
    var forbidsURLs = false
    /// What may still be read, so that files including each other many times come to an end.
    private var filesLeft = 20_000
    private var bytesLeft = 256 << 20

    init(
        environment: RepositoryEnvironment, location: RepositoryLocation?, currentBranch: (() -> [UInt8]?)?
    ) {
        self.environment = environment
        self.location = location
        self.currentBranch = currentBranch
    }

    /// The directory that relative file names are seen from.
    var base: [UInt8] { location?.workingDirectory ?? environment.currentDirectory }

    // MARK: The sequence

    mutating func readAll() throws(RepositoryError) {
        if try !environment.flag("GIT_CONFIG_NOSYSTEM", default: false) {
            let system = environment.value("GIT_CONFIG_SYSTEM") ?? pathBytes(environment.systemConfigPath)
            try readFile(normalized(system), scope: .system, toleratesDenial: isGentle)
        }
        if let global = environment.value("GIT_CONFIG_GLOBAL") {
            try readFile(global, scope: .global, toleratesDenial: true)
        } else {
            let home = environment.value("HOME")
            if let xdg = environment.value("XDG_CONFIG_HOME"), !xdg.isEmpty {
                try readFile(PathBytes.child(xdg, "git/config"), scope: .global, toleratesDenial: true)
            } else if let home {
                try readFile(PathBytes.child(home, ".config/git/config"), scope: .global, toleratesDenial: true)
            }
            if let home {
                try readFile(PathBytes.child(home, ".gitconfig"), scope: .global, toleratesDenial: true)
            }
        }
        if let location {
            try readFile(
                Self.cleaned(PathBytes.child(location.commonDirectoryName, "config")), scope: .local,
                toleratesDenial: false)
            if location.format.worktreeConfig {
                try readFile(
                    Self.cleaned(PathBytes.child(location.gitDirectoryName, "config.worktree")), scope: .worktree,
                    toleratesDenial: false)
            }
        }
        try readParameters()
    }

    /// `path` without a "./" at its beginning, as git names these files.
    private static func cleaned(_ path: [UInt8]) -> [UInt8] {
        guard path.starts(with: [UInt8(ascii: "."), PathBytes.slash]) else { return path }
        return Array(path.dropFirst(2).drop { $0 == PathBytes.slash })
    }

    private func normalized(_ path: [UInt8]) -> [UInt8] {
        path.isEmpty ? path : pathBytes(filePath(path).lexicallyNormalized())
    }

    private mutating func readFile(
        _ name: [UInt8], scope: Config.Scope, toleratesDenial: Bool
    ) throws(RepositoryError) {
        guard try isReadable(name, toleratesDenial: toleratesDenial) else { return }
        guard try read(name, scope: scope) else {
            throw RepositoryError(.unavailable, "unknown error occurred while reading the configuration files")
        }
    }

    /// Whether the file is there and may be read; missing is no error.
    func isReadable(_ name: [UInt8], toleratesDenial: Bool) throws(RepositoryError) -> Bool {
        switch FileAccess.access(PathBytes.join(base, name), R_OK) {
        case 0: return true
        case ENOENT, ENOTDIR: return false
        case EACCES where toleratesDenial: return false
        case let code: throw RepositoryError(.unavailable, "unable to access '\(name)': \(errno: code)")
        }
    }

    // MARK: One file

    /// Reads a file and what it includes; false when it cannot be opened after all.
    mutating func read(_ name: [UInt8], scope: Config.Scope) throws(RepositoryError) -> Bool {
        filesLeft -= 1
        guard filesLeft >= 0 else {
            throw RepositoryError(.badConfigFile, "too many configuration files included, the last is '\(name)'")
        }
        let bytes: [UInt8]
        switch FileAccess.readFile(PathBytes.join(base, name), limit: bytesLeft) {
        case .bytes(let contents): bytes = contents
        case .failed: return false
        case .tooLarge: throw RepositoryError(.badConfigFile, "configuration file '\(name)' is too large")
        }
        bytesLeft -= bytes.count
        let source = config.addSource(Config.Source(scope: scope, file: name))
        var parser = ConfigParser(bytes)
        while true {
            switch parser.next() {
            case .end: return true
            case .malformed: throw .badConfigLine(parser.line, of: name)
            case .variable:
                do throws(ConfigIncludeFailure) {
                    try add(
                        key: parser.key, value: parser.hasValue ? parser.value : nil, source: source,
                        line: parser.line)
                } catch {
                    throw error.fatal ?? .badConfigLine(parser.line, of: name, causes: error.causes)
                }
            }
        }
    }

    /// Adds a variable and, when it includes a file, what is in that.
    mutating func add(
        key: [UInt8], value: [UInt8]?, source: Int, line: Int
    ) throws(ConfigIncludeFailure) {
        if collectsURLs {
            try collectURL(key: key, value: value)
        }
        config.append(key: key, value: value, source: source, line: line)
        if key.first == UInt8(ascii: "i") {
            try followInclude(key: key, value: value, source: config.source(at: config.count - 1))
        }
    }
}

/// Why an include could not be followed: reported for the line that asks for it, or at once.
struct ConfigIncludeFailure: Error {
    var causes: [[UInt8]] = []
    var fatal: RepositoryError?

    init() {}
    init(_ cause: GitMessage) { causes = [cause.bytes] }
    init(fatal: RepositoryError) { self.fatal = fatal }
}
