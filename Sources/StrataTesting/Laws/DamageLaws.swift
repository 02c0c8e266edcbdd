import StrataModel
import StrataRefs

/// A reference that cannot be read is there: nobody is told that it is absent, and nobody acts as if it were.
extension LawBook {
    private static let name = "refs/heads/x"

    mutating func addDamage() {
        begin("damage", needs: .writes)
        addDamage("reading it is an error, or tells that it is broken") { t in
            try t.expect(
                Self.isTold { try t.store.snapshot().read(ref(Self.name)) }, "it reads as if nothing were wrong")
        }
        addDamage("so it is under a hold") { t in
            guard let held = try? t.store.hold([ref(Self.name)]) else { return }
            defer { held.abort() }
            try t.expect(Self.isTold { try held.read(ref(Self.name)) }, "it reads as if nothing were wrong")
        }
        addDamage("a listing has it as broken, or fails") { t in
            guard let names = try? t.names() else { return }
            try t.expect(names.contains(Self.name), "it is passed over: \(names)")
        }
        addDamage("others are read as before") { t in
            for name in ["refs/heads/w", "refs/heads/y"] { try t.expect(t.value(name), "b", name) }
        }
        addDamage("it is not created as if it were absent") { t in
            let found = t.outcome(of: RefTransaction([t.create(Self.name, "c")]), t.context())
            try t.expect(found != "done", "it is created")
            try t.expect(Self.isTold { try t.store.snapshot().read(ref(Self.name)) }, "its value was replaced")
        }
        addDamage("it is not verified to be absent") { t in
            let edits = [t.verify(Self.name, .mustNotExist), t.update("refs/heads/w", "c")]
            let found = t.outcome(of: RefTransaction(edits), t.context())
            try t.expect(found != "done", "it is verified")
            try t.expect(t.value("refs/heads/w"), "b", "refs/heads/w")
        }
        addDamage("it is not compared as if it were absent") { t in
            let edit = RefEdit(ref(Self.name), .write(.object(t.c)), expecting: .objectIfExists(t.a))
            try t.expect(t.outcome(of: RefTransaction([edit]), t.context()) != "done", "it is updated")
        }
    }

    /// A law about a reference that was damaged.
    private mutating func addDamage(_ what: String, _ body: @escaping @Sendable (Trial) throws -> Void) {
        add(what) { t in
            guard let damage = t.damage else { throw NotApplicable("no reference can be damaged") }
            try t.seed([Self.name: "a", "refs/heads/w": "b", "refs/heads/y": "b"])
            try damage(ref(Self.name))
            try body(t)
        }
    }

    private static func isTold(_ read: () throws -> RefValue?) -> Bool {
        do {
            if case .broken? = try read() { return true }
            return false
        } catch {
            return true
        }
    }
}
