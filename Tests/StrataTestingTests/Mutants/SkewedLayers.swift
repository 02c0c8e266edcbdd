import StrataModel
import StrataRefs

extension Mutant {
    /// Directory/file conflicts are looked for in the front tier alone: `a/b` behind does not keep `a` from being made.
    static let skewedLayers = Mutant(
        "names exclude each other in one tier only", foundBy: "listing:", "conflicts behind:"
    ) {
        $0.listsHeld = { state, scope in state.loose.keys.filter { scope.contains($0.bytes.span) }.sorted() }
    }
}
