import StrataModel

#if canImport(Glibc)
    import Glibc
#endif

/// A calendar date with a time, being read field by field.
struct CivilDate {
    private let text: [UInt8]
    private var at = 0
    private var year: Int?
    private var month: Int?
    private var day: Int?
    private var time: (hour: Int, minute: Int, second: Int)?
    private var zone: Int32?

    private init(_ text: [UInt8]) { self.text = text }

    static func parse(_ text: [UInt8]) -> DateFormat.Moment? {
        var date = CivilDate(text)
        while date.at < text.count {
            guard date.readField() else { return nil }
        }
        return date.moment
    }

    private func byte(_ index: Int) -> UInt8 { index < text.count ? text[index] : 0 }

    private mutating func readField() -> Bool {
        let c = text[at]
        if c == 0x20 || c == 0x09 || c == UInt8(ascii: ",") {
            at += 1
            return true
        }
        if isDigit(c) { return readNumber() }
        if c == UInt8(ascii: "+") || c == UInt8(ascii: "-") {
            guard zone == nil, time != nil, let (offset, count) = Self.offset(Array(text[at...])) else { return false }
            zone = offset
            at += count
            return true
        }
        return isLetter(c) && readWord()
    }

    // MARK: Words

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    private mutating func readWord() -> Bool {
        if text[at] == UInt8(ascii: "T"), year != nil, time == nil, isDigit(byte(at + 1)) {
            at += 1
            return readClock()
        }
        let word = String(decoding: text[at...].prefix { isLetter($0) }, as: UTF8.self).lowercased()
        at += word.utf8.count
        if word == "z" || word == "utc" || word == "gmt" {
            guard zone == nil, time != nil else { return false }
            zone = 0
            return true
        }
        guard word.utf8.count >= 3 else { return false }
        if let index = Self.months.firstIndex(where: { $0.hasPrefix(word) }) {
            guard month == nil else { return false }
            month = index + 1
            return true
        }
        return Self.weekdays.contains { $0.hasPrefix(word) }
    }

    // MARK: Numbers

    /// The digits at `index`: their value and number. More than nine make no field of a date.
    private func number(_ index: Int) -> (value: Int, count: Int) {
        var value = 0
        var count = 0
        while isDigit(byte(index + count)), count < 10 {
            value = value * 10 + Int(text[index + count] - UInt8(ascii: "0"))
            count += 1
        }
        return (value, count)
    }

