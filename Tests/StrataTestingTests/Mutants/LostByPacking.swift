import StrataRefs

extension Mutant {
    /// Packing removes what it has packed by name, whatever has been written there since: an update in between is lost.
    static let lostByPacking = Mutant("an update is lost to packing", foundBy: "concurrency:", packs: true) {
        $0.prune = { state, packed in
            for (name, value) in packed where value.objectID != nil { state.loose[name] = nil }
        }
    }
}
