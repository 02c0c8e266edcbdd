public import StrataModel

/// What a reference holds, read without following symbolic references.
public enum RefValue: Sendable, Hashable {
    /// An object id, and what the object peels to as far as the store keeps it.
    case object(ObjectID, peeled: ObjectID?)
    /// The name of another reference. Read as it stands: the target need not exist nor be well formed.
    case symbolic([UInt8])
    /// Something is there that is neither.
    case broken(RefBreakage)

    /// The object id itself, nil for a symbolic or broken reference.
    public var objectID: ObjectID? {
        if case .object(let id, _) = self { return id }
        return nil
    }

    /// The target of a symbolic reference.
    public var target: [UInt8]? {
        if case .symbolic(let target) = self { return target }
        return nil
    }
}

/// Why a reference that is there cannot be used.
public enum RefBreakage: UInt8, Sendable, Hashable {
    /// Its content is neither an object id nor `ref: <name>`.
    case content = 0
    /// Its name is malformed, if safe: git shows it with a zero id.
    case badName = 1
}
