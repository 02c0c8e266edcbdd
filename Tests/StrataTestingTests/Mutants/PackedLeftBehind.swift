extension Mutant {
    /// A deletion takes the reference out of the front tier alone: an old value comes back from behind.
    static let packedLeftBehind = Mutant(
        "a deleted reference returns", foundBy: "returning:"
    ) {
        $0.remove = { state, name in if state.loose.removeValue(forKey: name) == nil { state.packed[name] = nil } }
    }
}
