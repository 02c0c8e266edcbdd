import RefStoreChecks
import StrataModel
import StrataRefs
import StrataTesting
import Testing

@Suite struct NamespacedTests {
    static let (a, b) = (RoutingTests.a, RoutingTests.b)

    @Test func pathsAreExpandedAsGitDoes() throws {
        let prefix = { (path: String) throws in String(decoding: try RefNamespace(path).prefix, as: UTF8.self) }
        #expect(try prefix("a") == "refs/namespaces/a/")
        #expect(try prefix("a/b") == "refs/namespaces/a/refs/namespaces/b/")
        #expect(try prefix("/a//b/") == "refs/namespaces/a/refs/namespaces/b/")
        for bad in ["", "/", ".", "a..b", "a/.b", "a b", "a.lock", "a/b.lock", "@{"] {
            let error = #expect(throws: RefError.self) { try RefNamespace(bad) }
            #expect(error?.code == .invalid && error?.message == "bad git namespace path \"\(bad)\"")
        }
    }

    struct Namespaces {
        let maker: InnerStores.Maker
        let base: any RefStore
        let outer: NamespacedRefStore
        let inner: NamespacedRefStore

        init(_ kind: InnerStores) throws {
            maker = try InnerStores.Maker(kind)
            base = try maker.make()
            outer = NamespacedRefStore(try RefNamespace("a"), of: base)
            inner = NamespacedRefStore(try RefNamespace("a/b"), of: base)
        }
    }

