import RefStoreChecks
import StrataModel
import StrataRefs
import Testing

@Suite struct ReachabilityRootsTests {
    static let ids = (0..<9).map { ObjectID(algorithm: .sha1, words: (UInt64($0) + 1, 0, 0, 0)) }

    private func list(_ roots: ReachabilityRoots) throws -> [String] {
        var lines: [String] = []
        try roots.visit { root throws(RefError) in
            lines.append("\(root.name) \(root.id.word0) \(root.reason)")
            return true
        }
        return lines
    }

    private func worktrees(
        _ common: any RefStore, _ linked: [String: any RefStore]
    ) -> [ReachabilityRoots.Worktree] {
        linked.map { ReachabilityRoots.Worktree(id: Array($0.key.utf8), store: $0.value) }
            + [ReachabilityRoots.Worktree(id: nil, store: common)]
    }

    @Test func namesOfAllWorktreesInOneOrder() throws {
        let (common, one, two) = (MemoryRefStore(), MemoryRefStore(), MemoryRefStore())
        try common.commit(
            RefTransaction([
                .symbolic(.head, to: "refs/heads/main"), .create("refs/heads/main", at: Self.ids[0]),
                .create("refs/bisect/bad", at: Self.ids[1]), .create("ORIG_HEAD", at: Self.ids[2]),
                .symbolic("refs/remotes/o/HEAD", to: "refs/heads/main"),
                .symbolic("refs/heads/dangling", to: "refs/heads/none"),
                .symbolic("refs/heads/other", to: "worktrees/one/refs/bisect/good"),
            ]))
        try one.commit(
            RefTransaction([
                .create(.head, at: Self.ids[3]), .create("refs/bisect/good", at: Self.ids[4]),
                .create("refs/rewritten/x", at: Self.ids[5]), .create("refs/worktree/y", at: Self.ids[6]),
                // A stray: shared names in a worktree's store belong to nobody.
                .create("refs/heads/stray", at: Self.ids[7]),
            ]))
        // Its branch is not born yet.
        try two.commit(RefTransaction([.symbolic(.head, to: "refs/heads/none")]))
        let all = ReachabilityRoots(
            common: common, worktrees: worktrees(common, ["one": one, "two": two]), includingReflogs: false)
        #expect(
            try list(all) == [
                "main-worktree/HEAD 1 head", "main-worktree/ORIG_HEAD 3 rootReference",
                "main-worktree/refs/bisect/bad 2 reference", "refs/heads/main 1 reference",
                "refs/heads/other 5 reference", "refs/remotes/o/HEAD 1 reference", "worktrees/one/HEAD 4 head",
                "worktrees/one/refs/bisect/good 5 reference", "worktrees/one/refs/rewritten/x 6 reference",
                "worktrees/one/refs/worktree/y 7 reference",
            ])
        for count in 1...10 {
            var seen = 0
            try all.visit { _ throws(RefError) in
                seen += 1
                return seen < count
            }
            #expect(seen == count)
        }
    }

    @Test func reflogsAndOtherFilesOnRequest() throws {
        let (common, one) = (MemoryRefStore(), MemoryRefStore())
        let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in testCommitter }
        try common.commit(RefTransaction([.symbolic(.head, to: "refs/heads/main")]))
        for id in Self.ids[0...2] {
            try common.commit(RefTransaction([.update("refs/heads/main", to: id)]), context)
            try one.commit(RefTransaction([.update(.head, to: id)]), context)
        }
        let other: ReachabilityRoots.Other = ("FETCH_HEAD", Self.ids[8], .pseudoref)
        let parts = [
            ReachabilityRoots.Worktree(id: nil, store: common),
            ReachabilityRoots.Worktree(id: Array("one".utf8), store: one, others: { () throws(RefError) in [other] }),
        ]
        let found = try list(ReachabilityRoots(common: common, worktrees: parts, includingReflogs: true))
        #expect(
            found == [
                "main-worktree/HEAD 3 head", "refs/heads/main 3 reference", "worktrees/one/HEAD 3 head",
                "worktrees/one/FETCH_HEAD 9 pseudoref", "refs/heads/main 1 reflogNew", "refs/heads/main 2 reflogNew",
                "refs/heads/main 3 reflogNew", "main-worktree/HEAD 1 reflogNew", "main-worktree/HEAD 2 reflogNew",
                "main-worktree/HEAD 3 reflogNew", "worktrees/one/HEAD 1 reflogNew", "worktrees/one/HEAD 2 reflogNew",
                "worktrees/one/HEAD 3 reflogNew",
            ])
        #expect(try list(ReachabilityRoots(common: common, worktrees: parts, includingReflogs: false)).count == 4)
    }

    @Test func whatCannotBeReadIsAnErrorThatNamesTheWorktree() throws {
        let common = MemoryRefStore()
        try common.commit(RefTransaction([.create(.head, at: Self.ids[0])]))
        let failing = CountedRefStore()
        failing.isFailing = true
        let broken = MemoryRefStore()
        try StoreUnderTest.seed(
            broken, RefScenario([.head: .object(Self.ids[0], peeled: nil), "refs/bisect/x": .broken(.content)], []))
        let loop = MemoryRefStore()
        try StoreUnderTest.seed(loop, RefScenario([.head: .symbolic(Array("HEAD".utf8))], []))
        for (store, code, name) in [
            (failing as any RefStore, RefError.Code.unavailable, nil), (MemoryRefStore(), .corrupt, "HEAD"),
            (broken, .corrupt, "refs/bisect/x"), (loop, .corrupt, "HEAD"),
        ] {
            let roots = ReachabilityRoots(
                common: common, worktrees: worktrees(common, ["bad": store]), includingReflogs: true)
            let error = #expect(throws: RefError.self) { try list(roots) }
            #expect(error?.code == code)
            #expect(error?.message.hasPrefix("worktrees/bad: ") == true, "\(error?.message ?? "")")
            #expect(error?.reference?.description == name.map { "worktrees/bad/\($0)" })
        }
        try StoreUnderTest.seed(common, RefScenario(["refs/heads/broken": .broken(.content)], []))
        let error = #expect(throws: RefError.self) {
            try list(ReachabilityRoots(common: common, worktrees: worktrees(common, [:]), includingReflogs: false))
        }
        #expect(error?.code == .corrupt && error?.reference == "refs/heads/broken")
        // What the caller throws is passed on as it is.
        let own = #expect(throws: RefError.self) {
            let roots = ReachabilityRoots(common: common, worktrees: worktrees(common, [:]), includingReflogs: false)
            try roots.visit { _ throws(RefError) in throw RefError(.refused, "no") }
        }
        #expect(own?.message == "no")
    }
}
