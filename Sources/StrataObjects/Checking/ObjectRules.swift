public import StrataModel

/// How strictly objects are checked: git's `fsck.<msg-id>` and `fsck.skipList`, and what `--strict` and `hash-object` make of them.
public struct ObjectRules: Sendable {
    /// What counts as an error.
    public enum Strictness: Sendable, Hashable {
        /// Errors.
        case lenient
        /// Warnings as well: `fsck --strict`, `index-pack --strict`.
        case strict
        /// All that is not ignored: `hash-object`.
        case everything
    }

    /// Why a configured severity makes no sense.
    public struct Refusal: Error, Hashable {
        /// What git dies with.
        public let message: String
    }

    public var strictness: Strictness
    /// Objects that nothing is said of.
    public var skipped: Set<ObjectID> = []
    /// The most bytes that a name in a tree may have.
    public var nameLimit = 4096
    private var severities: [ObjectProblem: ObjectSeverity] = [:]

    public init(_ strictness: Strictness = .lenient) { self.strictness = strictness }

    /// Takes over a configured severity: `error`, `warn` or `ignore` for a problem's name in any case. Git's function: `fsck_set_msg_type`.
    ///
    /// - Returns: false when there is no such problem of an object; it may be one of references.
    public mutating func set(_ name: String, to value: String) throws(Refusal) -> Bool {
        let name = name.lowercased()
        guard let problem = ObjectProblem.allCases.first(where: { $0.rawValue.lowercased() == name }) else {
            return false
        }
        var value = value[...]
        if problem == .largePathname, let colon = value.firstIndex(of: ":") {
            let digits = value[value.index(after: colon)...]
            guard let limit = Int(digits) else {
                throw Refusal(message: "unable to parse max tree entry len: \(digits)")
            }
            nameLimit = limit
            value = value[..<colon]
        }
        let severity: ObjectSeverity
        switch value {
        case "error": severity = .error
        case "warn": severity = .warning
        case "ignore": severity = .ignored
        default: throw Refusal(message: "Unknown fsck message type: '\(value)'")
        }
        if severity != .error, problem.severity == .fatal {
            throw Refusal(message: "Cannot demote \(name) to \(value)")
        }
        severities[problem] = severity
        return true
    }

    /// Whether a problem is an error, a warning, or nil: nothing.
    func isError(_ problem: ObjectProblem) -> Bool? {
        let severity: ObjectSeverity
        if let configured = severities[problem] {
            severity = configured
        } else {
            severity = problem.severity == .warning && strictness != .lenient ? .error : problem.severity
        }
        switch severity {
        case .ignored: return nil
        case .notice, .warning: return strictness == .everything
        case .error, .fatal: return true
        }
    }
}
