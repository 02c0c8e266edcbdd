import StrataIO
import StrataModel
import StrataRefs

/// Holds: one holder a name, until it lets go.
extension LawBook {
    /// The ways in which a hold ends.
    private static let ends: [(what: String, end: @Sendable (Trial, inout (any HeldRefs)?) throws -> Void)] = [
        ("aborting", { _, held in held?.abort() }),
        ("dropping it", { _, held in held = nil }),
        ("committing nothing", { _, held in try held?.commit() }),
        (
            "committing a change",
            { t, held in
                try held?.stage([t.staged("refs/heads/x", "b")], durability: nil)
                try held?.commit()
            }
        ),
        (
            "aborting what was staged",
            { t, held in
                try held?.stage([t.staged("refs/heads/x", "b")], durability: nil)
                held?.abort()
            }
        ),
        (
            "dropping what was staged",
            { t, held in
                try held?.stage([t.staged("refs/heads/x", "b")], durability: nil)
                held = nil
            }
        ),
    ]

    mutating func addHolds() {
        begin("holds", needs: .writes)
        for (what, end) in Self.ends {
            for isThere in [true, false] {
                add("\(what) lets \(isThere ? "a reference" : "an absent name") go") { t in
                    if isThere { try t.seed(["refs/heads/x": "a"]) } else { try t.need(ref("refs/heads/x")) }
                    var held: (any HeldRefs)? = try t.store.hold([ref("refs/heads/x")])
                    try t.expect(try !t.isFree("refs/heads/x"), "somebody else can hold it meanwhile")
                    try end(t, &held)
                    try t.expect(try t.isFree("refs/heads/x"), "it stays held")
                    try withExtendedLifetime(held) { try t.expect(try t.isFree("refs/heads/x"), "it is held again") }
                }
            }
        }
        addExclusion()
        add("names held already are had") { t in
            try t.need(ref("refs/heads/x"), ref("refs/heads/y"))
            let held = try t.store.makeHold()
            let (x, y) = (ref("refs/heads/x"), ref("refs/heads/y"))
            for names in [[x], [x], [x, y], [y, x], []] {
                let failures = try held.hold(names, until: .now)
                try t.expect(failures.count, names.count, "the number of answers")
                try t.expect(failures.allSatisfy { $0 == nil }, "a name that is held already is not had")
            }
            held.abort()
            try t.expect(try t.isFree("refs/heads/x") && t.isFree("refs/heads/y"), "a name stays held")
        }
        add("names that were had stay held where another was not") { t in
            try t.need(ref("refs/heads/x"), ref("refs/heads/y"))
            let first = try t.store.hold([ref("refs/heads/y")])
            let second = try t.store.makeHold()
            let failures = try second.hold([ref("refs/heads/x"), ref("refs/heads/y")], until: .now)
            try t.expect(failures.count, 2, "the number of answers")
            try t.expect(failures[1] != nil, "refs/heads/y is held twice")
            first.abort()
            if failures[0] == nil { try t.expect(try !t.isFree("refs/heads/x"), "refs/heads/x was let go") }
            second.abort()
            try t.expect(try t.isFree("refs/heads/x") && t.isFree("refs/heads/y"), "a name stays held")
        }
        add("what is read under it is as it stands") { t in
            try t.seed(["refs/heads/x": "a", "refs/heads/y": "b"])
            let held = try t.store.hold([ref("refs/heads/x"), ref("refs/heads/n")])
            defer { held.abort() }
            for (name, value) in [("refs/heads/x", "a"), ("refs/heads/y", "b"), ("refs/heads/n", nil)] {
                try t.expect(try held.read(ref(name)).map(t.letters.text), value, "\(name) under the hold")
            }
        }
        add("what changed before it is read under it") { t in
            try t.seed(["refs/heads/x": "a"])
            let held = try t.store.makeHold()
            _ = try t.store.snapshot().read(ref("refs/heads/x"))
            try t.change([t.update("refs/heads/x", "b")])
            try t.expect(try held.hold([ref("refs/heads/x")], until: nil)[0] == nil, "it cannot be held")
            try t.expect(try held.read(ref("refs/heads/x")).map(t.letters.text), "b", "refs/heads/x under the hold")
            held.abort()
        }
        add("aborting twice, and after a commit, does nothing") { t in
            try t.need(ref("refs/heads/x"))
            let first = try t.store.hold([ref("refs/heads/x")])
            first.abort()
            let second = try t.store.hold([ref("refs/heads/x")])
            first.abort()
            try t.expect(try !t.isFree("refs/heads/x"), "the second abort lets another's hold go")
            try second.stage([t.staged("refs/heads/x", "a")], durability: nil)
            try second.commit()
            second.abort()
            try t.expectReferences(["refs/heads/x": "a"])
        }
        add("nothing staged, nothing changed") { t in
            try t.seed(["refs/heads/x": "a"])
            try t.store.hold([ref("refs/heads/x"), ref("refs/heads/y")]).commit()
            try t.expectReferences(["refs/heads/x": "a"])
        }
        add("names that are only kept do not change") { t in
            try t.seed(["refs/heads/x": "a"])
            let held = try t.store.hold([ref("refs/heads/x"), ref("refs/heads/y")])
            try held.stage(
                ["refs/heads/x", "refs/heads/y"].map {
                    ResolvedRefEdit(name: ref($0), action: .keep, old: nil, reflog: nil, createsReflog: false)
                }, durability: nil)
            try held.commit()
            try t.expectReferences(["refs/heads/x": "a"])
        }
    }

