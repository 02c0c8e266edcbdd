import StrataModel

#if canImport(Glibc)
    import Glibc
#endif

/// Dates as `GIT_COMMITTER_DATE` may write them.
///
/// Understood are git's raw forms (`@<seconds> ±hhmm`, `<seconds> [±hhmm]`), ISO 8601 (`2005-04-07T22:13:13+02:00`,
/// also with blanks, `/` or `.`, and compact), RFC 2822 (`Thu, 07 Apr 2005 22:13:13 +0200`) and git's own
/// (`Thu Apr 7 22:13:13 2005 +0200`), in the years 1970 to 2099. Without an offset the local time zone is meant.
/// Git makes something of almost any text; this refuses what is none of these forms.
public enum DateFormat {
    /// A moment, and the offset of the clock that it was read from.
    public struct Moment: Sendable, Hashable {
        /// Since 1970-01-01 00:00 UTC.
        public var seconds: Int64
        /// East of UTC, in minutes.
        public var offsetMinutes: Int32
    }

    /// The moment that `text` names, or nil when it is in none of the forms.
    public static func parse(_ text: [UInt8]) -> Moment? {
        let line = text.prefix { $0 != 0x0a }
        return raw(line) ?? CivilDate.parse(Array(line))
    }

    /// The offset of local time from UTC in minutes at a moment.
    public static func localOffset(at seconds: Int64) -> Int32 {
        var seconds = time_t(seconds)
        var date = unsafe tm()
        guard unsafe localtime_r(&seconds, &date) != nil else { return 0 }
        return unsafe Int32(clamping: date.tm_gmtoff / 60)
    }

    /// 2100-01-01 00:00 UTC: later moments can be written only as `@<seconds> ±hhmm`.
    static let end: Int64 = 4_102_444_800

    private static func raw(_ text: ArraySlice<UInt8>) -> Moment? {
        var rest = text.drop { $0 == 0x20 }
        let isMarked = rest.first == UInt8(ascii: "@")
        if isMarked { rest.removeFirst() }
        let digits = rest.prefix { isDigit($0) }
        guard !digits.isEmpty, let seconds = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
        rest = rest.dropFirst(digits.count)
        if isMarked, rest.count == 6, rest.first == 0x20, let offset = headerOffset(rest.dropFirst()) {
            return Moment(seconds: seconds, offsetMinutes: offset)
        }
        // Fewer digits are a date.
        guard seconds >= 100_000_000, seconds < end, !(digits.count == 8) else { return nil }
        rest = rest.drop { $0 == 0x20 }
        if rest.isEmpty { return Moment(seconds: seconds, offsetMinutes: localOffset(at: seconds)) }
        guard let (offset, count) = CivilDate.offset(Array(rest)), rest.dropFirst(count).allSatisfy({ $0 == 0x20 })
        else { return nil }
        return Moment(seconds: seconds, offsetMinutes: offset)
    }

    /// `±hhmm` as objects write it, without a check of hours and minutes.
    private static func headerOffset(_ text: ArraySlice<UInt8>) -> Int32? {
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            text.dropFirst().allSatisfy({ isDigit($0) }),
            let number = Int32(String(decoding: text.dropFirst(), as: UTF8.self))
        else { return nil }
        let minutes = number / 100 * 60 + number % 100
        return sign == UInt8(ascii: "-") ? -minutes : minutes
    }
}
