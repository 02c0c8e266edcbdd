package import StrataModel

/// The lines of a reflog file: `<old> SP <new> SP <name> SP <<email>> SP <seconds> SP ±<hhmm> [TAB <message>] LF`.
///
/// Git's functions: `show_one_reflog_ent` and `log_ref_write_fd`.
package enum ReflogLine {
    /// The entry that `line`, its line feed included, writes; nil when it is malformed, as git sees it: that includes a time of 0.
    package static func parse(_ line: Span<UInt8>, _ algorithm: HashAlgorithm) -> ReflogEntry? {
        let digits = algorithm.hexCount
        let nameStart = 2 * digits + 2
        guard line.count > nameStart, line[line.count - 1] == 0x0a,
            let old = ObjectID(hex: line.extracting(0..<digits)), line[digits] == 0x20,
            let new = ObjectID(hex: line.extracting(digits + 1..<nameStart - 1)), line[nameStart - 1] == 0x20
        else { return nil }
        var mailEnd = nameStart
        while line[mailEnd] != UInt8(ascii: ">") {
            guard line[mailEnd] != 0, line[mailEnd] != 0x0a else { return nil }
            mailEnd += 1
        }
        var at = mailEnd + 1
        guard line[at] == 0x20, let seconds = number(line, &at), seconds != 0, at + 6 < line.count, line[at] == 0x20,
            let offset = offset(line, at + 1)
        else { return nil }
        at += 6
        if line[at] == 0x09 { at += 1 }
        return ReflogEntry(
            old: old, new: new, committer: committer(line, nameStart..<mailEnd, seconds, offset),
            message: message(line, from: at))
    }

    /// Up to the line feed, or to a NUL, which ends git's strings.
    private static func message(_ line: Span<UInt8>, from start: Int) -> [UInt8] {
        var end = start
        while end < line.count - 1 && line[end] != 0 { end += 1 }
        return end > start ? copy(line, start..<end) : []
    }

    /// The number behind the blanks at `at`; what does not fit is the largest. nil where there is none.
    private static func number(_ line: Span<UInt8>, _ at: inout Int) -> Int64? {
        while at < line.count - 1 && isGitSpace(line[at]) { at += 1 }
        let start = at
        var value: Int64 = 0
        while let digit = digit(line[at]) {  // the line feed ends this
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit))
            value = overflow || carry ? .max : sum
            at += 1
        }
        return at > start ? value : nil
    }

    /// The minutes of `±hhmm` at `at`.
    private static func offset(_ line: Span<UInt8>, _ at: Int) -> Int32? {
        guard line[at] == UInt8(ascii: "+") || line[at] == UInt8(ascii: "-"), let a = digit(line[at + 1]),
            let b = digit(line[at + 2]), let c = digit(line[at + 3]), let d = digit(line[at + 4])
        else { return nil }
        let minutes = (a * 10 + b) * 60 + c * 10 + d
        return line[at] == UInt8(ascii: "-") ? -minutes : minutes
    }

    private static func digit(_ byte: UInt8) -> Int32? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int32(byte) - 0x30 : nil
    }

    private static func committer(
        _ line: Span<UInt8>, _ range: Range<Int>, _ seconds: Int64, _ offset: Int32
    ) -> Signature {
        var bracket = range.lowerBound
        while bracket < range.upperBound && line[bracket] != UInt8(ascii: "<") { bracket += 1 }
        let mail = min(bracket + 1, range.upperBound)
        return Signature(
            name: copy(line, range.lowerBound..<bracket), email: copy(line, mail..<range.upperBound), seconds: seconds,
            offsetMinutes: offset)
    }

    private static func copy(_ line: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        unsafe line.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// The line for `entry`.
    package static func bytes(of entry: ReflogEntry) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(2 * entry.new.algorithm.hexCount + 80 + entry.message.count)
        entry.old.appendHex(to: &line)
        line.append(0x20)
        entry.new.appendHex(to: &line)
        line.append(0x20)
        appendRest(of: entry, to: &line)
        line.append(0x0a)
        return line
    }

    /// Adds what follows the ids: the committer, and the message behind a tab. A message is one line: what would end it early becomes a blank.
    package static func appendRest(of entry: ReflogEntry, to line: inout [UInt8]) {
        entry.committer.append(to: &line)
        if !entry.message.isEmpty {
            line.append(0x09)
            for byte in entry.message { line.append(byte == 0x0a || byte == 0 ? 0x20 : byte) }
        }
    }
}
