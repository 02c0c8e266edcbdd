import Glibc
import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage
import TestSupport
import Testing

/// A repository with linked worktrees in all states, and what git takes for its roots.
private struct Repositories {
    let directory = try? TemporaryDirectory()
    let main: FilePath
    let worktrees: [FilePath]

    init() throws {
        let directory = try #require(directory)
        main = directory.appending("main")
        worktrees = ["one", "two", "three"].map { directory.appending($0) }
        try TestSupport.git(["init", "-q", "-b", "main", main.string], in: directory.path)
        for i in 0..<6 { try git(main, "commit", "-q", "--allow-empty", "-m", "c\(i)") }
        try git(main, "tag", "-a", "-m", "t", "annotated", "HEAD~2")
        try git(main, "worktree", "add", "-q", "-b", "one", worktrees[0].string)
        try git(main, "worktree", "add", "-q", "--detach", worktrees[1].string, "HEAD~1")
        try git(main, "worktree", "add", "-q", "-b", "three", worktrees[2].string)
        // A commit that only a detached HEAD has, one that only a worktree's reflog has, and one that only a shared reflog has.
        try git(worktrees[1], "commit", "-q", "--allow-empty", "-m", "detached")
        try git(worktrees[0], "commit", "-q", "--allow-empty", "-m", "lost in one")
        try git(worktrees[0], "reset", "-q", "--hard", "HEAD~3")
        try git(main, "commit", "-q", "--allow-empty", "-m", "lost in main")
        try git(main, "reset", "-q", "--hard", "HEAD~1")
        try git(main, "update-ref", "refs/bisect/bad", "HEAD")
        try git(worktrees[0], "update-ref", "refs/bisect/good", "HEAD~1")
        try git(worktrees[1], "update-ref", "refs/worktree/kept", "HEAD~2")
        try git(worktrees[2], "update-ref", "refs/rewritten/onto", "main~3")
        try git(main, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/one")
        try git(main, "pack-refs", "--all")
        try git(main, "branch", "late", "HEAD~4")
        // One whose directory is gone is a worktree until it is pruned.
        _ = try output("rm", ["-rf", worktrees[2].string])
    }

    @discardableResult
    func git(_ at: FilePath, _ arguments: String...) throws -> String { try TestSupport.git(arguments, in: at) }

    func gitDirectory(_ id: String) -> FilePath { main.appending(".git/worktrees/\(id)") }

    func roots(from at: FilePath? = nil, reflogs: Bool = true) throws -> [ReachabilityRoot] {
        let environment = try Variables(home: main).library(at ?? main)
        let repository = try Repository(environment: environment)
        var roots: [ReachabilityRoot] = []
        try repository.reachabilityRoots(includingReflogs: reflogs).visit { root throws(RefError) in
            roots.append(root)
            return true
        }
        return roots
    }

    /// The error of a walk.
    func failure() throws -> RefError? {
        do { _ = try roots() } catch { return error as? RefError }
        return nil
    }
}

@Suite(.enabled(if: gitVersion >= 250)) struct ReachabilityRootsGitTests {
    /// Git looks at all reflogs and all heads, but at `refs/bisect/` and its like of the worktree that it is run in only: so it is asked in each.
    @Test func theRootsAreThoseOfRevListInEveryWorktree() throws {
        let all = try Repositories()
        let directories = [all.main.appending(".git")] + ["one", "two", "three"].map(all.gitDirectory)
        for reflogs in [false, true] {
            var git: Set<String> = []
            for directory in directories {
                var arguments = ["--git-dir=\(directory)", "rev-list", "--no-walk", "--all"]
                if reflogs { arguments.append("--reflog") }
                git.formUnion(
                    try TestSupport.git(arguments, in: all.main).split(separator: "\n").map(String.init))
            }
            for at in [all.main, all.worktrees[0], all.worktrees[1]] {
                let kept = try all.roots(from: at, reflogs: reflogs).filter { $0.reason != .rootReference }
                // Git's list has commits only: a tag stands for what it peels to.
                var ours: Set<String> = []
                for id in Set(kept.map(\.id)) { ours.insert(try all.git(at, "rev-parse", "\(id)^{commit}")) }
                #expect(ours == git, "\(at) \(reflogs)")
            }
        }
    }

    /// Every name that `for-each-ref` lists in some worktree, with its value.
    @Test func theReferencesAreThoseOfForEachRefInEachWorktree() throws {
        let all = try Repositories()
        var expected: Set<String> = []
        for (at, prefix) in [
            (all.main, "main-worktree"), (all.worktrees[0], "worktrees/one"), (all.worktrees[1], "worktrees/two"),
        ] {
            let lines = try all.git(at, "for-each-ref", "--include-root-refs", "--format=%(refname) %(objectname)")
            for line in lines.split(separator: "\n") {
                let name = try RefName(line.split(separator: " ")[0])
                expected.insert(name.isPerWorktree ? "\(prefix)/\(line)" : String(line))
            }
        }
        let names = try all.roots(reflogs: false)
        let ours = names.map { "\($0.name) \($0.id)" }
        #expect(Set(ours.filter { !$0.hasPrefix("worktrees/three/") }) == expected)
        #expect(Set(ours).count == ours.count && names.map(\.name) == names.map(\.name).sorted())
        // The worktree that is gone still holds its own.
        let three = names.filter { $0.name.hasPrefix("worktrees/three/") }.map(\.name.description)
        #expect(
            Set(three) == ["worktrees/three/HEAD", "worktrees/three/refs/rewritten/onto"]
                || Set(three) == [
                    "worktrees/three/HEAD", "worktrees/three/ORIG_HEAD", "worktrees/three/refs/rewritten/onto",
                ])
    }

