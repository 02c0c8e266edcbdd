import StrataIO
import StrataModel
import StrataObjects
import SystemPackage

/// What counts as wrong with an object, as `--strict=` and `--fsck-objects=` say it: `<problem>=<severity>`, and `skiplist=<file>`. Git's function:
/// `fsck_set_msg_types`.
enum FsckTypes {
    static func apply(_ text: Bytes, to rules: inout ObjectRules, _ algorithm: HashAlgorithm) throws(CommandExit) {
        for word in text.split(whereSeparator: { " ,|".utf8.contains($0) }) {
            let end = word.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
            let name = word[..<(end ?? word.endIndex)].map(\.asciiLowercased)
            if name.equals("skiplist") {
                guard let end else { throw .fatal("skiplist requires a path") }
                try skip(Bytes(word[(end + 1)...]), &rules, algorithm)
                continue
            }
            guard let end else { throw .fatal(Bytes("Missing '=': '") + name + Bytes("'")) }
            try set(name, to: Bytes(word[(end + 1)...]), &rules)
        }
    }

    private static func set(_ name: Bytes, to value: Bytes, _ rules: inout ObjectRules) throws(CommandExit) {
        let known: Bool
        do throws(ObjectRules.Refusal) {
            known = try rules.set(
                String(decoding: name, as: UTF8.self), to: String(decoding: value, as: UTF8.self))
        } catch {
            throw .fatal(error.message)
        }
        if known { return }
        guard problemsOfReferences.contains(String(decoding: name, as: UTF8.self)) else {
            throw .fatal(Bytes("Unhandled message id: ") + name)
        }
        guard ["error", "warn", "ignore"].contains(where: { value == Bytes($0) }) else {
            throw .fatal(Bytes("Unknown fsck message type: '") + value + Bytes("'"))
        }
    }

    /// They have names of the same kind, and are nothing that is wrong with an object.
    private static let problemsOfReferences: Set<String> = [
        "badheadtarget", "badpackedrefentry", "badpackedrefheader", "badreferentname", "badrefcontent",
        "badreffiletype", "badrefname", "badrefoid", "badreftabletablename", "emptypackedrefsfile",
        "packedrefentrynotterminated", "packedrefunsorted", "refmissingnewline", "symlinkref", "symreftargetisnotaref",
        "trailingrefcontent",
    ]

    /// Reads a list of objects that nothing is to be said of, one a line. Git's function: `oidset_parse_file`.
    private static func skip(_ file: Bytes, _ rules: inout ObjectRules, _ algorithm: HashAlgorithm) throws(CommandExit)
    {
        let bytes: Bytes?
        do throws(FileError) { bytes = try readFile(FilePath(bytes: file)) } catch { bytes = nil }
        guard let bytes else { throw .fatal(Bytes("could not open object name list: ") + file) }
        for line in bytes.split(separator: 0x0a) {
            let text = line.prefix { $0 != UInt8(ascii: "#") }
            let word = text.drop(while: \.isGitSpace).reversed().drop(while: \.isGitSpace).reversed()
            if word.isEmpty { continue }
            let digits = Bytes(word)
            guard digits.count == algorithm.hexCount, let id = ObjectID(hex: digits.span) else {
                throw .fatal(Bytes("invalid object name: ") + digits)
            }
            rules.skipped.insert(id)
        }
    }
}
