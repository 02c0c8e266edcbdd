import StrataModel

extension Mutant {
    /// Names that differ in capital letters alone are one, as on file systems that fold them.
    static let foldedCase = Mutant("capital letters are folded", foundBy: "reading:") {
        $0.read = { state, name in
            if let value = state.all[name] { return value }
            let folded = name.description.lowercased()
            return state.all.first { $0.key.description.lowercased() == folded }?.value
        }
    }
}