    @Test func filesThatNameObjects() throws {
        let all = try Repositories()
        let head = try all.git(all.main, "rev-parse", "HEAD")
        let two = all.gitDirectory("two")
        try write(
            "\(head)\tnot-for-merge\tbranch 'x' of y\n\(head)\t\tbranch 'z' of y\n", to: two.appending("FETCH_HEAD"))
        try write("\(head)\n", to: all.main.appending(".git/MERGE_HEAD"))
        try makeDirectory(two.appending("rebase-merge"))
        try write("\(head)\n", to: two.appending("rebase-merge/autostash"))
        let others = try all.roots().filter { [.pseudoref, .rebase].contains($0.reason) }
        #expect(
            others.map(\.name.description) == [
                "main-worktree/MERGE_HEAD", "worktrees/two/FETCH_HEAD", "worktrees/two/FETCH_HEAD",
                "worktrees/two/rebase-merge/autostash",
            ])
        #expect(others.allSatisfy { $0.id.hex == head })
        try write("\(head)\n\(head)0\n", to: two.appending("FETCH_HEAD"))
        let error = try #require(try all.failure())
        #expect(error.code == .corrupt && error.reference?.description == "worktrees/two/FETCH_HEAD")
    }

    @Test(arguments: ["garbage", "ref: ../../evil", "", "ref: HEAD", "0123"])
    func aCorruptHeadIsAnError(_ text: String) throws {
        let all = try Repositories()
        try write(text + "\n", to: all.gitDirectory("two").appending("HEAD"))
        let error = try #require(try all.failure())
        #expect(error.code == .corrupt && error.message.hasPrefix("worktrees/two: "), "\(error)")
    }

    @Test func aWorktreeThatCannotBeReadIsAnError() throws {
        // A missing HEAD; directories that lead round in circles, which not even root can read.
        for break_ in 0..<4 {
            let all = try Repositories()
            let two = all.gitDirectory("two")
            let (path, target): (FilePath, String?) =
                switch break_ {
                case 0: (two.appending("HEAD"), nil)
                case 1: (two.appending("HEAD"), "HEAD")
                case 2: (two.appending("refs/bisect"), "bisect")
                default: (two, "two")
                }
            _ = try output("rm", ["-rf", path.string])
            if let target {
                try makeDirectory(path.removingLastComponent())
                #expect(unsafe symlink(target, path.string) == 0)
            }
            let error = try #require(try all.failure(), "\(break_)")
            #expect([.corrupt, .unavailable].contains(error.code))
            #expect(error.message.contains("worktrees/two"), "\(error)")
        }
        let all = try Repositories()
        let list = all.main.appending(".git/worktrees")
        _ = try output("rm", ["-rf", list.string])
        #expect(unsafe symlink("worktrees", list.string) == 0)
        #expect(try all.failure()?.code == .unavailable)
    }

    /// A directory that was never made a worktree has no roots, nor has a file.
    @Test func whatIsNoWorktreeHasNone() throws {
        let all = try Repositories()
        let before = try all.roots().map { "\($0.name) \($0.id)" }
        try makeDirectory(all.gitDirectory("nothing"))
        try write("x", to: all.gitDirectory("file"))
        #expect(try all.roots().map { "\($0.name) \($0.id)" } == before)
        try write("x", to: all.gitDirectory("nothing").appending("gitdir"))
        #expect(try all.failure()?.message == "worktrees/nothing: HEAD is missing")
    }
}
