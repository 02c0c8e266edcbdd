import StrataModel
import StrataRefs

/// Object ids by letters, so that laws, histories and findings can be read: `a` to `o`, and `0` for the zero id.
struct Letters: Sendable {
    let algorithm: HashAlgorithm
    private let names: [ObjectID: String]

    init(_ algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        var names = [ObjectID.zero(algorithm): "0"]
        for letter in "abcdefghijklmno" { names[Self.id(letter, algorithm)] = String(letter) }
        self.names = names
    }

    /// The id with the same digit all over that `letter` stands for.
    private static func id(_ letter: Character, _ algorithm: HashAlgorithm) -> ObjectID {
        let digit = UInt64(letter.asciiValue ?? 0x60) &- 0x60
        let word = (digit & 15) &* 0x1111_1111_1111_1111
        return ObjectID(algorithm: algorithm, words: (word, word, word, word))
    }

    /// The id that `letter` stands for.
    func id(_ letter: Character) -> ObjectID {
        letter == "0" ? .zero(algorithm) : Self.id(letter, algorithm)
    }

    /// An id for each number, none of them a letter's.
    func id(number: Int) -> ObjectID {
        ObjectID(algorithm: algorithm, words: (UInt64(number) &+ 1, 0xfeed, 1 << 40, 7))
    }

    /// The value that `text` stands for: a letter, or `ref: ` and the name that a symbolic reference leads to.
    func value(_ text: String) -> RefValue {
        if text.hasPrefix("ref: ") { return .symbolic(Array(text.utf8.dropFirst(5))) }
        return .object(id(text.first ?? "0"), peeled: nil)
    }

    func text(_ id: ObjectID) -> String { names[id] ?? id.hex }

    /// `value` in the same words; what an object peels to is left out.
    func text(_ value: RefValue) -> String {
        switch value {
        case .object(let id, _): text(id)
        case .symbolic(let target): "ref: " + escaped(target)
        case .broken: "broken"
        }
    }

    /// A line of a reflog: `a b message`.
    func text(_ entry: ReflogEntry) -> String {
        let ids = text(entry.old) + " " + text(entry.new)
        return entry.message.isEmpty ? ids : ids + " " + escaped(entry.message)
    }

    func text(_ target: RefTarget?) -> String {
        switch target {
        case nil: "-"
        case .object(let id): text(id)
        case .symbolic(let name): "ref: " + escaped(name.bytes)
        }
    }
}

/// `bytes` as text, with what is no ASCII as `\xNN`: names need not be UTF-8.
func escaped(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
        if (0x20..<0x7f).contains(byte) {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
        }
    }
    return text
}

/// The name that `text` writes, for names in the text of a law.
func ref(_ text: String) -> RefName { ref(Array(text.utf8)) }

func ref(_ bytes: [UInt8]) -> RefName {
    guard let name = RefName(tolerating: bytes) else { preconditionFailure("'\(escaped(bytes))' is no refname") }
    return name
}
