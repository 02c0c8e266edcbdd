import StrataRefs

extension Mutant {
    /// What a reference peels to is kept when it changes.
    static let stalePeeled = Mutant("a stale peeled id", foundBy: "peeling:") {
        $0.read = { state, name in
            guard case .object(let id, _)? = state.all[name], case .object(_, let peeled)? = state.packed[name] else {
                return state.all[name]
            }
            return .object(id, peeled: peeled)
        }
    }
}
