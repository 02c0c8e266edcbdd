import StrataIO
import StrataModel
import StrataRefs

/// Exact stamps: equal ones mean that nothing has changed between.
extension LawBook {
    private static let changes: [(what: String, edits: @Sendable (Trial) -> [RefEdit])] = [
        ("an update", { [$0.update("refs/heads/x", "b")] }), ("a creation", { [$0.create("refs/heads/n", "a")] }),
        ("a deletion", { [$0.delete("refs/heads/x")] }),
        ("a reference made symbolic", { [$0.symbolic("refs/heads/x", "refs/heads/y")] }),
        (
            "two changes that leave the number the same",
            { [$0.delete("refs/heads/x"), $0.create("refs/heads/n", "a")] }
        ),
    ]

    mutating func addStamps() {
        begin("stamps", needs: .stamps)
        for (what, edits) in Self.changes {
            for (scope, words) in [
                (RefScope.all, "everything"), (RefScope(prefix: Array("refs/heads/".utf8)), "refs/heads/"),
            ] {
                add("\(what) changes that of \(words)") { t in
                    try t.seed(["refs/heads/x": "a", "refs/heads/y": "a", "refs/tags/t": "a"])
                    let before = try t.stamp(scope)
                    try t.change(edits(t))
                    try t.expect(t.stamp(scope) != before, "it is the same")
                }
            }
        }
        add("it is the same while nothing changes") { t in
            try t.seed(["refs/heads/x": "a"])
            let before = try t.stamp(.all)
            _ = try t.names()
            _ = try t.value("refs/heads/x")
            try t.expect(t.stamp(.all), before, "the stamp")
            try t.expect(t.stamp(.all), before, "the stamp")
        }
        add("it does not come back with the references") { t in
            try t.seed(["refs/heads/x": "a", "refs/heads/y": "a"])
            var seen: [RefStamp] = []
            for letter: Character in ["a", "b", "a", "b", "a"] {
                try t.change([t.update("refs/heads/x", letter, .any), t.update("refs/heads/y", letter)])
                let stamp = try t.stamp(.all)
                if letter == "a" && seen.isEmpty {
                    seen.append(stamp)
                    continue
                }
                try t.expect(!seen.contains(stamp), "an earlier one has come back")
                seen.append(stamp)
            }
        }
        add("that of no references does not come back either") { t in
            let empty = try t.stamp(.all)
            try t.change([t.create("refs/heads/x", "a")])
            let one = try t.stamp(.all)
            try t.change([t.delete("refs/heads/x")])
            let again = try t.stamp(.all)
            try t.expect(one != empty, "it is the same with a reference")
            try t.expect(again != empty && again != one, "an earlier one has come back")
        }
        add("that of after a commit is not that of a prepared transaction", needs: .writes) { t in
            try t.seed(["refs/heads/x": "a"])
            let before = try t.stamp(.all)
            let run = try t.prepare([t.update("refs/heads/x", "b")])
            let meanwhile = try t.stamp(.all)
            try run.commit()
            let after = try t.stamp(.all)
            try t.expect(after != before && after != meanwhile, "it is the same after the commit")
        }
        add("the same one, the same references", needs: .writes) { t in
            try t.need(ref("refs/heads/x0"))
            var numbers = SeededNumbers(seed: t.options.seed)
            var seen: [RefStamp: [String: String]] = [:]
            for _ in 0..<12 {
                try t.commit([t.update("refs/heads/x\(numbers.below(3))", numbers.pick(Array("ab")))])
                guard let stamp = try t.store.stamp(covering: .all) else { continue }
                let found = try RefContents.references(of: t.store.snapshot(), t.letters.text)
                guard try t.store.stamp(covering: .all) == stamp else { continue }
                if let known = seen[stamp] { try t.expect(found, known, "the references of one stamp") }
                seen[stamp] = found
            }
        }
    }
}

extension Trial {
    /// The stamp, once the store is sure of it.
    func stamp(_ scope: RefScope) throws -> RefStamp {
        let deadline = Deadline.after(milliseconds: 2000)
        while !deadline.hasPassed {
            if let stamp = try store.stamp(covering: scope) { return stamp }
            pause(milliseconds: 2)
        }
        throw NotApplicable("the store gives no stamps here")
    }
}
