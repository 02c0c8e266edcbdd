/// Why a name is no well-formed refname; offsets count bytes from the name's start.
public enum RefNameFlaw: Sendable, Hashable, CustomStringConvertible {
    case empty
    case emptyComponent(at: Int)
    case componentStartsWithDot(at: Int)
    case componentEndsWithLock(at: Int)
    case twoDots(at: Int)
    case atBrace(at: Int)
    case forbiddenByte(UInt8, at: Int)
    case wildcard(at: Int)
    case endsWithDot
    case isAt
    case oneLevel

    public var description: String {
        switch self {
        case .empty: "it is empty"
        case .emptyComponent(let at): "a component is empty at byte \(at)"
        case .componentStartsWithDot(let at): "a component starts with '.' at byte \(at)"
        case .componentEndsWithLock(let at): "a component ends with '.lock' at byte \(at)"
        case .twoDots(let at): "'..' at byte \(at)"
        case .atBrace(let at): "'@{' at byte \(at)"
        case .forbiddenByte(let byte, let at): "byte \(byte) at byte \(at) is not allowed"
        case .wildcard(let at): "'*' at byte \(at)"
        case .endsWithDot: "it ends with '.'"
        case .isAt: "'@' alone is no refname"
        case .oneLevel: "it has one level only"
        }
    }
}

