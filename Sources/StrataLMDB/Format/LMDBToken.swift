import StrataRefs
import SystemPackage

/// What tells a linked worktree from an earlier one of its name: 16 random bytes, which its directory has in a file (``LMDBTokenFile``) and the
/// database in a record of the unnamed database under `token/<id>`. The file goes with the directory; where the two differ, the references
/// in the database are those of a worktree that has gone.
struct LMDBToken: Hashable, Sendable {
    static let byteCount = 16
    private static let prefix = Array("token/".utf8)

    let bytes: [UInt8]

    /// nil = they are not as many as a token has.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    static func random() -> LMDBToken {
        var bytes: [UInt8] = []
        for _ in 0..<2 { bytes.append(number: UInt64.random(in: .min ... .max)) }
        return LMDBToken(bytes)!
    }

    // MARK: The record

    static func key(_ id: [UInt8]) -> [UInt8] { prefix + id }

    /// The worktree whose token's key `key` is; nil = it is none's.
    static func id(of key: [UInt8]) -> [UInt8]? { key.starts(with: prefix) ? Array(key[prefix.count...]) : nil }

    /// The token that a record is.
    init(_ record: UnsafeRawBufferPointer, _ environment: LMDBEnvironment) throws(RefError) {
        guard let token = unsafe LMDBToken(Array(record)) else {
            throw LMDBFailure.damaged("the token of a worktree has \(record.count) bytes").error(
                at: environment.directory.string)
        }
        self = token
    }

    // MARK: The text

    /// The text of the file: hexadecimal digits and a line feed.
    var text: [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] } + [0x0a]
    }

    static let textCount = 2 * byteCount + 1

    /// nil = `text` is none's.
    init?(text: [UInt8]) {
        guard text.count == Self.textCount, text.last == 0x0a else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: text.count - 1, by: 2) {
            guard let high = Self.value(text[index]), let low = Self.value(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
