public import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What opening a repository takes from outside: environment variables, `-c` options and the working directory.
///
/// A server gives its own (`init(variables:currentDirectory:)`), so that requests do not depend on the process.
/// Reading the live environment is as safe between threads as `getenv` is.
public struct RepositoryEnvironment: Sendable {
    /// Variables set or removed by the caller: the value nil hides the process's.
    private var overrides: [String: [UInt8]?]
    private let inheritsProcess: Bool
    /// The real path that relative paths are seen from.
    package let currentDirectory: [UInt8]
    /// The `key=value` texts of `-c`, in order. They come after the environment's.
    public var commandLineConfig: [[UInt8]] = []
    /// The system-wide configuration file, where `GIT_CONFIG_SYSTEM` does not name another.
    public var systemConfigPath: FilePath = "/etc/gitconfig"
    /// What `%(prefix)/` stands for in configured paths.
    public var installationPrefix: FilePath = "/usr"

    /// The process's own environment, seen from `directory` (the working directory, if nil).
    ///
    /// - Throws: `RepositoryError.Code.unavailable` when the directory cannot be entered.
    public static func process(directory: FilePath? = nil) throws(RepositoryError) -> RepositoryEnvironment {
        guard let current = FileAccess.currentDirectory() else {
            throw RepositoryError(.unavailable, "Unable to read current working directory: \(errno: errno)")
        }
        return RepositoryEnvironment(
            overrides: [:], inheritsProcess: true,
            currentDirectory: try Self.resolve(directory.map { pathBytes($0) }, from: current))
    }

    /// An environment with these variables and no others.
    ///
    /// - Throws: `RepositoryError.Code.unavailable` when `currentDirectory` cannot be entered.
    public init(variables: [String: String], currentDirectory: FilePath) throws(RepositoryError) {
        let start = FileAccess.currentDirectory() ?? [PathBytes.slash]
        self.init(
            overrides: variables.mapValues { Array($0.utf8) }, inheritsProcess: false,
            currentDirectory: try Self.resolve(pathBytes(currentDirectory), from: start))
    }

    private init(overrides: [String: [UInt8]?], inheritsProcess: Bool, currentDirectory: [UInt8]) {
        self.overrides = overrides
        self.inheritsProcess = inheritsProcess
        self.currentDirectory = currentDirectory
    }

    private static func resolve(_ directory: [UInt8]?, from current: [UInt8]) throws(RepositoryError) -> [UInt8] {
        guard let directory else { return current }
        do throws(PathBytes.RealPathFailure) {
            return try PathBytes.realDirectory(directory, from: current)
        } catch {
            throw RepositoryError(.unavailable, "cannot change to '\(directory)': \(errno: error.errno)")
        }
    }

    /// The same variables, seen from `directory`.
    ///
    /// - Throws: the error number, when the directory cannot be entered.
    func entering(_ directory: [UInt8]) throws(PathBytes.RealPathFailure) -> RepositoryEnvironment {
        let real = try PathBytes.realDirectory(directory, from: currentDirectory)
        var entered = RepositoryEnvironment(
            overrides: overrides, inheritsProcess: inheritsProcess, currentDirectory: real)
        entered.commandLineConfig = commandLineConfig
        entered.systemConfigPath = systemConfigPath
        entered.installationPrefix = installationPrefix
        return entered
    }

    /// The value of a variable, or nil when it is not set.
    public func value(_ name: String) -> [UInt8]? {
        if !overrides.isEmpty, let own = overrides[name] { return own }
        guard inheritsProcess, let value = unsafe getenv(name) else { return nil }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    /// Sets a variable, or removes it.
    public mutating func set(_ name: String, to value: [UInt8]?) { overrides[name] = .some(value) }

    /// A variable read as a boolean.
    func flag(_ name: String, default fallback: Bool) throws(RepositoryError) -> Bool {
        guard let value = value(name) else { return fallback }
        guard let flag = ConfigNumber.bool(value.span) else {
            throw RepositoryError(.badEnvironment, "bad boolean environment value '\(value)' for '\(name)'")
        }
        return flag
    }

    /// `path` seen from the working directory.
    func absolute(_ path: [UInt8]) -> [UInt8] { PathBytes.join(currentDirectory, path) }

    /// The real path of `path`, or git's refusal.
    func realPath(_ path: [UInt8]) throws(RepositoryError) -> [UInt8] {
        do {
            return try PathBytes.realPath(path, from: currentDirectory)
        } catch {
            switch error {
            case .empty: throw RepositoryError(.unavailable, "The empty string is not a valid path")
            case .invalid(let path, let code):
                throw RepositoryError(.unavailable, "Invalid path '\(path)': \(errno: code)")
            case .tooManyLinks:
                throw RepositoryError(.unavailable, "More than 32 nested symlinks on path '\(path)'")
            }
        }
    }
}

/// The bytes of a path.
func pathBytes(_ path: FilePath) -> [UInt8] {
    unsafe path.withPlatformString { unsafe [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
}

/// The path that `bytes` are.
func filePath(_ bytes: [UInt8]) -> FilePath {
    unsafe bytes.withUnsafeBytes { buffer in
        unsafe buffer.withMemoryRebound(to: CChar.self) { text in
            unsafe FilePath(platformString: Array(text.prefix { $0 != 0 }) + [0])
        }
    }
}
