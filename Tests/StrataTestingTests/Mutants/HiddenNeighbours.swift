import StrataModel
import StrataRefs

extension Mutant {
    /// What a deletion leaves to hide the tier behind hides all names that begin alike.
    static let hiddenNeighbours = Mutant(
        "a deleted name hides its neighbours", foundBy: "changes:", "listing:"
    ) {
        $0.lists = { state, scope in
            state.all.keys.filter { name in
                scope.contains(name.bytes.span) && !state.deleted.contains { name.hasPrefix($0.bytes) }
            }.sorted()
        }
    }
}
