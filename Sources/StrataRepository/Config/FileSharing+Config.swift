public import StrataIO
import SystemPackage

extension FileSharing {
    /// Git's `core.sharedRepository=group`.
    private static let group = FileSharing.adding(FilePermissions(rawValue: 0o660))
    /// Git's `core.sharedRepository=all`.
    private static let all = FileSharing.adding(FilePermissions(rawValue: 0o664))

    /// Reads `core.sharedRepository`: who else may use what is written into the repository.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    init(_ config: Config) throws(RepositoryError) {
        guard let index = config.lastIndex(of: "core.sharedrepository".utf8) else {
            self = .umask
            return
        }
        try self.init(setting: config.value(at: index), of: Array(config.key(at: index)))
    }

    /// Reads one value of a variable or option called `name`; nil = it has none.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    init(setting value: [UInt8]?, of name: [UInt8]) throws(RepositoryError) {
        guard let value else {
            self = .group
            return
        }
        switch String(decoding: value, as: UTF8.self) {
        case "umask", "": self = .umask
        case "group": self = .group
        case "all", "world", "everybody": self = .all
        default:
            guard let number = Self.octal(value) else {
                guard let isShared = ConfigNumber.bool(value.span) else {
                    throw RepositoryError(.badConfigValue, "bad boolean config value '\(value)' for '\(name)'")
                }
                self = isShared ? .group : .umask
                return
            }
            switch number {
            case 0: self = .umask
            case 1: self = .group
            case 2: self = .all
            case let mode where mode & 0o600 == 0o600: self = .exactly(FilePermissions(rawValue: CModeT(mode & 0o666)))
            case let mode:
                let digits = String(mode, radix: 8)
                let padded = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
                throw RepositoryError(
                    .badConfigValue,
                    """
                    problem with core.sharedRepository filemode value (0\(padded)).
                    The owner of files must always have read and write permissions.
                    """)
            }
        }
    }

    /// Reads what `--shared=<permissions>` says; nil = the option alone.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public init(option value: [UInt8]?) throws(RepositoryError) { try self.init(setting: value, of: Array("arg".utf8)) }

    /// What stands for it in `core.sharedRepository`, also for git's old versions; nil = nothing is shared.
    var setting: String? {
        switch self {
        case .umask: nil
        case .group: "1"
        case .all: "2"
        case .adding(let bits), .exactly(let bits): "0" + String(bits.rawValue, radix: 8)
        }
    }

    /// The number that `text` writes in octal, or nil.
    private static func octal(_ text: [UInt8]) -> Int? {
        guard text.count <= 10, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else {
            return nil
        }
        return text.reduce(0) { $0 * 8 + Int($1 - UInt8(ascii: "0")) }
    }
}