    private mutating func readNumber() -> Bool {
        let (value, count) = number(at)
        let separator = byte(at + count)
        if separator == UInt8(ascii: ":") { return readClock() }
        let separators = [UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ".")]
        if separators.contains(separator), isDigit(byte(at + count + 1)) { return readTriple(separator) }
        if count == 6, year != nil, time == nil { return readClock() }
        at += count
        switch count {
        case 8: return setDate(year: value / 10_000, month: value / 100 % 100, day: value % 100)
        case 4:
            guard year == nil, (1970..<2100).contains(value) else { return false }
            year = value
        case 1, 2:
            if day == nil, (1...31).contains(value) {
                day = value
            } else if count == 2, day != nil, year == nil, value < 10 || value >= 70 {
                year = value < 10 ? 2000 + value : 1900 + value
            } else {
                return false
            }
        default: return false
        }
        return true
    }

    /// `hh:mm`, `hh:mm:ss`, `hhmmss`, or after a T also `hhmm` and `hh`, all with a fraction that is dropped.
    private mutating func readClock() -> Bool {
        let (first, count) = number(at)
        at += count
        var clock = (hour: first, minute: 0, second: 0)
        if byte(at) == UInt8(ascii: ":") {
            let (minute, minuteCount) = number(at + 1)
            guard (1...2).contains(count), (1...2).contains(minuteCount) else { return false }
            at += 1 + minuteCount
            clock.minute = minute
            if byte(at) == UInt8(ascii: ":") {
                let (second, secondCount) = number(at + 1)
                guard (1...2).contains(secondCount) else { return false }
                at += 1 + secondCount
                clock.second = second
            }
        } else {
            switch count {
            case 6: clock = (first / 10_000, first / 100 % 100, first % 100)
            case 4: clock = (first / 100, first % 100, 0)
            case 2: break
            default: return false
            }
        }
        if byte(at) == UInt8(ascii: "."), isDigit(byte(at + 1)) {
            at += 1
            while isDigit(byte(at)) { at += 1 }
        }
        guard time == nil, clock.hour <= 24, clock.minute < 60, clock.second <= 60 else { return false }
        time = clock
        return true
    }

    /// Three numbers: year first when the first cannot be anything else, else `mm/dd/yyyy` or `dd.mm.yyyy`.
    private mutating func readTriple(_ separator: UInt8) -> Bool {
        let (first, firstCount) = number(at)
        let (second, secondCount) = number(at + firstCount + 1)
        let next = at + firstCount + 1 + secondCount
        guard byte(next) == separator, isDigit(byte(next + 1)) else { return false }
        let (third, thirdCount) = number(next + 1)
        at = next + 1 + thirdCount
        if first > 70 {
            return setDate(year: first, month: second, day: third) || setDate(year: first, month: third, day: second)
        }
        let american = (month: first, day: second)
        let european = (month: second, day: first)
        for order in separator == UInt8(ascii: ".") ? [european, american] : [american, european]
        where setDate(year: third, month: order.month, day: order.day, refusingFuture: true) {
            return true
        }
        return false
    }

    private mutating func setDate(year given: Int, month: Int, day: Int, refusingFuture: Bool = false) -> Bool {
        let year: Int
        switch given {
        case 1970..<2100: year = given
        case 71..<100: year = 1900 + given
        case 0..<38: year = 2000 + given
        default: return false
        }
        guard self.year == nil, self.month == nil, self.day == nil, (1...12).contains(month), (1...31).contains(day)
        else { return false }
        if refusingFuture {
            // A day that is still to come is more likely one whose day and month are the other way round.
            let latest = Int64(Glibc.time(nil)) + 10 * 86_400
            guard Self.days(year: year, month: month, day: day) * 86_400 <= latest else { return false }
        }
        (self.year, self.month, self.day) = (year, month, day)
        return true
    }

    /// The offset that `text` begins with, in minutes, and its length: `±hhmm`, `±hh:mm` or `±hh`.
    static func offset(_ text: [UInt8]) -> (minutes: Int32, count: Int)? {
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let digits = text.dropFirst().prefix { isDigit($0) }
        var hour = digits.reduce(0) { min($0, 1 << 20) * 10 + Int32($1 - UInt8(ascii: "0")) }
        var minute: Int32 = 0
        var count = 1 + digits.count
        switch digits.count {
        case 4: (hour, minute) = (hour / 100, hour % 100)
        case 2:
            let more = text.dropFirst(4).prefix { isDigit($0) }
            if text.count > 3, text[3] == UInt8(ascii: ":"), more.count == 2 {
                minute = more.reduce(0) { $0 * 10 + Int32($1 - UInt8(ascii: "0")) }
                count += 3
            }
        default: return nil
        }
        guard hour < 24, minute < 60 else { return nil }
        let minutes = hour * 60 + minute
        return (sign == UInt8(ascii: "-") ? -minutes : minutes, count)
    }

    // MARK: The moment

    /// The number of days since 1970-01-01. A day that its month does not have is one of the next.
    private static func days(year: Int, month: Int, day: Int) -> Int64 {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
        // 1972 is the first leap year, and up to 2099 every fourth one is.
        let leaps = (year - 1969) / 4 + (month > 2 && year.isMultiple(of: 4) ? 1 : 0)
        return Int64((year - 1970) * 365 + leaps + before + day - 1)
    }

    private var moment: DateFormat.Moment? {
        guard let year, let month, let day, let time else { return nil }
        let clock = Int64(time.hour * 3600 + time.minute * 60 + time.second)
        let local = Self.days(year: year, month: month, day: day) * 86_400 + clock
        let offset = zone ?? Self.localOffset(year: year, month: month, day: day, time: time, as: local)
        let seconds = local - Int64(offset) * 60
        guard seconds >= 0, seconds < DateFormat.end else { return nil }
        return DateFormat.Moment(seconds: seconds, offsetMinutes: offset)
    }

    /// The offset from UTC that the local time zone has at a local date.
    private static func localOffset(
        year: Int, month: Int, day: Int, time: (hour: Int, minute: Int, second: Int), as local: Int64
    ) -> Int32 {
        var date = unsafe tm()
        unsafe date.tm_year = Int32(year - 1900)
        unsafe date.tm_mon = Int32(month - 1)
        unsafe date.tm_mday = Int32(day)
        unsafe date.tm_hour = Int32(time.hour)
        unsafe date.tm_min = Int32(time.minute)
        unsafe date.tm_sec = Int32(time.second)
        unsafe date.tm_isdst = -1
        return unsafe Int32(clamping: (local - Int64(mktime(&date))) / 60)
    }
}
