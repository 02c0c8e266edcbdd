import Glibc
import SystemPackage

/// A program that is run as a process of its own.
struct Program {
    let path: String
    /// What stands before the arguments of every run.
    var first: [String] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs it with the file at `input` for its standard input and its output in the file at `output`, by default thrown away.
    func run(_ arguments: [String], input: FilePath = "/dev/null", output: FilePath = "/dev/null") throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input.string, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output.string, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var words = unsafe ([path] + first + arguments).map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var child: pid_t = 0
        let failure = unsafe posix_spawnp(&child, path, &actions, nil, &words, environ)
        guard failure == 0 else { throw Failure(description: "cannot run \(path): \(Errno(rawValue: failure))") }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw Failure(description: "\(path) \(arguments) failed") }
    }

    /// The program that an environment variable names, else `standard`.
    static func named(by variable: String, else standard: String) -> Program {
        guard let value = unsafe getenv(variable) else { return Program(path: standard) }
        return Program(path: unsafe String(cString: value))
    }
}

/// The git to compare with: `STRATA_GIT`, else the one on `PATH`.
enum Git {
    static let program = Program.named(by: "STRATA_GIT", else: "git")

    /// Runs git with the file at `input` for its standard input, and its output thrown away.
    static func run(_ arguments: [String], input: FilePath = "/dev/null") throws {
        try program.run(arguments, input: input)
    }
}

/// A directory that goes away with its object.
final class Scratch {
    let path: FilePath

    /// Made in `directory`.
    init(in directory: FilePath = "/tmp") throws {
        let path = directory.appending("strata-bench-\(getpid())")
        guard unsafe mkdir(path.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
        self.path = path
    }

    deinit {

        removeTree(path)
    }
}

/// Removes a file or a directory with all that is in it.
func removeTree(_ path: FilePath) {
    if unsafe unlink(path.string) == 0 { return }
    if let stream = unsafe opendir(path.string) {
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { removeTree(path.appending(name)) }
        }
        unsafe closedir(stream)
    }
    unsafe rmdir(path.string)
}
