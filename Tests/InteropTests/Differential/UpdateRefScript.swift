/// Writes the language of `update-ref --stdin`, in lines or with NULs.
struct UpdateRefScript {
    enum SymbolicOld {
        case target(String)
        case object(String)
    }

    let nul: Bool
    var pieces: [InputPiece] = []

    init(nul: Bool) { self.nul = nul }

    private mutating func add(_ text: String, _ touch: RefTouch? = nil) {
        pieces.append(InputPiece(bytes: Array(text.utf8) + [nul ? 0 : 0x0a], touch: touch))
    }

    /// With NULs every field is there, an absent one empty; in lines absent ones at the end are left out.
    private mutating func add(_ verb: String, _ fields: [String?], _ touch: RefTouch) {
        if nul {
            add("\(verb) " + fields.map { $0 ?? "" }.joined(separator: "\0"), touch)
        } else {
            let given = fields.prefix { $0 != nil }.map { quoted($0 ?? "") }
            add("\(verb) " + given.joined(separator: " "), touch)
        }
    }

    /// Names that a line cannot hold as they are.
    private func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c }) else { return field }
        var result = "\""
        for byte in field.utf8 {
            switch byte {
            case 0x09: result += "\\t"
            case 0x0a: result += "\\n"
            case 0x22, 0x5c: result += "\\" + String(UnicodeScalar(byte))
            default: result.unicodeScalars.append(UnicodeScalar(byte))
            }
        }
        return result + "\""
    }

    mutating func plain(_ word: String) { add(word) }
    mutating func raw(_ text: String) { add(text) }
    mutating func option(_ name: String) { add("option \(name)") }

    mutating func update(_ name: String, _ new: String, _ old: String?, follows: Bool) {
        let kind: RefTouch.Kind = new.allSatisfy { $0 == "0" } ? .delete : .write
        let isPlain = old == nil && new.utf8.count >= 40
        add(
            "update", [name, new, old],
            RefTouch(kind: kind, name: name, follows: follows, mayBeRejected: !isPlain))
    }

    mutating func create(_ name: String, _ new: String, follows: Bool) {
        add("create", [name, new], RefTouch(kind: .write, name: name, follows: follows, mayBeRejected: true))
    }

    mutating func delete(_ name: String, _ old: String?, follows: Bool) {
        add("delete", [name, old], RefTouch(kind: .delete, name: name, follows: follows, mayBeRejected: true))
    }

    mutating func verify(_ name: String, _ old: String?, follows: Bool) {
        add("verify", [name, old], RefTouch(kind: .verify, name: name, follows: follows))
    }

    mutating func symrefUpdate(_ name: String, _ target: String, _ old: SymbolicOld?, follows: Bool) {
        let fields: [String?] =
            switch old {
            case nil: nul ? [name, target, ""] : [name, target]
            case .target(let old): [name, target, "ref", old]
            case .object(let old): [name, target, "oid", old]
            }
        add(
            "symref-update", fields,
            RefTouch(kind: .symbolic, name: name, follows: follows, target: target, mayBeRejected: old != nil))
    }

    mutating func symrefCreate(_ name: String, _ target: String, follows: Bool) {
        add(
            "symref-create", [name, target],
            RefTouch(kind: .symbolic, name: name, follows: follows, target: target, mayBeRejected: true))
    }

    mutating func symrefDelete(_ name: String, _ target: String?) {
        add("symref-delete", [name, target], RefTouch(kind: .delete, name: name, follows: false, target: target))
    }

    mutating func symrefVerify(_ name: String, _ target: String?) {
        add("symref-verify", [name, target], RefTouch(kind: .symbolicVerify, name: name, follows: false))
    }
}
