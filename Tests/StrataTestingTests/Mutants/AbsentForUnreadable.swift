import StrataModel
import StrataRefs

extension Mutant {
    /// A reference that cannot be read is told to be absent.
    static let absentForUnreadable = Mutant("absent for unreadable", foundBy: "damage:") {
        $0.read = { state, name in state.damaged.contains(name) ? nil : state.all[name] }
    }
}
