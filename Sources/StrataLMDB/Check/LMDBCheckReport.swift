/// What a check of an environment has found. ``LMDBCheck/check(_:)`` makes it.
public struct LMDBCheckReport: Sendable {
    public enum Severity: Sendable, Hashable, CaseIterable {
        /// Nothing that is read is wrong; something is wasted or odd.
        case warning
        /// What is read is wrong, or cannot be read, or the next writer will go wrong.
        case damage
    }

    public struct Finding: Sendable, Hashable {
        public let severity: Severity
        /// The page of the file; nil where it is not about one.
        public let page: UInt64?
        /// The reference, or the key of the record; nil where it is not about one.
        public let name: [UInt8]?
        /// What is wrong, in one line.
        public let text: String
    }

    /// How many findings are kept.
    public static let mostFindings = 1000

    /// In the order in which they were found, no more than ``mostFindings``.
    public internal(set) var findings: [Finding] = []
    /// How many more there were.
    public internal(set) var omittedFindings = 0
    /// How many findings, omitted ones too, are damage.
    public internal(set) var damageCount = 0

    /// The number of the commit whose state was checked.
    public internal(set) var transaction: UInt64 = 0
    public internal(set) var fileSize: Int64 = 0
    public internal(set) var pageSize = 0
    /// Pages that the state uses, the two meta pages among them.
    public internal(set) var usedPages: UInt64 = 0
    /// Pages that the free list has.
    public internal(set) var freePages: UInt64 = 0
    /// Pages that are neither.
    public internal(set) var lostPages: UInt64 = 0
    /// References that exist, those of worktrees among them.
    public internal(set) var references = 0
    public internal(set) var reflogs = 0
    public internal(set) var reflogLines = 0

    /// Whether there is no damage.
    public var isSound: Bool { damageCount == 0 }

    mutating func add(_ severity: Severity, page: UInt64? = nil, name: [UInt8]? = nil, _ text: String) {
        if severity == .damage { damageCount += 1 }
        guard findings.count < Self.mostFindings else {
            omittedFindings += 1
            return
        }
        findings.append(Finding(severity: severity, page: page, name: name, text: text))
    }
}

extension LMDBCheckReport.Finding: CustomStringConvertible {
    public var description: String { (severity == .damage ? "damage: " : "warning: ") + message }

    /// What is wrong and where.
    public var message: String {
        var parts: [String] = []
        if let page { parts.append("page \(page)") }
        if let name { parts.append("'\(String(decoding: name, as: UTF8.self))'") }
        return (parts + [text]).joined(separator: ": ")
    }
}
