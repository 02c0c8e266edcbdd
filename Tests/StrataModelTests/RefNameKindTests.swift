import StrataModel
import SystemPackage
import TestSupport
import Testing

/// Which names belong to a worktree, and which are root references.
@Suite struct RefNameKindTests {
    @Test func placesAreThoseOfGit() throws {
        let bisect = try RefName("refs/bisect/x")
        let cases: [(String, RefName.Place)] = [
            ("HEAD", .current), ("ORIG_HEAD", .current), ("A-B", .current), ("Head", .shared), ("foo", .shared),
            ("refs/heads/x", .shared), ("refs/bisect/x", .current), ("refs/bisect", .shared),
            ("refs/bisectx/y", .shared), ("refs/worktree/x", .current), ("refs/rewritten/x", .current),
            ("main-worktree/HEAD", .main(.head)), ("main-worktree/refs/bisect/x", .main(bisect)),
            ("main-worktree/refs/heads/x", .stray), ("main-worktree/foo", .stray), ("main-worktree", .shared),
            ("worktrees/a/HEAD", .linked(id: Array("a".utf8), .head)),
            ("worktrees/a.b/refs/bisect/x", .linked(id: Array("a.b".utf8), bisect)),
            ("worktrees/a/refs/heads/x", .stray), ("worktrees/a/b/HEAD", .stray), ("worktrees/a", .stray),
            ("worktrees", .shared), ("main-worktree/worktrees/a/HEAD", .stray),
        ]
        for (name, place) in cases { #expect(try RefName(name).place == place, "\(name)") }
    }

    @Test func perWorktreeNamesAndPrefixes() throws {
        #expect(try RefName("refs/bisect/x").isPerWorktree)
        #expect(try RefName("CHERRY_PICK_HEAD").isPerWorktree)
        #expect(try !RefName("refs/heads/bisect/x").isPerWorktree)
        #expect(try !RefName("main-worktree/HEAD").isPerWorktree)
        let prefixes = RefName.perWorktreePrefixes
        #expect(prefixes == prefixes.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(try RefName("refs/heads/x").isBranch && !RefName("refs/tags/x").isBranch)
    }

    /// `for-each-ref --include-root-refs` lists the root references that it finds, among many files like them.
    @Test func rootReferencesAreThoseThatGitLists() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        try git(["init", "-q", "--bare", "."], in: path)
        let tree = try git(["mktree"], in: path)
        let commit = try git(["commit-tree", "-m", "x", tree], in: path)
        let names = [
            "HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "AUTO_MERGE", "BISECT_EXPECTED_REV",
            "NOTES_MERGE_PARTIAL", "NOTES_MERGE_REF", "MERGE_AUTOSTASH", "FOO", "FOO_HEAD", "F-O_HEAD", "_HEAD",
            "Foo_HEAD", "MERGE_MODE", "AUTO_MERGES", "X_HEADS", "REBASE_HEAD", "BISECT_START",
        ]
        for name in names {
            let descriptor = try FileDescriptor.open(
                path.appending(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            try descriptor.closeAfter { _ = try descriptor.writeAll((commit + "\n").utf8) }
        }
        let listed: String
        do { listed = try git(["for-each-ref", "--include-root-refs", "--format=%(refname)"], in: path) } catch {
            // Git before 2.45 has no such option.
            return
        }
        #expect(
            try names.filter { try RefName($0).isRootRef }.sorted() == listed.split(separator: "\n").map(String.init))
        #expect(try names.filter { try RefName($0).isPseudoref } == ["FETCH_HEAD", "MERGE_HEAD"])
    }
}
