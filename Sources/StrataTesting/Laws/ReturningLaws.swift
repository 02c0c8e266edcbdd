import StrataModel
import StrataRefs

/// What was deleted stays away, wherever the store had it: stores of layers keep older values behind newer ones.
extension LawBook {
    private static let name = "refs/heads/x"

    /// Ways to write a reference: alone, or with so many others that a store may write them elsewhere.
    private static let writings: [(what: String, others: Int)] = [("alone", 0), ("with another", 1), ("with many", 80)]

    private static let deletions: [(what: String, edits: @Sendable (Trial) -> [RefEdit], mode: RefTransaction.Mode)] = [
        ("alone", { [$0.delete(name)] }, .atomic),
        ("with another", { [$0.delete(name), $0.delete("refs/heads/y0")] }, .atomic),
        ("as an update to zero", { [.update(ref(name), to: $0.zero)] }, .atomic),
        ("in a batch", { [$0.delete(name), $0.create("refs/heads/z", "a")] }, .batched),
    ]

    mutating func addReturning() {
        begin("returning", needs: .writes)
        for first in Self.writings {
            for second in Self.writings where second.others <= 1 {
                // Many references take time on a disk.
                for deletion in Self.deletions.prefix(first.others > 1 ? 1 : 4) {
                    let what = "written \(first.what), then \(second.what), deleted \(deletion.what)"
                    add("not after it was \(what)") { t in
                        try Self.write(t, "a", first.others)
                        try t.upkeep?()
                        try Self.write(t, "b", second.others)
                        try t.mustCommit(deletion.edits(t), deletion.mode)
                        try Self.expectAway(t, "afterwards")
                        try t.upkeep?()
                        try Self.expectAway(t, "after the upkeep")
                        try t.mustCommit([t.create(Self.name, "c")])
                        try t.expect(t.value(Self.name), "c", "made again, it")
                    }
                }
            }
        }
        add("not behind a name that it excluded") { t in
            try Self.write(t, "a", 1)
            try Self.write(t, "b", 0)
            try t.mustCommit([t.delete(Self.name)])
            try t.mustCommit([t.create(Self.name + "/below", "c")])
            // It need not be had beside a name that excludes it.
            try Self.expectAway(t, "beside a name below it", holding: false)
            try t.mustCommit([t.delete(Self.name + "/below")])
            try Self.expectAway(t, "after that")
        }
        add("not as what it was before it was symbolic", needs: .symbolicRefs) { t in
            try Self.write(t, "a", 1)
            try t.mustCommit([t.symbolic(Self.name, "refs/heads/none")])
            var edit = t.delete(Self.name)
            edit.followsSymbolic = false
            try t.mustCommit([edit])
            try Self.expectAway(t, "afterwards")
        }
    }

    private static func write(_ t: Trial, _ letter: Character, _ others: Int) throws {
        try t.mustCommit([t.update(name, letter)] + (0..<others).map { t.update("refs/heads/y\($0)", letter) })
    }

    private static func expectAway(_ t: Trial, _ when: String, holding: Bool = true) throws {
        try t.expect(t.value(name), nil, "reading it \(when)")
        try t.expect(!t.names().contains(name), "it is listed \(when)")
        guard holding else { return }
        let held = try t.store.hold([ref(name)])
        defer { held.abort() }
        try t.expect(try held.read(ref(name)) == nil, "it is there under a hold \(when)")
    }
}
