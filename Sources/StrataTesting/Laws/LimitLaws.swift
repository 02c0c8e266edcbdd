import StrataModel
import StrataRefs

/// Long names, many references, large transactions.
extension LawBook {
    mutating func addLimits() {
        begin("limits", needs: .writes)
        for length in [64, 100, 200] {
            add("a component of \(length) bytes") { t in
                let name = "refs/heads/" + String(repeating: "n", count: length)
                try t.mustCommit([t.create(name, "a"), t.create(name + "-x", "b")], .atomic, t.context(.always))
                try t.expectReferences([name: "a", name + "-x": "b"])
            }
        }
        for components in [3, 5, 12] {
            add("a name of \(components * 200) bytes") { t in
                let part = String(repeating: "p", count: 199)
                let name = "refs/heads/" + (0..<components).map { "\(part)\($0 % 10)" }.joined(separator: "/")
                try t.mustCommit([t.create(name, "a")], .atomic, t.context(.always))
                try t.expectReferences([name: "a"])
                try t.mustCommit([t.update(name, "b", .object(t.a))], .atomic, t.context(.always))
                try t.expectLogs([name: ["0 a", "a b"]])
                try t.mustCommit([t.delete(name)])
                try t.expectReferences([:])
            }
        }
        add("a name of 60 components") { t in
            let name = "refs/heads/" + (0..<60).map { "c\($0)" }.joined(separator: "/")
            try t.mustCommit([t.create(name, "a")], .atomic, t.context(.always))
            try t.expectReferences([name: "a"])
            try t.mustCommit([t.delete(name)])
            try t.expectReferences([:])
        }
        add("a long target of a symbolic reference", needs: .symbolicRefs) { t in
            let target = "refs/heads/" + String(repeating: "t", count: 190) + "/" + String(repeating: "u", count: 190)
            try t.mustCommit([t.symbolic("refs/heads/s", target), t.create(target, "a")])
            try t.expectReferences(["refs/heads/s": "ref: \(target)", target: "a"])
        }
        for count in [63, 64, 130] {
            add("a transaction of \(count) creations, then as many updates and deletions") { t in
                let names = (0..<count).map { "refs/heads/d\($0 % 7)/n\($0)" }
                try t.mustCommit(names.map { t.create($0, "a") }, .atomic, t.context(.always))
                try t.expect(t.names().count, count, "the number of references")
                try t.mustCommit(names.map { t.update($0, "b", .object(t.a)) }, .atomic, t.context(.always))
                var cursor = try t.store.snapshot().cursor(over: .all)
                while let view = try cursor.next() { try t.expect(view.objectID, t.b, "\(view.refName)") }
                try t.mustCommit(names.map { t.delete($0, .object(t.b)) }, .atomic, t.context(.always))
                try t.expectReferences([:])
                try t.expectLogs([:])
            }
        }
        add("a long listing") { t in
            let count = max(200, t.options.longListing)
            let names = (0..<count).map { "refs/tags/\($0 / 100)/v\($0)" }
            try t.need(names.map { ref($0) })
            try t.seed(names.enumerated().map { (ref($1), .object(t.letters.id(number: $0), peeled: nil)) })
            try t.expect(t.names(), names.sorted(), "the listing")
            let below = RefScope(prefix: Array("refs/tags/1/".utf8))
            try t.expect(t.names(below), names[100..<200].sorted(), "the listing of a directory")
            let snapshot = try t.store.snapshot()
            for number in stride(from: 0, to: count, by: 97) {
                let found = try snapshot.read(ref(names[number]))?.objectID
                try t.expect(found, t.letters.id(number: number), names[number])
            }
            try t.mustCommit([t.delete(names[100]), t.create("refs/tags/new", "a")])
            try t.expect(t.names().count, count, "the number of references")
        }
    }
}