/// Git's rules for refnames: `git check-ref-format`, and the weaker rule that a broken reference must meet to be touched.
public enum RefNameRules {
    /// What a name may be beyond the strict rules.
    public struct Allowance: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// A name of a single component: `HEAD`.
        public static let oneLevel = Allowance(rawValue: 1)
        /// One `*` in the whole name, as one side of a refspec has it.
        public static let refspecPattern = Allowance(rawValue: 2)
    }

    /// The first rule that `name` breaks, or nil when it is well formed. Git's function: `check_refname_format`.
    public static func flaw(in name: Span<UInt8>, allowing allowance: Allowance = []) -> RefNameFlaw? {
        if name.count == 0 { return .empty }
        if name.count == 1 && name[0] == UInt8(ascii: "@") { return .isAt }
        if let levels = plainLevels(name), levels > 1 || allowance.contains(.oneLevel) { return nil }
        var mayHaveStar = allowance.contains(.refspecPattern)
        var start = 0
        var levels = 0
        while true {
            var end = start
            while end < name.count && name[end] != UInt8(ascii: "/") {
                if let flaw = flaw(ofByteAt: end, in: name, componentStart: start, &mayHaveStar) { return flaw }
                end += 1
            }
            if end == start { return .emptyComponent(at: start) }
            if name[start] == UInt8(ascii: ".") { return .componentStartsWithDot(at: start) }
            if endsWithLock(name, from: start, to: end) { return .componentEndsWithLock(at: end - 5) }
            levels += 1
            if end == name.count { break }
            start = end + 1
        }
        if name[name.count - 1] == UInt8(ascii: ".") { return .endsWithDot }
        if levels < 2 && !allowance.contains(.oneLevel) { return .oneLevel }
        return nil
    }

    /// Whether a name is of components of letters and other bytes that no rule asks about, as nearly all are: 2 where it has two of them or more, else 1. nil
    /// where each byte is to be looked at.
    ///
    /// Eight bytes at a time. In `x + (0x80 - b)`, of bytes below 0x80, the high bit of each says whether it is `b` or more.
    private static func plainLevels(_ name: Span<UInt8>) -> Int? {
        let (count, slash) = (name.count, UInt8(ascii: "/"))
        guard count >= 8, name[0] != slash, name[count - 1] != slash else { return nil }
        let ones: UInt64 = 0x0101_0101_0101_0101
        return unsafe name.withUnsafeBytes { bytes in
            let last = count - 8
            var (place, slashes, special) = (0, UInt64(0), UInt64(0))
            // Whether the byte before the next eight is a slash, in the place of the first of them.
            var before: UInt64 = 0
            while true {
                let word = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                let low = word & (ones &* 0x7f)
                @inline(__always) func isFrom(_ byte: UInt8) -> UInt64 { low &+ ones &* (0x80 - UInt64(byte)) }
                // Below 0x21; `*`; `.`; `:` to `?`; `[` to `^`; `{` to 0x7f. The bytes between are rare.
                let found =
                    ~isFrom(0x21) | (isFrom(0x2a) & ~isFrom(0x2b)) | (isFrom(0x2e) & ~isFrom(0x2f))
                    | (isFrom(0x3a) & ~isFrom(0x40)) | (isFrom(0x5b) & ~isFrom(0x5f)) | isFrom(0x7b)
                let here = isFrom(slash) & ~isFrom(slash + 1) & ~word & (ones &* 0x80)
                special |= (found & ~word & (ones &* 0x80)) | (here & (here << 8 | before))
                slashes |= here
                if place == last { break }
                let next = min(place + 8, last)
                // Where they overlap, a pair is seen within the eight.
                before = next == place + 8 ? here >> 56 : 0
                place = next
            }
            return special != 0 ? nil : slashes == 0 ? 1 : 2
        }
    }

    private static func flaw(
        ofByteAt at: Int, in name: Span<UInt8>, componentStart: Int, _ mayHaveStar: inout Bool
    ) -> RefNameFlaw? {
        let byte = name[at]
        switch byte {
        case 0..<0x21, 0x7f, UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"), UInt8(ascii: "?"),
            UInt8(ascii: "["), UInt8(ascii: "\\"):
            return .forbiddenByte(byte, at: at)
        case UInt8(ascii: "*"):
            if !mayHaveStar { return .wildcard(at: at) }
            mayHaveStar = false
        case UInt8(ascii: "."):
            if at > componentStart && name[at - 1] == byte { return .twoDots(at: at - 1) }
        case UInt8(ascii: "{"):
            if at > componentStart && name[at - 1] == UInt8(ascii: "@") { return .atBrace(at: at - 1) }
        default: break
        }
        return nil
    }

    private static func endsWithLock(_ name: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        end - start >= 5 && name[end - 5] == UInt8(ascii: ".") && name[end - 4] == UInt8(ascii: "l")
            && name[end - 3] == UInt8(ascii: "o") && name[end - 2] == UInt8(ascii: "c")
            && name[end - 1] == UInt8(ascii: "k")
    }

    /// Whether `name` cannot lead outside the repository's references, well formed or not: `refs/` and a path without empty,
    /// `.` or `..` components, or capitals and underscores alone. Git's function: `refname_is_safe`.
    public static func isSafe(_ name: Span<UInt8>) -> Bool {
        guard name.count > 0 else { return false }
        guard name.count > 5, isRefsPrefix(name) else {
            for i in 0..<name.count {
                let byte = name[i]
                guard byte == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else {
                    return false
                }
            }
            return true
        }
        var start = 5
        while start <= name.count {
            var end = start
            while end < name.count && name[end] != UInt8(ascii: "/") {
                if name[end] == 0 { return false }
                end += 1
            }
            let length = end - start
            if length == 0 { return false }
            if length <= 2 && name[start] == UInt8(ascii: ".") && name[end - 1] == UInt8(ascii: ".") { return false }
            start = end + 1
        }
        return true
    }

    private static func isRefsPrefix(_ name: Span<UInt8>) -> Bool {
        name[0] == UInt8(ascii: "r") && name[1] == UInt8(ascii: "e") && name[2] == UInt8(ascii: "f")
            && name[3] == UInt8(ascii: "s") && name[4] == UInt8(ascii: "/")
    }

    /// `name` without leading slashes and with runs of slashes made one, as `git check-ref-format --normalize` prints it.
    /// A trailing slash stays, and so fails the check that follows.
    public static func collapsingSlashes(_ name: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(name.count)
        for byte in name where byte != UInt8(ascii: "/") || !(result.isEmpty || result.last == byte) {
            result.append(byte)
        }
        return result
    }
}
