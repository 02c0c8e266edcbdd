import StrataModel
import StrataRefs

/// `a` and `a/b` exclude each other wherever the store has them: stores of layers may have one in front and look for the other there alone.
extension LawBook {
    private static let pairs: [(there: String, new: String)] = [
        ("refs/heads/x/y", "refs/heads/x"), ("refs/heads/x", "refs/heads/x/y"), ("refs/heads/x/y/z", "refs/heads/x"),
        ("refs/heads/x", "refs/heads/x/y/z"),
    ]

    mutating func addConflictsBehind() {
        begin("conflicts behind", needs: .writes)
        for (there, new) in Self.pairs {
            for (what, others) in [("another", 1), ("many", 80)] {
                for mode: RefTransaction.Mode in others > 1 ? [.atomic] : [.atomic, .batched] {
                    add("\(new) beside \(there), written with \(what), in a transaction that is \(mode)") { t in
                        try t.mustCommit(
                            [t.create(there, "a")] + (0..<others).map { t.create("refs/tags/t\($0)", "a") })
                        try t.upkeep?()
                        try Self.expectRefused(t, new, mode)
                        try t.mustCommit([t.update(there, "b")])
                        try Self.expectRefused(t, new, mode)
                        try t.mustCommit([t.delete(there)])
                        try t.mustCommit([t.create(new, "c")], mode)
                        try t.expect(t.value(new), "c", new)
                    }
                }
            }
        }
    }

    private static func expectRefused(_ t: Trial, _ new: String, _ mode: RefTransaction.Mode) throws {
        let outcome = try t.commit([t.create(new, "c")], mode)
        try t.expect(outcome.hasSuffix("nameConflict"), "creating \(new) is \(outcome)")
        try t.expect(t.value(new), nil, new)
        try t.expect(!t.names().contains(new), "\(new) is listed")
    }
}
