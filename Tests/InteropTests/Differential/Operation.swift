/// One step of a comparison: a command, or something put on disk behind both programs' backs.
enum Operation: Sendable, Equatable {
    case command(CommandOperation)
    /// Paths are from the copy's directory.
    case write(path: String, bytes: [UInt8])
    case link(path: String, target: String)
    case makeDirectory(path: String)
    case remove(path: String)
}

extension Operation {
    /// Whether it may leave anything behind.
    var changesSomething: Bool {
        guard case .command(let command) = self else { return true }
        return !command.allTouches.isEmpty || command.arguments.contains("pack-refs")
    }
}

/// A command line that both programs run.
struct CommandOperation: Sendable, Equatable {
    enum Place: String, Sendable {
        case main = "repo"
        case linked = "wt"
        case gitDir = "repo/.git"
        case inside = "repo/sub"
    }

    var arguments: [String]
    var place = Place.main
    /// Laid over the fixed environment.
    var environment: [String: String] = [:]
    /// Standard input, in the pieces that a shorter failing example may do without.
    var input: [InputPiece] = []
    /// What the command line itself changes.
    var touches: [RefTouch] = []

    var inputBytes: [UInt8] { input.flatMap(\.bytes) }
    var allTouches: [RefTouch] { touches + input.compactMap(\.touch) }
}

struct InputPiece: Sendable, Equatable {
    var bytes: [UInt8]
    var touch: RefTouch?
}

/// What a command asks of a reference: all that the table of git's defects needs to know.
struct RefTouch: Sendable, Equatable {
    enum Kind: Sendable { case write, delete, verify, symbolic, symbolicVerify }
    var kind: Kind
    var name: String
    var follows = true
    /// The target a symbolic reference is to get.
    var target: String?
    /// Whether it names an old value, or a new one that the reference may not take: reasons to reject it.
    var mayBeRejected = false
}

// MARK: Showing

extension Operation: CustomStringConvertible {
    /// A line for a shell that stands in the copy's directory.
    var description: String {
        switch self {
        case .command(let command): command.shellLine
        case .write(let path, let bytes):
            "mkdir -p \(shellQuoted(parent(path))); printf %b \(shellEscaped(bytes)) >\(shellQuoted(path))"
        case .link(let path, let target): "ln -s \(shellQuoted(target)) \(shellQuoted(path))"
        case .makeDirectory(let path): "mkdir -p \(shellQuoted(path))"
        case .remove(let path): "rm -rf \(shellQuoted(path))"
        }
    }

    private func parent(_ path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

extension CommandOperation {
    var shellLine: String {
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\(shellQuoted($0.value)) " }.joined()
        let words = arguments.map(shellQuoted).joined(separator: " ")
        let feed = input.isEmpty ? "" : "printf %b \(shellEscaped(inputBytes)) | "
        return "(cd \(place.rawValue); \(feed)\(variables)git \(words))"
    }
}

func shellQuoted(_ text: String) -> String {
    let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@^~%+"
    if !text.isEmpty && text.allSatisfy({ plain.contains($0) }) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// Bytes as an argument of `printf %b`.
func shellEscaped(_ bytes: [UInt8]) -> String {
    var result = "'"
    for byte in bytes {
        switch byte {
        case 0x0a: result += "\\n"
        case 0x20..<0x7f where byte != 0x27 && byte != 0x5c: result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let octal = String(byte, radix: 8)
            result += "\\0" + String(repeating: "0", count: 3 - octal.count) + octal
        }
    }
    return result + "'"
}
