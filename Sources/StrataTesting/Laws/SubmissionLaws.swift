import StrataModel
import StrataRefs

/// Several transactions at once.
extension LawBook {
    mutating func addSubmission() {
        begin("submitting", needs: .writes)
        add("nothing gives nothing") { t in
            try t.expect(t.store.submit([], t.context()).count, 0, "the number of results")
        }
        add("each transaction has its result, in order") { t in
            try t.seed(["refs/heads/x": "a"])
            let found = try t.submit([
                [t.update("refs/heads/x", "b")], [t.create("refs/heads/x", "c")], [t.create("refs/heads/y", "c")],
            ])
            try t.expect(found, ["done", "rejected: createExists", "done"], "the results")
            try t.expectReferences(["refs/heads/x": "b", "refs/heads/y": "c"])
        }
        add("a later one finds what an earlier one wrote") { t in
            try t.need(ref("refs/heads/x"))
            let found = try t.submit([
                [t.create("refs/heads/x", "a")], [t.update("refs/heads/x", "b", .object(t.a))],
                [t.update("refs/heads/x", "c", .object(t.a))], [t.delete("refs/heads/x", .object(t.b))],
                [t.create("refs/heads/x/y", "a")],
            ])
            try t.expect(found, ["done", "done", "rejected: incorrectOldValue", "done", "done"], "the results")
            try t.expectReferences(["refs/heads/x/y": "a"])
        }
        add("one that fails as a whole concerns no other") { t in
            let found = try t.submit([
                [t.create("refs/heads/x", "a")], [t.create("refs/heads/y", "a"), t.create("refs/heads/y", "b")],
                [t.create("refs/heads/z", "a")],
            ])
            try t.expect(found, ["done", "failed: invalid", "done"], "the results")
            try t.expectReferences(["refs/heads/x": "a", "refs/heads/z": "a"])
        }
        add("many in a row") { t in
            try t.need(ref("refs/heads/x"))
            let found = try t.submit(
                (1..<15).map { number in
                    [t.update("refs/heads/x", Array("abcdefghijklmno")[number])]
                })
            try t.expect(found, Array(repeating: "done", count: 14), "the results")
            try t.expectReferences(["refs/heads/x": "o"])
        }
        add("reflogs have each of them", needs: .reflogs) { t in
            try t.need(ref("refs/heads/x"))
            let transactions = [[t.create("refs/heads/x", "a")], [t.update("refs/heads/x", "b")]].map {
                RefTransaction($0)
            }
            _ = t.store.submit(transactions, t.context(.always))
            try t.expectLogs(["refs/heads/x": ["0 a", "a b"]])
        }
        add("observers are told of each") { t in
            try t.need(ref("refs/heads/x"))
            let observer = t.observer()
            let transactions = [[t.create("refs/heads/x", "a")], [t.update("refs/heads/x", "b")]].map {
                RefTransaction($0)
            }
            _ = t.store.submit(transactions, t.context(observers: [observer]))
            let committed = observer.events.filter { !$0.contains(" ") }
            try t.expect(committed.count { $0 == "committed" }, 2, "how often it was told of a commit")
            try t.expect(committed.count { $0 == "aborted" }, 0, "how often it was told of an abort")
        }
    }
}

extension Trial {
    /// Submits transactions together; each result as ``commit(_:_:_:)`` has it.
    func submit(_ transactions: [[RefEdit]]) throws -> [String] {
        for edits in transactions { try need(edits) }
        return store.submit(transactions.map { RefTransaction($0) }, context()).map { result in
            switch result {
            case .success(let result): return result.isComplete ? "done" : "done in part"
            case .failure(let error):
                return error.rejection.map { "rejected: \($0.reason)" } ?? "failed: \(error.code)"
            }
        }
    }
}
