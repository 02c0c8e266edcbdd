import StrataRefs

extension Mutant {
    /// Lines are added to the reflogs when the locks are let go: a later change's line may come first. Every other change is that late,
    /// so that the one after it is not.
    static let logAfterRelease = Mutant("reflog and reference are out of order", foundBy: "concurrency: reflogs") {
        $0.commit = { hold, edits in
            var ways = hold.store.ways
            let log = ways.log
            ways.log = { _, _ in }
            hold.store.change { [ways] in $0.apply(edits, ways) }
            hold.letGo()
            let before = hold.store.now
            if before.changes.isMultiple(of: 2) {
                hold.store.wait { now in edits.contains { now.all[$0.name] != before.all[$0.name] } }
            }
            hold.store.change { state in for edit in edits { log(&state, edit) } }
        }
    }
}
