import StrataRepository
import SystemPackage
import TestSupport

/// What an attempt gave: a value, or git's message.
func outcome<T>(_ body: () throws(RepositoryError) -> T) -> Result<T, RepositoryError> {
    do throws(RepositoryError) { return .success(try body()) } catch { return .failure(error) }
}

/// The message after "fatal: " that a failed git printed last.
func fatalMessage(_ result: CommandResult) -> String? {
    let text = result.errText
    guard let range = text.range(ofLast: "fatal: ") else { return nil }
    var message = String(text[range].dropFirst(7))
    if message.hasSuffix("\n") { message.removeLast() }
    return message
}

extension String {
    /// Where the last `part` that begins a line begins.
    fileprivate func range(ofLast part: String) -> PartialRangeFrom<String.Index>? {
        var found: String.Index?
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(part), at == startIndex || self[index(before: at)] == "\n" { found = at }
            at = index(after: at)
        }
        return found.map { $0... }
    }
}

/// An environment for git and the library alike: nothing from this process but `PATH`.
struct Variables {
    var values: [String: String]

    init(home: FilePath, _ more: [String: String] = [:]) {
        values = ["HOME": home.string, "GIT_CONFIG_NOSYSTEM": "1"]
        values.merge(more) { $1 }
    }

    /// For `run`, which lays it over this process's environment.
    var forGit: [String: String?] {
        var result: [String: String?] = [:]
        for name in processEnvironment().keys where name != "PATH" { result[name] = .some(nil) }
        for (name, value) in values { result[name] = value }
        result["LC_ALL"] = "C"
        return result
    }

    func runGit(_ arguments: [String], in directory: FilePath, stdin: [UInt8] = []) throws -> CommandResult {
        try run(gitPath, arguments, stdin: stdin, environment: forGit, directory: directory)
    }

    func library(_ directory: FilePath) throws(RepositoryError) -> RepositoryEnvironment {
        try RepositoryEnvironment(variables: values, currentDirectory: directory)
    }
}

func write(_ text: String, to path: FilePath) throws { try write(Array(text.utf8), to: path) }

func write(_ bytes: [UInt8], to path: FilePath) throws {
    let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o644))
    try file.closeAfter { _ = try file.writeAll(bytes) }
}

func makeDirectory(_ path: FilePath) throws { _ = try output("mkdir", ["-p", path.string]) }
