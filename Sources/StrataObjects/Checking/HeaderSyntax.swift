import StrataModel

/// Checks commits and tags: lines in a fixed order, an empty one, and text. Git's functions: `fsck_commit`, `fsck_tag_standalone`, `verify_headers`,
/// `fsck_ident`.
@safe
struct HeaderSyntax {
    private let bytes: UnsafeRawBufferPointer
    private let byteCount: Int
    private let algorithm: HashAlgorithm
    private let rules: ObjectRules
    private var place = 0

    @unsafe
    init(_ bytes: UnsafeRawBufferPointer, _ algorithm: HashAlgorithm, _ rules: ObjectRules) {
        unsafe self.bytes = unsafe bytes
        byteCount = bytes.count
        self.algorithm = algorithm
        self.rules = rules
    }

    // MARK: - Commits

    func checkCommit(_ report: inout ObjectReport) {
        var lines = self
        lines.checkCommitLines(&report)
    }

    private mutating func checkCommitLines(_ report: inout ObjectReport) {
        if checkHeaders(&report) { return }
        guard skip("tree ") else { return fail(.missingTree, "invalid format - expected 'tree' line", &report) }
        if !passID(), report.add(.badTreeSha1, "invalid 'tree' line format - bad sha1", rules) { return }
        while skip("parent ") {
            if !passID(), report.add(.badParentSha1, "invalid 'parent' line format - bad sha1", rules) { return }
        }
        var authors = 0
        while skip("author ") {
            authors += 1
            if checkIdentity(&report) { return }
        }
        if authors < 1, report.add(.missingAuthor, "invalid format - expected 'author' line", rules) { return }
        if authors > 1, report.add(.multipleAuthors, "invalid format - multiple 'author' lines", rules) { return }
        guard skip("committer ") else {
            return fail(.missingCommitter, "invalid format - expected 'committer' line", &report)
        }
        if checkIdentity(&report) { return }
        if unsafe bytes.contains(0) { report.add(.nulInCommit, "NUL byte in the commit object body", rules) }
    }

    private func fail(_ problem: ObjectProblem, _ message: String, _ report: inout ObjectReport) {
        report.add(problem, message, rules)
    }

    // MARK: - Tags

    func checkTag(_ report: inout ObjectReport) {
        var lines = self
        lines.checkTagLines(&report)
    }

    private mutating func checkTagLines(_ report: inout ObjectReport) {
        if checkHeaders(&report) { return }
        guard skip("object ") else { return fail(.missingObject, "invalid format - expected 'object' line", &report) }
        if !passID(), report.add(.badObjectSha1, "invalid 'object' line format - bad sha1", rules) { return }
        guard skip("type ") else { return fail(.missingTypeEntry, "invalid format - expected 'type' line", &report) }
        guard let type = line() else {
            return fail(.missingType, "invalid format - unexpected end after 'type' line", &report)
        }
        if unsafe ObjectKind(name: bytes[type]) == nil, report.add(.badType, "invalid 'type' value", rules) { return }
        guard skip("tag ") else { return fail(.missingTagEntry, "invalid format - expected 'tag' line", &report) }
        guard let tag = line() else {
            return fail(.missingTag, "invalid format - unexpected end after 'type' line", &report)
        }
        let name = unsafe Array(bytes[tag])
        if RefNameRules.flaw(in: (Array("refs/tags/".utf8) + name).span) != nil,
            report.add(.badTagName, Array("invalid 'tag' name: ".utf8) + name, rules)
        {
            return
        }
        if skip("tagger ") {
            checkIdentity(&report)
        } else if report.add(.missingTaggerEntry, "invalid format - expected 'tagger' line", rules) {
            // The first tags had no such line.
            return
        }
        guard checkSignature(&report) else { return }
        if place < byteCount, byte(place) != 0x0a {
            report.add(.extraHeaderEntry, "invalid format - extra header(s) after 'tagger'", rules)
        }
    }

    /// Passes a signature in the header; false when it is cut short.
    private mutating func checkSignature(_ report: inout ObjectReport) -> Bool {
        guard skip("gpgsig ") || skip("gpgsig-sha256 ") else { return true }
        guard line() != nil else {
            report.add(
                .badGpgsig, "invalid format - unexpected end after 'gpgsig' or 'gpgsig-sha256' line", rules)
            return false
        }
        while place < byteCount, byte(place) == 0x20 {
            guard line() != nil else {
                report.add(
                    .badHeaderContinuation,
                    "invalid format - unexpected end in 'gpgsig' or 'gpgsig-sha256' continuation line", rules)
                return false
            }
        }
        return true
    }

