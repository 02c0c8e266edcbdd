import StrataRefs
import SystemPackage

/// The cause of an error of an operation that a move of the references to another store has overtaken.
public enum StoreMove: Error, Sendable {
    /// Nothing has been done; it can be done in the new store.
    case before
    /// It was being done: whether it is in the new store has to be looked at.
    case during

    func error(at commonDirectory: FilePath) -> RefError {
        let message =
            switch self {
            case .before: "the references have been moved to another store meanwhile"
            case .during:
                "the references were moved to another store while they were changed; whether the change is there has to be looked at"
            }
        return RefError(.unavailable, message, path: commonDirectory.string, cause: self)
    }
}
