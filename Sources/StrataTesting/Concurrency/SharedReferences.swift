public import StrataModel
public import StrataRefs

/// New, empty references as several hands have them.
public struct SharedReferences: Sendable {
    /// Stores of the same references, to be used at the same time: one that all threads share, or more, as several processes have them.
    public var handles: [any RefStore]
    /// What else may happen to the references at any time without changing them, such as packing; done again and again beside the writers.
    public var upkeep: (@Sendable () throws -> Void)?
    /// Spoils what a reference holds, behind the stores' back, so that it cannot be read or is no value; for stores of which that can be done.
    public var damage: (@Sendable (RefName) throws -> Void)?

    /// References that `handles` are stores of; at least one.
    public init(
        _ handles: [any RefStore], upkeep: (@Sendable () throws -> Void)? = nil,
        damage: (@Sendable (RefName) throws -> Void)? = nil
    ) {
        self.handles = handles
        self.upkeep = upkeep
        self.damage = damage
    }
}
