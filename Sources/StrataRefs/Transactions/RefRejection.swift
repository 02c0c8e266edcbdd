public import StrataModel

/// Why an edit was not accepted: a verdict on the edit, not a failure of the store.
public struct RefRejection: Error, Sendable, Hashable {
    /// Git's reasons (`enum ref_transaction_error`).
    public enum Reason: Sendable, Hashable, CaseIterable {
        case nameConflict, createExists, nonexistentRef, incorrectOldValue, invalidNewValue, expectedSymref,
            caseConflict

        /// Git's short text, as `update-ref --batch-updates` prints it.
        public var text: String {
            switch self {
            case .nameConflict: "refname conflict"
            case .createExists: "reference already exists"
            case .nonexistentRef: "reference does not exist"
            case .incorrectOldValue: "incorrect old value provided"
            case .invalidNewValue: "invalid new value provided"
            case .expectedSymref: "expected symref but found regular ref"
            case .caseConflict: "reference conflict due to case-insensitive filesystem"
            }
        }
    }

    public let reason: Reason
    /// The reference at which it failed: where the edit went through a symbolic reference, the referent perhaps.
    public let reference: RefName
    /// What happened, in git's words.
    public let message: String

    public init(_ reason: Reason, at reference: RefName, _ message: String) {
        self.reason = reason
        self.reference = reference
        self.message = message
    }
}

extension RefRejection: CustomStringConvertible {
    public var description: String { message }
}
