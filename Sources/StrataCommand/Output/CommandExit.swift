import StrataRefs
import StrataRepository

/// What the command's process ends with, by git's conventions.
public struct ExitStatus: RawRepresentable, Sendable, Hashable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let success = ExitStatus(rawValue: 0)
    /// The question was answered with no, or an `error:` was printed.
    public static let failure = ExitStatus(rawValue: 1)
    /// A `fatal:` message was printed.
    public static let fatal = ExitStatus(rawValue: 128)
    /// The command line was wrong.
    public static let usage = ExitStatus(rawValue: 129)
}

/// Ends a verb early, with what is still to be printed.
struct CommandExit: Error, Equatable {
    var status: ExitStatus
    /// For standard output, complete lines.
    var output: Bytes = []
    /// For standard error, complete lines.
    var message: Bytes = []

    /// `fatal: …`, status 128. Git's function: `die`.
    static func fatal(_ message: Bytes) -> CommandExit {
        CommandExit(status: .fatal, message: Diagnostic.line("fatal: ", message))
    }

    /// `fatal: …`, status 128. Git's function: `die`.
    static func fatal(_ message: String) -> CommandExit { fatal(Bytes(message)) }

    /// What git has and `strata` has not yet, by its name; status 129.
    static func unsupported(_ what: String) -> CommandExit {
        CommandExit(status: .usage, message: Diagnostic.line("error: ", Bytes("not supported yet: \(what)")))
    }

    /// `error: …` with the status of a wrong command line.
    static func refusal(_ message: Bytes) -> CommandExit {
        CommandExit(status: .usage, message: Diagnostic.line("error: ", message))
    }
}

extension CommandExit {
    /// Git's `fatal:`, behind the `error:` lines that led to it.
    init(_ error: RepositoryError) {
        let causes = error.causes.flatMap { Diagnostic.line("error: ", $0) }
        self = .fatal(error.message)
        message = causes + message
    }

    /// What ends the verb when a store fails: `prefix` says what for, unless git dies on the spot.
    init(_ error: RefError, prefix: Bytes = []) {
        self = CommandExit(atOnce: error) ?? .fatal(prefix + Bytes(error.message))
    }

    /// Git's end where its functions do not return: a hook's no, a malformed `packed-refs`, a configured value or an environment
    /// variable that makes no sense. Nil for other failures.
    init?(atOnce error: RefError) {
        if let error = error.cause as? RepositoryError {
            self = CommandExit(error)
        } else if error.code == .refused || error.code == .corrupt {
            self = .fatal(error.message)
        } else {
            return nil
        }
    }
}

/// Messages for people, one per line of standard error.
enum Diagnostic {
    /// `prefix` and `message` as git prints them: cut at 4095 bytes, control characters that could steer a terminal made `?`.
    /// Git's function: `vreportf`.
    static func line(_ prefix: String, _ message: Bytes) -> Bytes {
        var line = Bytes(prefix)
        line.append(contentsOf: message.prefix { $0 != 0 })
        if line.count > 4095 { line.removeSubrange(4095...) }
        for i in prefix.utf8.count..<line.count where line[i] < 0x20 || line[i] == 0x7f {
            if line[i] != 0x09 && line[i] != 0x0a { line[i] = UInt8(ascii: "?") }
        }
        line.append(0x0a)
        return line
    }
}
