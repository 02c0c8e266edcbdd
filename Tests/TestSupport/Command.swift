import Glibc
public import SystemPackage

/// What a finished command left behind.
public struct CommandResult: Sendable {
    /// The exit status, or 128 + the signal's number when a signal ended it, as shells report it.
    public var status: Int32
    public var out: [UInt8]
    public var err: [UInt8]

    public var outText: String { String(decoding: out, as: UTF8.self) }
    public var errText: String { String(decoding: err, as: UTF8.self) }
    /// The lines of standard output, without their newlines.
    public var lines: [String] { outText.split(separator: "\n").map(String.init) }
}

/// Runs `executable` (searched on `PATH` when it has no slash) to its end.
///
/// `environment` is laid over this process's environment; a nil value removes a variable.
public func run(
    _ executable: String, _ arguments: [String], stdin: [UInt8] = [], environment: [String: String?] = [:],
    directory: FilePath? = nil
) throws(Errno) -> CommandResult {
    let child = try ChildProcess(executable, arguments, environment: environment, directory: directory)
    return child.communicate(stdin)
}

/// Runs `executable` and gives its standard output as text without the final newline; a failure is thrown.
public func output(
    _ executable: String, _ arguments: [String], stdin: [UInt8] = [], environment: [String: String?] = [:],
    directory: FilePath? = nil
) throws -> String {
    let result = try run(executable, arguments, stdin: stdin, environment: environment, directory: directory)
    guard result.status == 0 else {
        throw CommandFailure(command: ([executable] + arguments).joined(separator: " "), result: result)
    }
    var text = result.outText
    if text.hasSuffix("\n") { text.removeLast() }
    return text
}

/// A command that was to succeed and did not.
public struct CommandFailure: Error, CustomStringConvertible {
    public var command: String
    public var result: CommandResult

    public init(command: String, result: CommandResult) {
        self.command = command
        self.result = result
    }

    public var description: String { "\(command): exit \(result.status): \(result.errText)" }
}
