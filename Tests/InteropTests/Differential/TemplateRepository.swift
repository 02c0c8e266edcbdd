import SystemPackage
import TestSupport

/// The objects that operations name.
struct ObjectPool: Sendable {
    /// A line of history, oldest first.
    var commits: [String] = []
    /// A commit beside it.
    var side = ""
    var tag = ""
    var tagOfTag = ""
    var tagOfTree = ""
    var blob = ""
    var tree = ""
    var missing = ""
    var zero = ""

    var all: [String] { commits + [side, tag, tagOfTag, tagOfTree, blob, tree, missing, zero] }
}

/// A repository made once for each shape, of which every run takes two copies.
struct TemplateRepository: Sendable {
    let shape: RepositoryShape
    /// Holds `repo`, and `wt` when there is a linked worktree.
    let directory: FilePath
    let objects: ObjectPool

    /// Makes the repository in `directory`, with git.
    init(_ shape: RepositoryShape, in directory: FilePath) throws {
        self.shape = shape
        self.directory = directory
        let repo = directory.appending("repo")
        try makeDirectories(repo)
        var initialise = ["init", "-q", "--template=", "--initial-branch=main", "--object-format=\(shape.hash)"]
        if shape.bare { initialise.append("--bare") }
        try git(initialise, in: repo)
        // A lock that stays must not cost a second.
        try git(["config", "core.filesRefLockTimeout", "5"], in: repo)
        try git(["config", "core.packedRefsTimeout", "5"], in: repo)
        if let logs = shape.logs { try git(["config", "core.logAllRefUpdates", logs], in: repo) }
        objects = try Self.makeObjects(shape, in: repo)
        try Self.makeReferences(objects) { arguments, input in try git(arguments, in: repo, stdin: input) }
        try git(["repack", "-adq"], in: repo)
        if shape.linkedWorktree {
            try git(["worktree", "add", "-q", "--no-checkout", directory.appending("wt").string, "side"], in: repo)
        }
        if !shape.bare { try makeDirectories(repo.appending("sub")) }
        if shape.hook { try Self.makeHook(directory.appending(shape.commonDir)) }
    }

    static func makeHook(_ common: FilePath) throws {
        let hook = common.appending("hooks/reference-transaction")
        try writeFile(
            hook,
            """
            #!/bin/sh
            log="${0%/*}/../hook-log"
            echo "$1" >>"$log"
            while read -r line; do
                echo "$line" >>"$log"
                case "$1 $line" in
                preparing*FOO_HEAD | prepared*refs/heads/x-y) status=1 ;;
                esac
            done
            exit ${status:-0}

            """)
        _ = try output("chmod", ["+x", hook.string])
    }

    private static func makeObjects(_ shape: RepositoryShape, in repo: FilePath) throws -> ObjectPool {
        var pool = ObjectPool()
        func tag(_ object: String, _ kind: String, _ name: String) throws -> String {
            let text =
                "object \(object)\ntype \(kind)\ntag \(name)\ntagger T <t@example.com> 1112911993 -0700\n\n\(name)\n"
            return try git(["mktag"], in: repo, stdin: Array(text.utf8))
        }
        pool.blob = try git(["hash-object", "-w", "--stdin"], in: repo, stdin: Array("content\n".utf8))
        pool.tree = try git(["mktree"], in: repo, stdin: Array("100644 blob \(pool.blob)\tfile\n".utf8))
        for number in 0..<6 {
            let parent = pool.commits.last.map { ["-p", $0] } ?? []
            pool.commits.append(try git(["commit-tree", pool.tree] + parent + ["-m", "commit \(number)"], in: repo))
        }
        pool.side = try git(["commit-tree", pool.tree, "-p", pool.commits[1], "-m", "side"], in: repo)
        pool.tag = try tag(pool.commits[2], "commit", "v1")
        pool.tagOfTag = try tag(pool.tag, "tag", "vv")
        pool.tagOfTree = try tag(pool.tree, "tree", "vtree")
        let digits = pool.blob.utf8.count
        pool.missing = String(repeating: "deadbeef", count: digits / 8)
        pool.zero = String(repeating: "0", count: digits)
        return pool
    }

    /// Some packed, some loose, some loose over packed; symbolic references; names of every kind.
    static func makeReferences(_ objects: ObjectPool, run: ([String], [UInt8]) throws -> Void) throws {
        let commits = objects.commits
        func update(_ lines: [String], _ message: String) throws {
            let text = lines.map { "update \($0)\n" }.joined()
            try run(["update-ref", "-m", message, "--stdin"], Array(text.utf8))
        }
        try update(
            [
                "refs/heads/main \(commits[2])", "refs/heads/side \(objects.side)", "refs/heads/a/b \(commits[1])",
                "refs/heads/x-y \(commits[0])", "refs/tags/v1 \(objects.tag)", "refs/tags/vv \(objects.tagOfTag)",
                "refs/remotes/origin/main \(commits[3])", "refs/notes/commits \(commits[1])",
            ], "first")
        try run(["pack-refs", "--all"], [])
        try update(
            [
                "refs/heads/main \(commits[4])", "refs/heads/x \(commits[3])", "refs/tags/light \(commits[0])",
                "refs/foo \(objects.blob)", "refs/bisect/x \(commits[2])", "ORIG_HEAD \(commits[1])",
            ], "second")
        try update(["refs/heads/main \(commits[5])"], "third")
        try run(["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"], [])
        try run(["symbolic-ref", "refs/heads/sym", "refs/heads/x"], [])
    }
}
