import SystemPackage
import TestSupport

extension TemplateRepository {
    /// The same repository with its references in a database, made in `directory`.
    init(databaseOf other: TemplateRepository, in directory: FilePath) throws {
        shape = other.shape
        self.directory = directory
        objects = other.objects
        let repo = directory.appending("repo")
        try makeDirectories(directory)
        @Sendable func strata(_ arguments: [String], in place: FilePath, _ input: [UInt8] = []) throws {
            _ = try output(strataPath, arguments, stdin: input, environment: gitEnvironment, directory: place)
        }
        let kind = (shape.bare ? ["--bare"] : []) + ["--ref-format=lmdb", "--object-format=\(shape.hash)"]
        try strata(["init", "-q", "--template=", "--initial-branch=main"] + kind + ["repo"], in: directory)
        let common = directory.appending(shape.commonDir)
        for (key, value) in [
            ("core.filesRefLockTimeout", "5"), ("core.packedRefsTimeout", "5"), ("core.logAllRefUpdates", shape.logs),
        ] {
            // Git itself would not open the repository.
            if let value { try git(["config", "--file", "\(common)/config", key, value], in: directory) }
        }
        _ = try output("cp", ["-a", "\(other.directory)/\(shape.commonDir)/objects", common.string])
        try Self.makeReferences(objects) { arguments, input in try strata(arguments, in: repo, input) }
        if shape.linkedWorktree {
            try addWorktree(common) { try strata(["symbolic-ref", "HEAD", "refs/heads/side"], in: $0) }
        }
        if !shape.bare { try makeDirectories(repo.appending("sub")) }
        if shape.hook { try Self.makeHook(common) }
    }

    /// Lays a linked worktree out as git does where references are not in files. `setHead` gives it its HEAD.
    private func addWorktree(_ common: FilePath, _ setHead: (FilePath) throws -> Void) throws {
        let (own, tree) = (common.appending("worktrees/wt"), directory.appending("wt"))
        try writeFile(own.appending("commondir"), "../..\n")
        try writeFile(own.appending("gitdir"), "\(tree)/.git\n")
        try writeFile(own.appending("HEAD"), "ref: refs/heads/.invalid\n")
        try writeFile(own.appending("refs/heads"), "this repository uses the lmdb format\n")
        try writeFile(tree.appending(".git"), "gitdir: \(own)\n")
        try setHead(tree)
    }
}
