public import StrataModel
public import StrataRefs
import StrataTesting

/// References as they stand and a transaction on them: for a store and for git alike.
public struct RefScenario: Sendable {
    public var references: [RefName: RefValue]
    /// Reflogs that exist, empty, before the transaction.
    public var logs: Set<RefName> = []
    public var edits: [RefEdit]
    public var mode = RefTransaction.Mode.atomic
    public var policy = ReflogPolicy.standard
    /// Whether git is given the references that hold an id in `packed-refs`.
    public var isPacked = false

    public init(_ references: [RefName: RefValue], _ edits: [RefEdit], mode: RefTransaction.Mode = .atomic) {
        self.references = references
        self.edits = edits
        self.mode = mode
    }
}

/// What a transaction left behind.
public struct RefOutcome: Sendable, Equatable {
    /// Why it failed, or the texts of the rejections in a batch, sorted.
    public var messages: [String]
    /// What each reference holds, as loose references are written.
    public var references: [String: String]
    /// The lines of each reflog that exists.
    public var logs: [String: [String]]
    /// What observers were told, as git tells its hook: the phase, then a line an update.
    public var events: [String]

    public init(messages: [String], references: [String: String], logs: [String: [String]], events: [String]) {
        self.messages = messages
        self.references = references
        self.logs = logs
        self.events = events
    }
}

extension RefScenario: CustomStringConvertible {
    public var description: String {
        let values = references.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.text)" }
        let asked = edits.map { "\($0.name) \($0.change) \($0.expected) follows=\($0.followsSymbolic)" }
        return ([isPacked ? "packed" : "loose"] + values + ["\(mode)"] + asked).joined(separator: "\n  ")
    }
}

extension RefName: ExpressibleByStringLiteral {
    /// For tests: the name, well formed or not.
    public init(stringLiteral text: String) {
        guard let name = RefName(tolerating: Array(text.utf8)) else { preconditionFailure("\(text) is no refname") }
        self = name
    }
}