    private mutating func addExclusion() {
        for milliseconds in [0, 30] {
            add("a deadline of \(milliseconds) ms is kept") { t in
                try t.need(ref("refs/heads/x"))
                let held = try t.store.hold([ref("refs/heads/x")])
                defer { held.abort() }
                let start = ContinuousClock.now
                let other = try t.store.makeHold()
                let failures = try other.hold([ref("refs/heads/x")], until: .after(milliseconds: milliseconds))
                let time = ContinuousClock.now - start
                guard case .busy(let error)?? = failures.first else { throw LawBroken("a held name is not busy") }
                try t.expect(error.code, .locked, "the code of the error")
                try t.expect(time >= .milliseconds(milliseconds), "it gives up after \(time)")
                try t.expect(time < .seconds(5), "it gives up after \(time) only")
            }
        }
        for mode in [RefTransaction.Mode.atomic, .batched] {
            add("a transaction, \(mode), that needs a held name fails, and changes nothing") { t in
                try t.seed(["refs/heads/x": "a"])
                let held = try t.store.hold([ref("refs/heads/x")])
                let outcome = try t.commit([t.update("refs/heads/x", "b")], mode, t.context(deadline: .now))
                try t.expect(outcome, mode == .atomic ? "failed: locked" : "createExists", "the transaction")
                try t.expectReferences(["refs/heads/x": "a"], "while it is held")
                held.abort()
                try t.expectReferences(["refs/heads/x": "a"])
                try t.mustCommit([t.update("refs/heads/x", "b")], mode)
                try t.expectReferences(["refs/heads/x": "b"])
            }
        }
        add("readers are not held up") { t in
            try t.seed(["refs/heads/x": "a"])
            let held = try t.store.hold([ref("refs/heads/x"), ref("refs/heads/new")])
            defer { held.abort() }
            try t.expectReferences(["refs/heads/x": "a"], "while it is held")
        }
    }
}

extension Trial {
    /// `name` as it is to be written, without a reflog line.
    func staged(_ name: String, _ letter: Character) -> ResolvedRefEdit {
        ResolvedRefEdit(
            name: ref(name), action: .write(.object(letters.id(letter), peeled: nil)), old: nil, reflog: nil,
            createsReflog: false)
    }
}
