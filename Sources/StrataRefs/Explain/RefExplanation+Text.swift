import StrataModel

extension RefExplanation: CustomStringConvertible {
    /// A tree of lines: the store, what it said, what it opened, and the stores beneath indented by two blanks each.
    public var description: String { lines.joined(separator: "\n") }

    /// The lines of ``description``.
    public var lines: [String] {
        let head = [role.isEmpty ? "" : "\(role):", store, place].filter { !$0.isEmpty }.joined(separator: " ")
        var lines = ["\(head): \(answer)"]
        lines += accesses.map { "  \($0)" }
        lines += notes.map { "  \($0)" }
        for layer in layers { lines += layer.lines.map { "  " + $0 } }
        return lines
    }
}

extension RefExplanation.Answer: CustomStringConvertible {
    public var description: String {
        switch self {
        case .value(.object(let id, nil)): "\(id)"
        case .value(.object(let id, let peeled?)): "\(id), peeled \(peeled)"
        case .value(.symbolic(let target)): "ref: \(String(decoding: target, as: UTF8.self))"
        case .value(.broken(.content)): "broken"
        case .value(.broken(.badName)): "malformed name"
        case .absent: "absent"
        case .hidden(let why): "hidden, \(why)"
        case .listed(1): "1 reference"
        case .listed(let count): "\(count) references"
        case .notAsked(let why): "not asked, \(why)"
        case .failed(let error): "failed, \(error.message)"
        }
    }
}

extension RefExplanation.Access: CustomStringConvertible {
    public var description: String {
        let size = bytes == 1 ? "1 byte" : "\(bytes) bytes"
        switch kind {
        case .read: return count == 1 ? "read \(path), \(size)" : "read \(count) files below \(path), \(size)"
        case .mapped: return "mapped \(path), \(size)"
        case .unchanged: return "unchanged by its stamp \(path), \(size) mapped before"
        case .directories: return count == 1 ? "listed \(path)" : "listed \(count) directories below \(path)"
        case .missing: return "no \(path)"
        }
    }
}