    @Test(arguments: InnerStores.allCases)
    func namesAndTargetsAreMapped(_ kind: InnerStores) throws {
        let all = try Namespaces(kind)
        try all.base.commit(RefTransaction([.create("refs/heads/main", at: Self.b)]))
        try all.inner.commit(RefTransaction([.symbolic(.head, to: "refs/heads/main")]), RoutingTests.context)
        try all.inner.commit(RefTransaction([.update(.head, to: Self.a)]), RoutingTests.context)
        let prefix = "refs/namespaces/a/refs/namespaces/b/"
        #expect(
            try RefContents.references(of: all.base) == [
                "refs/heads/main": Self.b.hex, prefix + "HEAD": "ref: \(prefix)refs/heads/main",
                prefix + "refs/heads/main": Self.a.hex,
            ])
        #expect(
            try RefContents.references(of: all.inner) == [
                "HEAD": "ref: refs/heads/main", "refs/heads/main": Self.a.hex,
            ])
        // A namespace inside is a directory of references like any other.
        #expect(try RoutingTests.names(all.outer).first == "refs/namespaces/b/HEAD")
        #expect(
            try all.outer.snapshot().read("refs/namespaces/b/HEAD")?.target
                == Array("refs/namespaces/b/refs/heads/main".utf8))
        // Reflogs go by the namespace's names.
        #expect(try all.inner.reflogs?.names() == [.head, "refs/heads/main"])
        let logged = try all.base.reflogs?.names().map(\.description)
        #expect(logged == [prefix + "HEAD", prefix + "refs/heads/main"])
        #expect(try all.inner.reflogs?.expire("refs/heads/main", rewrite: true) { _ in false } == 1)
        try all.inner.reflogs?.delete(.head)
        #expect(try all.inner.reflogs?.exists(.head) == false)
        try all.inner.commit(RefTransaction([.delete("refs/heads/main", expecting: .object(Self.a))]))
        #expect(try all.inner.snapshot().read("refs/heads/main") == nil)
        #expect(try all.base.snapshot().read("refs/heads/main")?.objectID == Self.b)
    }

    @Test(arguments: InnerStores.allCases)
    func scopesAreOfTheNamespace(_ kind: InnerStores) throws {
        let all = try Namespaces(kind)
        let one = MemoryRefStore()
        let edits: [RefEdit] = ["HEAD", "refs/heads/a", "refs/heads/b", "refs/tags/t", "refs/zz"].map {
            .create($0, at: Self.a)
        }
        try all.inner.commit(RefTransaction(edits))
        try one.commit(RefTransaction(edits))
        // Neighbours, and what is in the namespace without being a reference of it.
        let others = [
            "refs/namespaces/a/refs/namespaces/b/foo", "refs/namespaces/a/refs/namespaces/b/ORIG_HEAD",
            "refs/namespaces/a/refs/namespaces/bb/refs/heads/x", "refs/heads/x",
        ]
        try all.base.commit(RefTransaction(others.map { .create(RefName(stringLiteral: $0), at: Self.b) }))
        var cursor = try all.inner.snapshot().cursor(over: .refs)
        for prefix in ["", "H", "HEAD", "f", "O", "refs", "refs/", "refs/heads/", "refs/t", "z"] {
            for bound in ["", "refs/heads/a\u{1}", "refs/tags"] {
                for excluded in [[], ["refs/heads"], ["refs/tags/"]] {
                    var scope = RefScope(prefix: Array(prefix.utf8), from: Array(bound.utf8))
                    scope.exclude(excluded.map { Array($0.utf8) })
                    let expected = try RoutingTests.names(one, scope)
                    #expect(try RoutingTests.names(all.inner, scope) == expected, "\(prefix) \(bound) \(excluded)")
                    try cursor.seek(scope)
                    #expect(try cursor.next()?.refName.description == expected.first)
                }
            }
        }
    }

    @Test(arguments: InnerStores.allCases)
    func whatLeadsOutIsBroken(_ kind: InnerStores) throws {
        let all = try Namespaces(kind)
        let head = RefName(stringLiteral: "refs/namespaces/a/HEAD")
        try all.base.commit(
            RefTransaction([.create("refs/heads/main", at: Self.a), .symbolic(head, to: "refs/heads/main")]))
        #expect(try all.outer.snapshot().read(.head) == .broken(.content))
        var cursor = try all.outer.snapshot().cursor(over: .all)
        #expect(try cursor.next()?.value == .broken(.content))
        #expect(throws: RefError.self) { try all.outer.commit(RefTransaction([.update(.head, to: Self.b)])) }
        #expect(try all.base.snapshot().read("refs/heads/main")?.objectID == Self.a)
        // What has no place in a namespace is not there, and is not written.
        for name in ["ORIG_HEAD", "worktrees/x/HEAD", "main-worktree/HEAD"] as [RefName] {
            #expect(try all.outer.snapshot().read(name) == nil)
            let error = #expect(throws: RefError.self) {
                try all.outer.commit(RefTransaction([.update(name, to: Self.a)]))
            }
            #expect(error?.message.hasSuffix("'\(name)' has no place in a namespace") ?? false)
            #expect(throws: RefError.self) { try all.outer.reflogs?.create(name) }
        }
        #expect(throws: RefError.self) {
            try all.inner.commit(RefTransaction([.symbolic(.head, to: "ORIG_HEAD")]))
        }
    }

    /// The namespace's own parents are references of the store beneath.
    @Test(arguments: InnerStores.allCases)
    func conflictsReachAcrossTheBorder(_ kind: InnerStores) throws {
        let all = try Namespaces(kind)
        for parent in ["refs/namespaces", "refs/namespaces/a", "refs/namespaces/a/refs"] as [RefName] {
            try all.base.commit(RefTransaction([.create(parent, at: Self.a)]))
            let result = #expect(throws: RefError.self) {
                try all.inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
            }
            if kind == .memory {
                #expect(
                    result?.message == "cannot lock ref 'refs/heads/x': '\(parent)' exists; "
                        + "cannot create 'refs/heads/x' in a namespace below")
            }
            try all.base.commit(RefTransaction([.delete(parent)]))
        }
        try all.inner.commit(RefTransaction([.create("refs/heads/x", at: Self.a)]))
        #expect(throws: RefError.self) {
            try all.base.commit(RefTransaction([.create("refs/namespaces/a", at: Self.a)]))
        }
    }
}
