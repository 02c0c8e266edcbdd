public import StrataModel
public import StrataObjects

/// New, empty objects as several hands have them.
public struct SharedObjects: Sendable {
    /// Stores of the same objects, to be used at the same time: one that all threads share, or more, as several processes have them.
    public var handles: [any ObjectStore]
    /// What else may happen to the objects at any time without removing one, such as packing; done again and again beside the writers.
    public var upkeep: (@Sendable () throws -> Void)?
    /// Spoils what is kept of an object, behind the stores' back, so that it cannot be read; for stores of which that can be done.
    public var damage: (@Sendable (ObjectID) throws -> Void)?

    /// Objects that `handles` are stores of; at least one.
    public init(
        _ handles: [any ObjectStore], upkeep: (@Sendable () throws -> Void)? = nil,
        damage: (@Sendable (ObjectID) throws -> Void)? = nil
    ) {
        self.handles = handles
        self.upkeep = upkeep
        self.damage = damage
    }
}
