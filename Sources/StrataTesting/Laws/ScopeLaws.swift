import StrataModel
import StrataRefs

/// What a scope selects, against the definition applied to each name by itself.
extension LawBook {
    mutating func addScopes() {
        begin("scopes")
        for one in ScopeCase.all {
            addReader("\(one)") { t in
                try t.expect(t.names(one.scope), one.selected(from: Forest.names(t)), "the listing")
            }
        }
        for one in ScopeCase.all where !one.excluded.isEmpty {
            addReader("\(one), walked under a hold", needs: .writes) { t in
                let held = try t.store.hold([ref("refs/heads/main")])
                defer { held.abort() }
                var cursor = try held.cursor(over: one.scope)
                try t.expect(Trial.names(&cursor), one.selected(from: Forest.names(t)), "the listing")
            }
        }
    }

    mutating func addSeeking() {
        begin("seeking")
        let starts = [0, 3, 6, 11, 17, 21].map { ScopeCase.all[$0] }
        let ends = [0, 2, 5, 8, 12, 16, 20, 24].map { ScopeCase.all[$0] }
        for (index, first) in starts.enumerated() {
            for then in ends {
                let count = index % 4
                addReader("from \(count) names into \(first) to \(then)") { t in
                    let names = try Forest.names(t)
                    var cursor = try t.store.snapshot().cursor(over: first.scope)
                    try t.expect(
                        Trial.names(&cursor, atMost: count), Array(first.selected(from: names).prefix(count)),
                        "the first names")
                    try cursor.seek(then.scope)
                    try t.expect(Trial.names(&cursor), then.selected(from: names), "the names after seeking")
                    try cursor.seek(first.scope)
                    try t.expect(Trial.names(&cursor), first.selected(from: names), "the names back at the first scope")
                }
            }
        }
        addReader("after the end") { t in
            let names = try Forest.names(t)
            var cursor = try t.store.snapshot().cursor(over: .all)
            try t.expect(Trial.names(&cursor), names, "the listing")
            for _ in 0..<3 { try t.expect(try cursor.next() == nil, "a name behind the last one") }
            for one in ScopeCase.all {
                try cursor.seek(one.scope)
                try t.expect(Trial.names(&cursor), one.selected(from: names), "\(one)")
                try t.expect(try cursor.next() == nil, "a name behind the last one")
            }
        }
        addReader("name by name, as a reader of many names does") { t in
            var cursor = try t.store.snapshot().cursor(over: .all)
            for name in try Forest.names(t) + Forest.names(t).reversed() {
                try cursor.seek(RefScope(prefix: Array(name.utf8)))
                try t.expect(cursor.next().map { escaped($0.refName.bytes) }, name, "the first name from \(name)")
            }
        }
        add("a store without references") { t in
            var cursor = try t.store.snapshot().cursor(over: .all)
            for one in ScopeCase.all {
                try cursor.seek(one.scope)
                try t.expect(Trial.names(&cursor), [], "\(one)")
            }
        }
    }
}

/// References that stand close to one another in the order of names.
enum Forest {
    private static let all = [
        "HEAD", "refs/bisect/x", "refs/heads/a-b", "refs/heads/a.b", "refs/heads/a/b", "refs/heads/a/c",
        "refs/heads/a0", "refs/heads/ba/x", "refs/heads/ba/y/z", "refs/heads/bar", "refs/heads/main",
        "refs/heads/main-2", "refs/notes/n", "refs/remotes/o/main", "refs/tags/v1", "refs/tags/v1.1", "refs/zz",
    ]

    /// Those that the store has a place for, in order.
    static func names(_ t: Trial) throws -> [String] { all.filter { t.keeps(ref($0)) } }

    static func seed(_ t: Trial) throws {
        try t.seed(Dictionary(uniqueKeysWithValues: names(t).map { ($0, "a") }))
    }
}
