import StrataModel
import StrataRefs

/// Reading one name: absent, an id, symbolic.
extension LawBook {
    /// Names of each kind.
    private static let shapes = [
        "HEAD", "ORIG_HEAD", "refs/heads/x", "refs/heads/a/b/c", "refs/x", "refs/bisect/bad", "refs/tags/v1.0",
        "refs/remotes/origin/HEAD",
    ]

    mutating func addReading() {
        begin("reading")
        for shape in Self.shapes { addReading(of: shape) }
        add("an id keeps every digit") { t in
            for number in [0, 255, 1 << 31, Int.max] {
                let id = t.letters.id(number: number)
                try t.seed([(ref("refs/heads/x"), .object(id, peeled: nil))])
                try t.expect(t.store.snapshot().read(ref("refs/heads/x"))?.objectID, id, "refs/heads/x")
            }
        }
        add("a peeled id that is told is the one that was given") { t in
            try t.seed([(ref("refs/tags/x"), .object(t.a, peeled: t.b))])
            guard case .object(t.a, let peeled) = try t.store.snapshot().read(ref("refs/tags/x")) else {
                throw LawBroken("refs/tags/x does not hold its id")
            }
            try t.expect(peeled == nil || peeled == t.b, "peels to \(String(describing: peeled))")
        }
        add("a directory of names is no reference") { t in
            try t.seed(["refs/heads/a/b/c": "a"])
            for name in ["refs/heads/a/b", "refs/heads/a", "refs/heads"] {
                try t.expect(t.value(name), nil, "reading \(name)")
            }
        }
        add("nothing is below a reference") { t in
            try t.seed(["refs/heads/a": "a"])
            for name in ["refs/heads/a/b", "refs/heads/a/b/c"] { try t.expect(t.value(name), nil, "reading \(name)") }
        }
        add("names that begin alike are told apart") { t in
            try t.seed(["refs/heads/main": "a"])
            for name in ["refs/heads/mai", "refs/heads/main0", "refs/heads/mainx", "refs/heads/Main"] {
                try t.expect(t.value(name), nil, "reading \(name)")
            }
        }
        add("reading again gives the same") { t in
            try t.seed(["refs/heads/x": "a"])
            let snapshot = try t.store.snapshot()
            for _ in 0..<3 {
                try t.expect(try snapshot.read(ref("refs/heads/x"))?.objectID, t.a, "refs/heads/x")
                try t.expect(try snapshot.read(ref("refs/heads/y")) == nil, "refs/heads/y exists")
            }
        }
        add("a malformed name that is safe reads as nothing") { t in
            try t.seed(["refs/heads/a": "a"])
            for name in ["refs/heads/a..b", "refs/heads/a.lock", "refs/heads/a b", "refs/heads/.a"] {
                try t.expect(t.value(name), nil, "reading \(name)")
            }
        }
        add("what holds a name is no reference", needs: .writes) { t in
            try t.seed(["refs/heads/a": "a"])
            let held = try t.store.hold([ref("refs/heads/a"), ref("refs/heads/b")])
            defer { held.abort() }
            try t.expectReferences(["refs/heads/a": "a"], "while names are held")
        }
        addResolving()
    }

    private mutating func addReading(of shape: String) {
        add("\(shape) reads as nothing where it is absent") { t in
            try t.need(ref(shape))
            try t.expect(t.value(shape), nil, "reading \(shape)")
        }
        add("\(shape) reads as nothing among others") { t in
            try t.need(ref(shape))
            try t.seed(["refs/heads/other": "a", "refs/zz": "b"])
            try t.expect(t.value(shape), nil, "reading \(shape)")
        }
        add("\(shape) reads as the id that it holds") { t in
            try t.seed([shape: "a", "refs/heads/other": "b"])
            try t.expect(t.value(shape), "a", "reading \(shape)")
        }
        add("\(shape) reads as symbolic, not followed", needs: .symbolicRefs) { t in
            try t.seed([shape: "ref: refs/heads/other", "refs/heads/other": "b"])
            try t.expect(t.value(shape), "ref: refs/heads/other", "reading \(shape)")
        }
        add("\(shape) reads as symbolic where it leads to nothing", needs: .symbolicRefs) { t in
            try t.seed([shape: "ref: refs/heads/none"])
            try t.expect(t.value(shape), "ref: refs/heads/none", "reading \(shape)")
            try t.expect(try t.store.snapshot().objectID(of: ref(shape)), nil, "what \(shape) leads to")
        }
    }

    private mutating func addResolving() {
        for hops in 0...5 {
            add("resolving through \(hops) symbolic references", needs: hops > 0 ? .symbolicRefs : []) { t in
                var references = ["refs/heads/s0": "a"]
                for hop in 1...6 { references["refs/heads/s\(hop)"] = "ref: refs/heads/s\(hop - 1)" }
                if hops == 0 { references = ["refs/heads/s0": "a"] }
                try t.seed(references)
                let snapshot = try t.store.snapshot()
                let found: ObjectID?
                do throws(RefResolutionFailure) {
                    found = try snapshot.resolve(ref("refs/heads/s\(hops)")).id
                } catch {
                    guard case .tooDeep = error, hops == RefResolver.maximumReads else {
                        throw LawBroken("refs/heads/s\(hops) does not resolve: \(error.error)")
                    }
                    return
                }
                try t.expect(hops < RefResolver.maximumReads, "more names are read than git reads")
                try t.expect(found, t.a, "what refs/heads/s\(hops) leads to")
            }
        }
        add("a symbolic reference to itself is read, and leads nowhere", needs: .symbolicRefs) { t in
            try t.seed(["refs/heads/x": "ref: refs/heads/x"])
            try t.expect(t.value("refs/heads/x"), "ref: refs/heads/x", "reading it")
            let snapshot = try t.store.snapshot()
            try t.expect((try? snapshot.resolve(ref("refs/heads/x"))) == nil, "it resolves")
        }
    }
}
