import StrataModel
import StrataRefs

extension Mutant {
    /// An excluded `ba` hides `bar`.
    static let hiddenByPartOfName = Mutant("an exclusion hides what begins alike", foundBy: "scopes:") {
        $0.lists = { state, scope in
            var open = RefScope(prefix: scope.prefix, from: scope.lowerBound)
            open.exclude([])
            return state.all.keys.filter { name in
                open.contains(name.bytes.span)
                    && !scope.excluded.contains { name.hasPrefix($0.dropLast()) }
            }.sorted()
        }
    }
}
