import StrataModel
import StrataRepository
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: gitVersion >= 250, "the list is that of git 2.50")) struct WorktreeTests {
    /// Our list in the form of `git worktree list --porcelain -z`.
    private func porcelain(_ list: WorktreeList) -> [String] {
        list.worktrees.flatMap { tree -> [String] in
            var lines = ["worktree \(tree.path.string)"]
            if tree.isBare {
                lines.append("bare")
            } else {
                switch tree.head {
                case .symbolic(let name): lines.append("branch \(String(decoding: name, as: UTF8.self))")
                case .detached: lines.append("detached")
                case .malformed, .missing: lines.append("detached")
                }
            }
            if let reason = tree.lockReason {
                lines.append(reason.isEmpty ? "locked" : "locked \(String(decoding: reason, as: UTF8.self))")
            }
            if let reason = tree.prunableReason { lines.append("prunable \(reason)") }
            return lines
        }
    }

    @Test func listsAsGitDoes() throws {
        let directory = try TemporaryDirectory()
        let variables = Variables(
            home: directory.path,
            ["GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"])
        func git(_ arguments: String...) throws {
            #expect(try variables.runGit(arguments, in: directory.path).status == 0)
        }
        for kind in ["plain", "bare"] {
            try git("init", "-q", "-b", "main", "seed-\(kind)")
            try git("-C", "seed-\(kind)", "commit", "-q", "--allow-empty", "-m", "x")
            if kind == "bare" {
                try git("clone", "-q", "--bare", "seed-bare", "bare")
            } else {
                try git("clone", "-q", "seed-plain", "plain")
            }
            try git("-C", kind, "worktree", "add", "-q", "../\(kind)-z")
            try git("-C", kind, "worktree", "add", "-q", "--detach", "../\(kind)-a")
            try git("-C", kind, "worktree", "add", "-q", "--lock", "--reason", "on a\nstick", "../\(kind)-locked")
            try git("-C", kind, "worktree", "add", "-q", "../\(kind)-gone")
            try git("-C", kind, "-c", "worktree.useRelativePaths=true", "worktree", "add", "-q", "../\(kind)-relative")
            _ = try output("rm", ["-rf", directory.appending("\(kind)-gone").string])
            let worktrees = directory.appending(kind == "bare" ? "bare/worktrees" : "plain/.git/worktrees")
            for name in ["nothing", "empty"] { try makeDirectory(worktrees.appending(name)) }
            try write("", to: worktrees.appending("empty/gitdir"))
            try write("", to: worktrees.appending("file"))
            for at in [kind, "\(kind)-a", "\(kind)-relative"] {
                let place = directory.appending(at)
                let environment = try variables.library(place)
                let list = try WorktreeList(location: try RepositoryLocation.discover(environment: environment))
                let fields = try variables.runGit(["worktree", "list", "--porcelain", "-z"], in: place).out.split(
                    separator: 0
                )
                .map { String(decoding: $0, as: UTF8.self) }.filter { !$0.hasPrefix("HEAD ") }
                #expect(porcelain(list) == fields, "\(at)")
                #expect(list.broken.map { String(decoding: $0.id, as: UTF8.self) } == ["empty", "file", "nothing"])
                #expect(list.worktrees.filter(\.isCurrent).map(\.path) == [place])
                #expect(list.worktrees.count == 6)
            }
        }
    }
}
