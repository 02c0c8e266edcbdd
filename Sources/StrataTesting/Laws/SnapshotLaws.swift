import StrataModel
import StrataRefs

/// Snapshots: as they were where isolation is declared, readable in any case.
extension LawBook {
    private static let before = ["refs/heads/a": "a", "refs/heads/b/c": "b", "refs/tags/t": "c"]

    /// Changes of those references, with what they leave behind.
    private static let changes: [(what: String, edits: @Sendable (Trial) -> [RefEdit], after: [String: String])] = [
        (
            "an update", { [$0.update("refs/heads/a", "b")] },
            ["refs/heads/a": "b", "refs/heads/b/c": "b", "refs/tags/t": "c"]
        ),
        ("a creation", { [$0.create("refs/heads/n", "a")] }, before.merging(["refs/heads/n": "a"]) { $1 }),
        ("a deletion", { [$0.delete("refs/heads/b/c")] }, before.filter { $0.key != "refs/heads/b/c" }),
        (
            "a reference made symbolic", { [$0.symbolic("refs/heads/a", "refs/tags/t")] },
            before.merging(["refs/heads/a": "ref: refs/tags/t"]) { $1 }
        ),
        (
            "all of that at once",
            { [$0.update("refs/heads/a", "b"), $0.create("refs/heads/n", "a"), $0.delete("refs/heads/b/c")] },
            ["refs/heads/a": "b", "refs/heads/n": "a", "refs/tags/t": "c"]
        ),
        ("everything deleted", { t in before.keys.sorted().map { t.delete($0) } }, [:]),
    ]

    mutating func addSnapshots() {
        begin("snapshots")
        for (what, edits, after) in Self.changes {
            add("\(what) is not seen in one that was read before", needs: .snapshotIsolation) { t in
                try t.seed(Self.before)
                let snapshot = try t.store.snapshot()
                try Self.expect(t, snapshot, Self.before, "before")
                try t.change(edits(t))
                try Self.expect(t, snapshot, Self.before, "in the snapshot of before")
                try t.expectReferences(after)
            }
            add("\(what) is not seen in one that was not used yet", needs: .snapshotIsolation) { t in
                try t.seed(Self.before)
                let snapshot = try t.store.snapshot()
                try t.change(edits(t))
                try Self.expect(t, snapshot, Self.before, "in the snapshot of before")
                try t.expectReferences(after)
            }
            add("\(what) is seen in a new one") { t in
                try t.seed(Self.before)
                try t.expectReferences(Self.before, "before")
                try t.change(edits(t))
                try t.expectReferences(after)
            }
            add("one from before \(what) stays readable") { t in
                try t.seed(Self.before)
                let snapshot = try t.store.snapshot()
                try t.change(edits(t))
                for name in Set(Self.before.keys).union(after.keys) {
                    let value = try snapshot.read(ref(name)).map(t.letters.text)
                    try t.expect(
                        value == Self.before[name] || value == after[name], "\(name) reads as \(value ?? "nothing")")
                }
                let listed = try RefContents.references(of: snapshot, t.letters.text)
                for (name, value) in listed {
                    try t.expect(value == Self.before[name] || value == after[name], "\(name) is listed as \(value)")
                }
            }
            add("a walk that \(what) overtakes goes on to its end") { t in
                try t.seed(Self.before)
                var cursor = try t.store.snapshot().cursor(over: .all)
                var names = try Trial.names(&cursor, atMost: 1)
                try t.change(edits(t))
                names += try Trial.names(&cursor)
                try t.expect(names, names.sorted(), "the order of the names")
                let certain = Set(Self.before.keys).intersection(after.keys).union(names.prefix(1))
                try t.expect(certain.isSubset(of: names), "the walk misses a name that was there all along: \(names)")
                if t.capabilities.contains(.snapshotIsolation) {
                    try t.expect(names, Self.before.keys.sorted(), "the names of the walk")
                }
            }
        }
        add("absence too stays as it was", needs: .snapshotIsolation) { t in
            let snapshot = try t.store.snapshot()
            try t.expect(try snapshot.read(ref("refs/heads/n")) == nil, "refs/heads/n exists")
            try t.change([t.create("refs/heads/n", "a")])
            try t.expect(try snapshot.read(ref("refs/heads/n")) == nil, "refs/heads/n exists in the snapshot of before")
            try t.expect(t.value("refs/heads/n"), "a", "reading it anew")
        }
        add("many of them each stay as they were", needs: .snapshotIsolation) { t in
            try t.seed(Self.before)
            var snapshots: [(any RefSnapshot, String)] = []
            for letter: Character in "abcdefgh" {
                try t.change([t.update("refs/heads/a", letter)])
                snapshots.append((try t.store.snapshot(), String(letter)))
            }
            for (snapshot, letter) in snapshots {
                try t.expect(try snapshot.read(ref("refs/heads/a")).map(t.letters.text), letter, "refs/heads/a")
            }
        }
    }

    private static func expect(
        _ t: Trial, _ snapshot: any RefSnapshot, _ expected: [String: String], _ when: String
    ) throws {
        for (name, value) in expected.merging(["refs/heads/n": ""], uniquingKeysWith: { old, _ in old }) {
            let expected: String? = value.isEmpty ? nil : value
            try t.expect(try snapshot.read(ref(name)).map(t.letters.text), expected, "\(name) \(when)")
        }
        let listed = try RefContents.references(of: snapshot, t.letters.text)
        try t.expect(listed, expected, "the listing \(when)")
    }
}
