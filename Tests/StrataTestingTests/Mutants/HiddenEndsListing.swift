import StrataModel
import StrataRefs

extension Mutant {
    /// A walk that meets a deleted name where its scope begins takes it for the end.
    static let hiddenEndsListing = Mutant("a deleted name ends a listing", foundBy: "listing:", "changes:") {
        $0.lists = { state, scope in
            let names = (Array(state.all.keys) + state.deleted).filter { scope.contains($0.bytes.span) }.sorted()
            return Array(names.prefix { !state.deleted.contains($0) })
        }
    }
}