    // MARK: - Lines

    /// Whether the header ends before it is terminated: with a newline, and an empty line if text follows.
    private func checkHeaders(_ report: inout ObjectReport) -> Bool {
        var previous: UInt8 = 0
        for place in 0..<byteCount {
            let byte = byte(place)
            if byte == 0 {
                report.add(.nulInHeader, "unterminated header: NUL at offset \(place)", rules)
                return true
            }
            if byte == 0x0a, previous == 0x0a { return false }
            previous = byte
        }
        if byteCount > 0, previous == 0x0a { return false }
        report.add(.unterminatedHeader, "unterminated header", rules)
        return true
    }

    /// The byte at a place; 0 behind the end.
    private func byte(_ place: Int) -> UInt8 {
        place < byteCount ? unsafe bytes.load(fromByteOffset: place, as: UInt8.self) : 0
    }

    /// Passes a word at the front of what is left; false when it is not there.
    private mutating func skip(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard byteCount - place >= count else { return false }
        for offset in 0..<count where unsafe byte(place + offset) != word.utf8Start[offset] { return false }
        place += count
        return true
    }

    /// Passes the rest of the line; nil when it does not end.
    private mutating func line() -> Range<Int>? {
        var end = place
        while end < byteCount, byte(end) != 0x0a { end += 1 }
        guard end < byteCount else { return nil }
        defer { place = end + 1 }
        return place..<end
    }

    /// Passes the rest of the line; false when it is no object id.
    private mutating func passID() -> Bool {
        guard let line = line(), line.count == algorithm.hexCount else { return false }
        return unsafe ObjectID(hex: UnsafeRawBufferPointer(rebasing: bytes[line])) != nil
    }

    // MARK: - Identities

    /// Checks the rest of the line as `Name <mail> seconds zone`.
    ///
    /// - Returns: whether there was an error.
    @discardableResult
    private mutating func checkIdentity(_ report: inout ObjectReport) -> Bool {
        var at = place
        _ = line()
        guard let (problem, words) = flaw(in: &at) else { return false }
        return report.add(problem, "invalid author/committer line - \(words)", rules)
    }

    private func flaw(in at: inout Int) -> (ObjectProblem, String)? {
        if byte(at) == UInt8(ascii: "<") { return (.missingNameBeforeEmail, "missing space before email") }
        while byte(at) != UInt8(ascii: "<") {
            if at >= byteCount || byte(at) == 0x0a { return (.missingEmail, "missing email") }
            if byte(at) == UInt8(ascii: ">") { return (.badName, "bad name") }
            at += 1
        }
        if byte(at - 1) != 0x20 { return (.missingSpaceBeforeEmail, "missing space before email") }
        at += 1
        while byte(at) != UInt8(ascii: ">") {
            if at >= byteCount || byte(at) == UInt8(ascii: "<") || byte(at) == 0x0a { return (.badEmail, "bad email") }
            at += 1
        }
        at += 1
        if byte(at) != 0x20 { return (.missingSpaceBeforeDate, "missing space before date") }
        at += 1
        // More blanks are passed over, as they always were.
        while byte(at) == 0x20 || byte(at) == 0x09 { at += 1 }
        if !isDigit(byte(at)) { return (.badDate, "bad date") }
        if byte(at) == UInt8(ascii: "0"), byte(at + 1) != 0x20 { return (.zeroPaddedDate, "zero-padded date") }
        guard passSeconds(&at) else { return (.badDateOverflow, "date causes integer overflow") }
        if byte(at) != 0x20 { return (.badDate, "bad date") }
        at += 1
        let isZone =
            (byte(at) == UInt8(ascii: "+") || byte(at) == UInt8(ascii: "-"))
            && (1...4).allSatisfy { isDigit(byte(at + $0)) } && byte(at + 5) == 0x0a
        return isZone ? nil : (.badTimezone, "bad time zone")
    }

    /// Passes a number; false when it is beyond what a signed number of 64 bits holds.
    private func passSeconds(_ at: inout Int) -> Bool {
        var value: Int64 = 0
        var fits = true
        while isDigit(byte(at)) {
            let (tens, high) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int64(byte(at) - 0x30))
            if high || carry { fits = false }
            value = fits ? sum : 0
            at += 1
        }
        return fits
    }
}
