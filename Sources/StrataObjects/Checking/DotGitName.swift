import StrataModel

/// A name in a tree as file systems of other systems take it: some that look harmless lead to `.git`, or to a file that git reads. Answers to git's `path.c`
/// and `utf8.c`: `is_ntfs_dotgit`, `is_hfs_dotgit` and their kin.
@safe
struct DotGitName {
    /// The bytes of the name, or of what stands behind a backslash in it.
    private let bytes: UnsafeRawBufferPointer
    private let byteCount: Int

    @unsafe
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = unsafe bytes
        byteCount = bytes.count
    }

    /// A file that git reads from trees.
    struct File {
        /// Without the dot, in lower case.
        let name: StaticString
        /// How NTFS calls it when names like `gitmod~1` are taken: six letters of a hash, and a number.
        let shortName: StaticString

        static var modules: File { File(name: "gitmodules", shortName: "gi7eba") }
        static var attributes: File { File(name: "gitattributes", shortName: "gi7d29") }
        static var ignore: File { File(name: "gitignore", shortName: "gi250a") }
        static var mailmap: File { File(name: "mailmap", shortName: "maba30") }
    }

    /// Whether the name can be one of these at all, which few can: all begin with a dot, a letter of their own, a tilde or a character that HFS+ passes over.
    static func mayMatter(_ first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "g"), UInt8(ascii: "G"), UInt8(ascii: "m"),
            UInt8(ascii: "M"), 0x80...:
            true
        default: false
        }
    }

    /// The byte at a place; 0 behind the end.
    private func byte(_ place: Int) -> UInt8 {
        place < byteCount ? unsafe bytes.load(fromByteOffset: place, as: UInt8.self) : 0
    }

    private func lower(_ place: Int) -> UInt8 { lowercased(byte(place)) }

    /// Whether `word` stands at a place, in either case.
    private func has(_ word: StaticString, at place: Int, first count: Int? = nil) -> Bool {
        for offset in 0..<(count ?? word.utf8CodeUnitCount) {
            guard unsafe lower(place + offset) == word.utf8Start[offset] else { return false }
        }
        return true
    }

    // MARK: - NTFS

    /// Whether it is `.git` to NTFS: also as `git~1`, and whatever blanks and dots, or stream behind a colon, follow.
    var isNTFSGit: Bool {
        let start: Int
        if has(".git", at: 0) { start = 4 } else if has("git~1", at: 0) { start = 5 } else { return false }
        return isEnd(start, separators: true)
    }

    /// Whether nothing but blanks and dots stands between a place and the end of the name.
    private func isEnd(_ place: Int, separators: Bool) -> Bool {
        var place = place
        while true {
            switch byte(place) {
            case 0, UInt8(ascii: ":"): return true
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): return separators
            case UInt8(ascii: " "), UInt8(ascii: "."): place += 1
            default: return false
            }
        }
    }

    /// Whether it is `file` to NTFS.
    func isNTFS(_ file: File) -> Bool {
        let count = file.name.utf8CodeUnitCount
        if byte(0) == UInt8(ascii: "."), has(file.name, at: 1) { return isEnd(count + 1, separators: false) }
        let number = byte(7)
        if has(file.name, at: 0, first: 6), byte(6) == UInt8(ascii: "~"),
            number >= UInt8(ascii: "1"), number <= UInt8(ascii: "4")
        {
            return isEnd(8, separators: false)
        }
        return isShort(file.shortName) && isEnd(8, separators: false)
    }

    /// Whether the first eight bytes are the beginning of `prefix`, a tilde and a number.
    private func isShort(_ prefix: StaticString) -> Bool {
        var place = 0
        while place < 6, byte(place) != UInt8(ascii: "~") {
            guard byte(place) & 0x80 == 0, unsafe lower(place) == prefix.utf8Start[place] else { return false }
            place += 1
        }
        let first = byte(place + 1)
        guard byte(place) == UInt8(ascii: "~"), first >= UInt8(ascii: "1"), first <= UInt8(ascii: "9") else {
            return false
        }
        place += 2
        while place < 8 {
            guard isDigit(byte(place)) else { return false }
            place += 1
        }
        return true
    }

    // MARK: - HFS+

    var isHFSGit: Bool { isHFS("git") }

    func isHFS(_ file: File) -> Bool { isHFS(file.name) }

    /// Whether HFS+, which takes no notice of case and of some characters, sees a dot and `name`.
    private func isHFS(_ name: StaticString) -> Bool {
        var place = 0
        guard nextHFS(&place) == 0x2e else { return false }
        for offset in 0..<name.utf8CodeUnitCount {
            guard let character = nextHFS(&place), character < 128 else { return false }
            let letter = UInt8(character)
            guard unsafe lowercased(letter) == name.utf8Start[offset] else { return false }
        }
        let last = nextHFS(&place)
        return last == nil || last == 0 || last == UInt32(UInt8(ascii: "/"))
    }

    /// The next character that HFS+ does not pass over; 0 at the end, nil when it is no UTF-8.
    private func nextHFS(_ place: inout Int) -> UInt32? {
        while let character = nextCharacter(&place) {
            switch character {
            case 0x200c...0x200f, 0x202a...0x202e, 0x206a...0x206f, 0xfeff: continue
            default: return character
            }
        }
        return nil
    }

    /// The next character of well-formed UTF-8; 0 at the end.
    private func nextCharacter(_ place: inout Int) -> UInt32? {
        let first = byte(place)
        if first < 0x80 {
            if place < byteCount { place += 1 }
            return UInt32(first)
        }
        let count: Int
        switch first {
        case 0xc2...0xdf: count = 2
        case 0xe0...0xef: count = 3
        case 0xf0...0xf4: count = 4
        default: return nil
        }
        var character = UInt32(first & (0xff >> UInt8(count + 1)))
        for offset in 1..<count {
            let byte = byte(place + offset)
            guard byte & 0xc0 == 0x80 else { return nil }
            character = character << 6 | UInt32(byte & 0x3f)
        }
        switch character {
        case 0..<0x80 where count == 2, 0..<0x800 where count == 3, 0..<0x10000 where count == 4: return nil
        case 0xd800...0xdfff, 0xfffe, 0xffff: return nil
        case 0x110000...: return nil
        default:
            place += count
            return character
        }
    }
}
