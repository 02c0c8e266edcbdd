import StrataModel
import StrataRefs

/// What a reference peels to is that of the object that it holds now.
extension LawBook {
    /// Values one after the other: with a peeled id, without, with another.
    private static let turns: [(what: String, peels: [Character?])] = [
        ("a tag becomes a commit", ["b", nil]), ("a commit becomes a tag", [nil, "b"]),
        ("a tag becomes another", ["b", "c"]), ("a tag becomes a commit and a tag again", ["b", nil, "c"]),
    ]

    mutating func addPeeling() {
        begin("peeling", needs: .writes)
        for (what, peels) in Self.turns {
            for isTogether in [false, true] {
                add("\(what)\(isTogether ? ", with another reference" : "")") { t in
                    for (index, peel) in peels.enumerated() {
                        let id = t.letters.id(Array("defg" as String)[index])
                        let value = RefValue.object(id, peeled: peel.map(t.letters.id))
                        // The first time with another, so that a store may write them elsewhere.
                        let isWithAnother = isTogether && index == 0
                        try t.seed(
                            [(ref("refs/tags/x"), value)]
                                + (isWithAnother ? [(ref("refs/tags/y"), .object(t.a, peeled: nil))] : []))
                        try t.upkeep?()
                        try Self.expect(t, id, peel.map(t.letters.id))
                    }
                }
            }
        }
    }

    private static func expect(_ t: Trial, _ id: ObjectID, _ peeled: ObjectID?) throws {
        let snapshot = try t.store.snapshot()
        guard case .object(let read, let told)? = try snapshot.read(ref("refs/tags/x")), read == id else {
            throw LawBroken("refs/tags/x does not hold its id")
        }
        try t.expect(told == nil || told == peeled, "it is read to peel to another's object")
        var cursor = try snapshot.cursor(over: RefScope(prefix: Array("refs/tags/x".utf8)))
        guard let view = try cursor.next() else { throw LawBroken("refs/tags/x is not listed") }
        try t.expect(view.objectID, id, "refs/tags/x as it is listed")
        try t.expect(view.peeled == nil || view.peeled == peeled, "it is listed to peel to another's object")
    }
}
