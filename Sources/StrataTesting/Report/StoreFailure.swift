/// Something that a store does and should not.
public struct StoreFailure: Error, Sendable, CustomStringConvertible {
    /// The check, by name.
    public let check: String
    /// What was expected and what was found.
    public let finding: String
    /// The calls that lead to it, as few as could be found, one a line; empty where the check's name says it.
    public let history: [String]

    public init(_ check: String, _ finding: String, history: [String] = []) {
        self.check = check
        self.finding = finding
        self.history = history
    }

    public var description: String {
        (["\(check): \(finding)"] + history.map { "    " + $0 }).joined(separator: "\n")
    }
}
