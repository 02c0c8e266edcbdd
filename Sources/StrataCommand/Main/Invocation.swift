import StrataRepository
import SystemPackage

/// What stands between `strata` and its verb: all that a verb needs to find its repository, beside the environment.
struct Invocation: Sendable {
    /// One `-c name=value`; a name without `=` has no value and means true.
    struct ConfigParameter: Sendable, Equatable {
        let name: Bytes
        let value: Bytes?
    }

    /// Where to start, by all `-C`, each relative to the one before; empty for the current directory.
    var directory: FilePath = ""
    /// `-c` and `--config-env`, in order.
    var configParameters: [ConfigParameter] = []
    /// `--git-dir`, instead of `GIT_DIR`.
    var gitDir: Bytes?
    /// `--work-tree`, instead of `GIT_WORK_TREE`.
    var workTree: Bytes?
    /// `--namespace`, instead of `GIT_NAMESPACE`.
    var namespace: Bytes?
    /// `--bare`: ``bareDirectory`` is the git dir unless one is named, and there is no work tree.
    var bare = false
    /// The directory that was current, by all `-C` so far, when the first `--bare` was read.
    var bareDirectory: FilePath?

    /// `--no-replace-objects`: nothing stands for other objects.
    var ignoresReplacements = false

    /// The process's environment with what the options say laid over it.
    func environment() throws(RepositoryError) -> RepositoryEnvironment {
        var environment = try RepositoryEnvironment.process(directory: directory.isEmpty ? nil : directory)
        if let gitDir { environment.set("GIT_DIR", to: gitDir) }
        if let workTree { environment.set("GIT_WORK_TREE", to: workTree) }
        if let namespace { environment.set("GIT_NAMESPACE", to: namespace) }
        if ignoresReplacements { environment.set("GIT_NO_REPLACE_OBJECTS", to: Bytes("1")) }
        if bare {
            if environment.value("GIT_DIR") == nil {
                let there = bareDirectory.flatMap { $0.isEmpty ? nil : $0 }
                let start = try RepositoryEnvironment.process(directory: there)
                environment.set("GIT_DIR", to: start.currentDirectory)
            }
            environment.set("GIT_IMPLICIT_WORK_TREE", to: Bytes("0"))
        }
        environment.commandLineConfig = configParameters.map { parameter in
            parameter.name + (parameter.value.map { Bytes("=") + $0 } ?? [])
        }
        return environment
    }
}
