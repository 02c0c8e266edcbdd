import StrataModel

#if canImport(Glibc)
    import Glibc
#endif

/// The moments that expiry variables and options name.
public enum ExpiryTime {
    /// The moment in seconds since 1970 that `text` names, seen from `now`: `never` (0), `all` and `now` (the end of
    /// time), a number of units ago (`90 days`, `2.weeks.ago`), or a full date. Nil for anything else; of git's
    /// `approxidate` only these forms are understood.
    public static func parse(_ text: [UInt8], now: Int64) -> Int64? {
        switch String(decoding: text, as: UTF8.self) {
        case "never", "false": return 0
        case "all", "now": return Int64.max
        default: return relative(text, now: now) ?? DateFormat.parse(text)?.seconds
        }
    }

    private static func relative(_ text: [UInt8], now: Int64) -> Int64? {
        var words = text.split { $0 == 0x20 || $0 == UInt8(ascii: ".") }[...]
        if let last = words.last, ConfigNumber.equalsFolded(Array(last).span, "ago") { words.removeLast() }
        guard !words.isEmpty, words.count.isMultiple(of: 2) else { return nil }
        var time = now
        while let number = words.popFirst(), let unit = words.popFirst() {
            guard number.count <= 6, number.allSatisfy({ isDigit($0) }),
                let count = Int64(String(decoding: number, as: UTF8.self)),
                let earlier = subtract(count, unit: String(decoding: unit, as: UTF8.self).lowercased(), from: time)
            else { return nil }
            time = earlier
        }
        return time
    }

    private static func subtract(_ count: Int64, unit: String, from time: Int64) -> Int64? {
        switch unit {
        case "second", "seconds": return time - count
        case "minute", "minutes": return time - count * 60
        case "hour", "hours": return time - count * 3600
        case "day", "days": return time - count * 86_400
        case "week", "weeks": return time - count * 7 * 86_400
        case "month", "months": return calendar(time, months: count)
        case "year", "years": return calendar(time, months: 12 * count)
        default: return nil
        }
    }

    /// The same day of the month and local time, so many months earlier.
    private static func calendar(_ time: Int64, months: Int64) -> Int64? {
        var seconds = time_t(time)
        var date = unsafe tm()
        guard unsafe localtime_r(&seconds, &date) != nil else { return nil }
        unsafe date.tm_mon -= Int32(clamping: months)
        return unsafe Int64(mktime(&date))
    }
}
