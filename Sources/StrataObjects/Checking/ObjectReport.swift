public import StrataModel

/// What came of checking objects.
public struct ObjectReport: Sendable {
    public internal(set) var findings: [ObjectFinding] = []
    /// The blobs that trees have as `.gitmodules`: ``ObjectSyntax/modules(_:rules:)`` is to look at them.
    public internal(set) var modules: [ObjectID] = []
    /// The blobs that trees have as `.gitattributes`: ``ObjectSyntax/attributes(_:rules:)`` is to look at them.
    public internal(set) var attributes: [ObjectID] = []

    public init() {}

    /// Whether one of the findings is an error.
    public var hasErrors: Bool { findings.contains(where: \.isError) }

    /// Adds a finding, unless the rules ignore it.
    ///
    /// - Returns: whether it is an error: then the check of a commit or a tag ends.
    @inline(never)
    @discardableResult
    mutating func add(
        _ problem: ObjectProblem, _ message: String, _ rules: ObjectRules, cause: String? = nil
    ) -> Bool {
        add(problem, Array(message.utf8), rules, cause: cause)
    }

    @inline(never)
    @discardableResult
    mutating func add(
        _ problem: ObjectProblem, _ message: [UInt8], _ rules: ObjectRules, cause: String? = nil
    ) -> Bool {
        guard let isError = rules.isError(problem) else { return false }
        findings.append(ObjectFinding(problem: problem, isError: isError, message: message, cause: cause))
        return isError
    }
}
