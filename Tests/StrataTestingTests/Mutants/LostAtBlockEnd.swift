import StrataRefs

extension Mutant {
    /// Names are listed in blocks of eight, and the last of a full one is lost.
    static let lostAtBlockEnd = Mutant(
        "a listing loses the last name of a block", foundBy: "listing:", "scopes:"
    ) {
        let good = $0.lists
        $0.lists = { state, scope in
            good(state, scope).enumerated().filter { $0.offset % 8 != 7 }.map(\.element)
        }
    }
}
