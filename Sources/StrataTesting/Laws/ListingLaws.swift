import StrataModel
import StrataRefs

/// Listing and reading are two views of the same references.
extension LawBook {
    mutating func addListing() {
        begin("listing")
        add("every name that is listed reads as it is listed") { t in
            try Forest.seed(t)
            let snapshot = try t.store.snapshot()
            var cursor = try snapshot.cursor(over: .all)
            while let view = try cursor.next() {
                try t.expect(
                    try snapshot.read(view.refName).map(t.letters.text), t.letters.text(view.value), "\(view.refName)")
            }
        }
        add("symbolic references are listed as such", needs: .symbolicRefs) { t in
            try t.seed(["refs/heads/s": "ref: refs/heads/x", "refs/heads/x": "a", "refs/heads/d": "ref: refs/none"])
            try t.expectReferences([
                "refs/heads/s": "ref: refs/heads/x", "refs/heads/x": "a", "refs/heads/d": "ref: refs/none",
            ])
        }
        add("what a view says, its value says") { t in
            try t.seed([
                (ref("refs/tags/x"), .object(t.a, peeled: t.b)), (ref("refs/tags/y"), .object(t.c, peeled: nil)),
            ])
            var cursor = try t.store.snapshot().cursor(over: .all)
            while let view = try cursor.next() {
                try t.expect(view.objectID, view.value.objectID, "the id of \(view.refName)")
                try t.expect(view.peeled == nil || view.peeled == t.b, "\(view.refName) peels to something else")
                try t.expect(!view.isSymbolic, "\(view.refName) is symbolic")
            }
        }
        add("views stay good when their cursor has gone on and ended") { t in
            try Forest.seed(t)
            var views: [RefView] = []
            var cursor = try t.store.snapshot().cursor(over: .all)
            while let view = try cursor.next() { views.append(view) }
            try cursor.seek(RefScope(prefix: Array("refs/tags/".utf8)))
            while try cursor.next() != nil {}
            try t.expect(views.map { escaped($0.refName.bytes) }, Forest.names(t), "the views")
            try t.expect(views.allSatisfy { $0.objectID == t.a }, "a view has another value now")
        }
        add("views stay good when the references have changed", needs: .writes) { t in
            try t.seed(["refs/heads/x": "a", "refs/heads/y": "b"])
            var views: [RefView] = []
            var cursor = try t.store.snapshot().cursor(over: .all)
            while let view = try cursor.next() { views.append(view) }
            try t.mustCommit([t.update("refs/heads/x", "c"), t.delete("refs/heads/y")])
            try t.expect(try t.names(), ["refs/heads/x"], "the listing")
            try t.expect(views.map { escaped($0.refName.bytes) }, ["refs/heads/x", "refs/heads/y"], "the views' names")
            try t.expect(views.map { $0.objectID.map(t.letters.text) ?? "" }, ["a", "b"], "the views' values")
        }
        add("two cursors do not move each other") { t in
            try Forest.seed(t)
            let (names, snapshot) = (try Forest.names(t), try t.store.snapshot())
            var first = try snapshot.cursor(over: .all)
            var second = try snapshot.cursor(over: .all)
            try t.expect(Trial.names(&first, atMost: 4), Array(names.prefix(4)), "the first")
            try t.expect(Trial.names(&second, atMost: 2), Array(names.prefix(2)), "the second")
            try t.expect(Trial.names(&first), Array(names.dropFirst(4)), "the rest of the first")
            try t.expect(Trial.names(&second), Array(names.dropFirst(2)), "the rest of the second")
        }
        add("what was deleted is not listed", needs: .writes) { t in
            try Forest.seed(t)
            var names = try Forest.names(t)
            for name in SeededNumbers.shuffled(names, seed: t.options.seed) {
                try t.mustCommit([t.delete(name)])
                names.removeAll { $0 == name }
                try t.expect(t.names(), names, "the listing without \(name)")
            }
        }
        add("what was created is listed at once", needs: .writes) { t in
            var names: [String] = []
            for name in SeededNumbers.shuffled(try Forest.names(t), seed: t.options.seed) {
                try t.mustCommit([t.create(name, "a")])
                names = (names + [name]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                try t.expect(t.names(), names, "the listing with \(name)")
            }
        }
        add("under a hold as beside it", needs: .writes) { t in
            try Forest.seed(t)
            let held = try t.store.hold([ref("refs/heads/main"), ref("refs/heads/new")])
            defer { held.abort() }
            var cursor = try held.cursor(over: .all)
            try t.expect(Trial.names(&cursor), Forest.names(t), "the listing under the hold")
            try t.expect(t.names(), Forest.names(t), "the listing beside it")
        }
    }
}
