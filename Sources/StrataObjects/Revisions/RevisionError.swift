public import StrataModel

/// Why a revision expression has no object, where there is more to say than that nothing is called so.
public enum RevisionError: Error, Sendable {
    /// Syntax of git's that is not understood here, by its name in gitrevisions.
    case unsupported(String)
    /// `expression`, whole up to the operator, asks for a kind that the object cannot be followed to.
    case wrongKind(expression: [UInt8], expected: ObjectKind, actual: ObjectKind)
    /// `^n` or `~n` on what is no commit.
    case notACommit(ObjectID, ObjectKind)
    /// An ancestor on the way is absent.
    case missingCommit(ObjectID)
    /// A tag that `expression` names leads to an object that is absent.
    case missingReferent(expression: [UInt8])
    /// The objects could not be asked.
    case lookup(ObjectError)

    /// The message, in git's words where git has one; it stands behind "error: ".
    public var message: [UInt8] {
        switch self {
        case .unsupported(let syntax): Array("not supported: \(syntax)".utf8)
        case .wrongKind(let expression, let expected, let actual):
            expression + ": expected \(expected) type, but the object dereferences to \(actual) type".utf8
        case .notACommit(let id, let kind): Array("object \(id) is a \(kind), not a commit".utf8)
        case .missingCommit(let id): Array("Could not read \(id)".utf8)
        case .missingReferent(let expression): "missing object referenced by '".utf8 + expression + "'".utf8
        case .lookup(let error): Array(error.description.utf8)
        }
    }
}

extension RevisionError: CustomStringConvertible {
    /// The message; bytes that are not UTF-8 are replaced.
    public var description: String { String(decoding: message, as: UTF8.self) }
}
