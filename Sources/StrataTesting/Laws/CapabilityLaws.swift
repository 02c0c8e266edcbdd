import StrataModel
import StrataRefs

/// What a store declares is so, and what it does not declare is not half there.
extension LawBook {
    mutating func addCapabilities() {
        begin("capabilities")
        add("are the same at every asking") { t in
            try t.expect(t.store.capabilities, t.capabilities, "the capabilities")
            try t.expect(t.store.commitDomain, t.store.commitDomain, "the commit domain")
            try t.expect(t.store.hashAlgorithm, t.letters.algorithm, "the hash function")
        }
        add("reflogs are there where they are declared") { t in
            try t.expect(t.store.reflogs != nil, t.capabilities.contains(.reflogs), "whether there are any")
        }
        add("a new store is empty") { t in
            try t.expectReferences([:])
            try t.expectLogs([:])
        }
        add("ids have the store's length") { t in
            try t.seed(["refs/heads/x": "a"])
            let id = try t.store.snapshot().read(ref("refs/heads/x"))?.objectID
            try t.expect(id?.algorithm, t.store.hashAlgorithm, "the hash function of an id")
        }
        add("what belongs to a worktree stands beside the rest", needs: [.perWorktreeRefs, .writes]) { t in
            let all = ["HEAD", "ORIG_HEAD", "refs/bisect/bad", "refs/worktree/x", "refs/rewritten/x", "refs/heads/x"]
                .filter { t.options.keeps(ref($0)) }
            try t.mustCommit(all.map { t.create($0, "a") })
            try t.expectReferences(Dictionary(uniqueKeysWithValues: all.map { ($0, "a") }))
            try t.mustCommit(all.map { t.delete($0, .object(t.a)) })
            try t.expectReferences([:])
        }
        add("a store without symbolic references refuses them, and changes nothing", needs: .writes) { t in
            guard !t.capabilities.contains(.symbolicRefs) else { throw NotApplicable("it keeps symbolic references") }
            try t.seed(["refs/heads/x": "a"])
            let edits = [t.update("refs/heads/x", "b"), t.symbolic("refs/heads/s", "refs/heads/x")]
            try t.expect(t.outcome(of: RefTransaction(edits), t.context()), "failed: unsupported", "the transaction")
            try t.expectReferences(["refs/heads/x": "a"])
            try t.expect(try t.isFree("refs/heads/x") && t.isFree("refs/heads/s"), "a name stays held")
        }
        add("a store without reflogs commits all the same", needs: .writes) { t in
            guard !t.capabilities.contains(.reflogs) else { throw NotApplicable("it keeps reflogs") }
            try t.need(ref("refs/heads/x"))
            let context = RefTransactionContext(reflogs: .always) { () throws(RefError) in Trial.committer }
            try t.mustCommit([t.create("refs/heads/x", "a")], .atomic, context)
            try t.expectReferences(["refs/heads/x": "a"])
        }
    }
}
