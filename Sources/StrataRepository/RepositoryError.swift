/// Why a repository cannot be opened, in git's words.
public struct RepositoryError: Error, Sendable {
    /// What kind of failure it is.
    public enum Code: Sendable, Hashable {
        /// There is no repository here, nor above.
        case notARepository
        /// The search stopped at the boundary of a file system.
        case crossedMountPoint
        /// The repository belongs to someone else and `safe.directory` does not allow it.
        case dubiousOwnership
        /// A bare repository was found by searching, and `safe.bareRepository` refuses that.
        case bareRepositoryRefused
        /// A `.git` file that does not lead to a repository.
        case invalidGitfile
        /// `core.worktree` or `GIT_WORK_TREE` cannot be used.
        case invalidWorkTree
        /// A repository format or extension that is not known.
        case unsupportedFormat
        /// A configuration file that cannot be parsed.
        case badConfigFile
        /// `-c`, `GIT_CONFIG_COUNT` or `GIT_CONFIG_PARAMETERS` cannot be parsed.
        case badCommandLineConfig
        /// A configuration variable whose value makes no sense.
        case badConfigValue
        /// An environment variable whose value makes no sense.
        case badEnvironment
        /// The committer's name, address or date is missing or malformed.
        case badIdentity
        /// Something exists and could not be read.
        case unavailable
        /// A repository cannot be made as asked, or made again in another way than it was.
        case cannotInitialize
        /// A directory of a new repository cannot be made. Git prints this message without "fatal: " before it.
        case cannotMakeDirectory
    }

    public let code: Code
    /// Git's message, without the "fatal: " that it prints first. Paths in it are the bytes they are.
    public let message: [UInt8]
    /// What git prints before, each line after "error: ".
    public internal(set) var causes: [[UInt8]]

    init(_ code: Code, _ message: GitMessage, causes: [[UInt8]] = []) {
        self.code = code
        self.message = message.bytes
        self.causes = causes
    }

    init(_ code: Code, _ message: GitMessage, cause: GitMessage) {
        self.init(code, message, causes: [cause.bytes])
    }
}

extension RepositoryError: CustomStringConvertible {
    public var description: String { String(decoding: message, as: UTF8.self) }
}

/// A message put together from text and from bytes of any encoding.
struct GitMessage: ExpressibleByStringInterpolation, Sendable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }
    init(stringLiteral value: String) { bytes = Array(value.utf8) }
    init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

    struct StringInterpolation: StringInterpolationProtocol {
        var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) { bytes.reserveCapacity(literalCapacity * 2) }
        mutating func appendLiteral(_ literal: String) { bytes.append(contentsOf: literal.utf8) }
        mutating func appendInterpolation(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }
        mutating func appendInterpolation(_ value: String) { bytes.append(contentsOf: value.utf8) }
        mutating func appendInterpolation(_ value: some BinaryInteger) {
            bytes.append(contentsOf: String(value).utf8)
        }
        /// The C library's words for an error number.
        mutating func appendInterpolation(errno code: Int32) { bytes.append(contentsOf: FileAccess.describe(code)) }
    }
}
