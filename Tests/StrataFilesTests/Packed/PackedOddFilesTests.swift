import StrataFiles
import StrataModel
import StrataRefs
import TestSupport
import Testing

private let a = PackedLines.a
private let b = PackedLines.b
private let c = PackedLines.c
private let header = PackedLines.header

/// A file that git itself would not write, or only just.
struct OddFile: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var testDescription: String { name }
    init(_ name: String, _ text: String) { (self.name, self.text) = (name, text) }

    static let all = [
        OddFile("empty", ""),
        OddFile("header only", header),
        OddFile("plain", header + "\(a) refs/heads/a\n\(b) refs/heads/b\n"),
        OddFile("no header", "\(a) refs/heads/a\n\(b) refs/heads/b\n"),
        OddFile("no header, unsorted", "\(b) refs/heads/b\n\(a) refs/heads/a\n"),
        OddFile("unsorted with peeled lines", "\(b) refs/tags/b\n^\(c)\n\(a) refs/tags/a\n^\(b)\n"),
        OddFile("old header", "# pack-refs with: peeled \n\(b) refs/heads/b\n\(a) refs/heads/a\n"),
        OddFile("header without blank at the end", "# pack-refs with: sorted\n\(a) refs/heads/a\n"),
        OddFile("unknown trait", "# pack-refs with: peeled future sorted \n\(a) refs/heads/a\n"),
        OddFile("lying header", header + "\(b) refs/heads/b\n\(a) refs/heads/a\n"),
        OddFile("lying header, longer", header + "\(a) refs/x/a\n\(b) refs/heads/b\n\(a) refs/heads/c\n"),
        OddFile("duplicates", header + "\(a) refs/heads/a\n\(b) refs/heads/a\n\(c) refs/heads/a\n"),
        OddFile("duplicates, no header", "\(b) refs/heads/b\n\(a) refs/heads/a\n\(c) refs/heads/a\n"),
        OddFile("header garbled", "# pack-refs width: sorted\n\(a) refs/heads/a\n"),
        OddFile("header unterminated", "# pack-refs with: sorted"),
        OddFile("header with NUL", "# pack-refs with: \0sorted\n\(b) refs/heads/b\n\(a) refs/heads/a\n"),
        OddFile("second comment", header + "\(a) refs/heads/a\n# comment that is long enough for a line of its own\n"),
        OddFile("blank line", header + "\(a) refs/heads/a\n\n\(b) refs/heads/b\n"),
        OddFile("blank line, no header", "\(a) refs/heads/a\n\n\(b) refs/heads/b\n"),
        OddFile("blank line at the end", header + "\(a) refs/heads/a\n\n"),
        OddFile("unterminated", header + "\(a) refs/heads/a\n\(b) refs/heads/b"),
        OddFile("unterminated peeled line", header + "\(a) refs/heads/a\n^\(b)"),
        OddFile("last line short", header + "\(a) refs/heads/a\n\(b) \n"),
        OddFile("one line short", header + "\(a)\n"),
        OddFile("bad digit", header + "\(a) refs/heads/a\ng\(b.dropFirst()) refs/heads/b\n"),
        OddFile("upper case", header + "\(a.uppercased()) refs/heads/a\n"),
        OddFile("tab", header + "\(a)\trefs/heads/a\n"),
        OddFile("no blank", header + "\(a)refs/heads/a\n\(b) refs/heads/b\n"),
        OddFile("vertical tab for the blank", header + "\(a)\u{b}refs/heads/a\n\(b) refs/heads/b\n"),
        OddFile("line feed for the blank", header + "\(a)\nrefs/heads/a\n\(b) refs/heads/b\n"),
        OddFile("two blanks", header + "\(a)  refs/heads/a\n\(b) refs/heads/b\n"),
        OddFile("peeled", header + "\(a) refs/tags/a\n^\(b)\n\(c) refs/tags/b\n"),
        OddFile("peeled twice", header + "\(a) refs/tags/a\n^\(b)\n^\(c)\n"),
        OddFile("peeled first", header + "^\(b)\n\(a) refs/tags/a\n"),
        OddFile("peeled garbage", header + "\(a) refs/tags/a\n^\(b)x\n\(c) refs/tags/b\n"),
        OddFile("peeled short", header + "\(a) refs/tags/a\n^\(b.dropFirst())\n\(c) refs/tags/b\n"),
        OddFile("carriage returns", header + "\(a) refs/heads/a\r\n\(b) refs/heads/b\r\n"),
        OddFile("malformed names", header + "\(a) refs/heads/a..b\n\(b) refs/heads/a.lock\n\(c) refs/heads/c d\n"),
        OddFile("malformed name, peeled", header + "\(a) refs/heads/a..b\n^\(b)\n\(c) refs/heads/c\n"),
        OddFile("dangerous name", header + "\(a) refs/heads/../../a\n"),
        OddFile("name outside refs", header + "\(a) heads/a\n\(b) refs/heads/b\n"),
        OddFile("one level", header + "\(a) HEAD\n\(b) refs/heads/b\n"),
        OddFile("one level, small letters", header + "\(a) foo\n\(b) refs/heads/b\n"),
        OddFile("NUL in a name", header + "\(a) refs/heads/a\0b\n\(b) refs/heads/b\n"),
        OddFile("high bytes", header + "\(a) refs/heads/a\n\(b) refs/heads/ä\n\(c) refs/heads/日本\n"),
        OddFile("zero id", header + "\(String(repeating: "0", count: 40)) refs/heads/a\n"),
        OddFile("name that is one slash", header + "\(a) /\n\(b) refs/heads/b\n"),
        OddFile("empty component", header + "\(a) refs/heads//b\n\(b) refs/heads/c\n"),
        OddFile("slash at the end", header + "\(a) refs/heads/b/\n\(b) refs/heads/c\n"),
        OddFile("per worktree", header + "\(a) refs/bisect/bad\n\(b) refs/heads/c\n"),
        OddFile("long garbage", header + String(repeating: "z", count: 200) + "\n\(b) refs/heads/c\n"),
        OddFile("garbage", "garbage\n"),
        OddFile("nothing but carets", header + String(repeating: "^\n", count: 100)),
    ]
}

@Suite("packed-refs files beside git", .enabled(if: gitIsCurrent, "messages are those of git 2.50"))
struct PackedOddFilesTests {
    @Test("walked as git walks them", arguments: OddFile.all)
    func walked(_ file: OddFile) throws {
        let repository = try PackedRepository()
        try repository.write(Array(file.text.utf8))
        let (ours, theirs) = (Listing(repository.store()), try repository.listing())
        #expect(ours == theirs)
    }

    @Test("single names read as git reads them", arguments: OddFile.all)
    func read(_ file: OddFile) throws {
        let repository = try PackedRepository()
        try repository.write(Array(file.text.utf8))
        for name in ["refs/heads/a", "refs/heads/b", "refs/tags/a", "refs/heads/absent"] {
            let theirs = try repository.run(["rev-parse", "--verify", "--quiet", name])
            do throws(RefError) {
                let ours = try repository.store().current().read(RefName(unchecked: Array(name.utf8)))
                #expect(ours?.objectID?.hex ?? "" == theirs.lines.first ?? "", "\(name)")
                #expect(theirs.errText == "", "\(name)")
            } catch {
                #expect(theirs.errText == "fatal: \(Listing.shown(error.message))\n", "\(name)")
            }
        }
    }

    @Test("what tags peel to")
    func peeled() throws {
        let text = header + "\(a) refs/tags/a\n^\(b)\n\(c) refs/tags/b\n\(a) refs/tags/c\n^\(c.dropLast())x\n"
        let snapshot = try PackedRefSnapshot(bytes: Array(text.utf8), hashAlgorithm: .sha1)
        #expect(try snapshot.read(RefName("refs/tags/a")) == .object(id(a), peeled: id(b)))
        #expect(try snapshot.read(RefName("refs/tags/b")) == .object(id(c), peeled: nil))
        // A single reference is read without regard to what follows it.
        #expect(try snapshot.read(RefName("refs/tags/c")) == .object(id(a), peeled: nil))
        var cursor = try snapshot.packedCursor(over: .all)
        #expect(try cursor.next()?.value == .object(id(a), peeled: id(b)))
        #expect(try cursor.next()?.value == .object(id(c), peeled: nil))
        #expect(throws: RefError.self) { try cursor.next() }
        #expect(throws: RefError.self) { try cursor.next() }
    }

    @Test("SHA-256 ids")
    func sha256() throws {
        let id = String(repeating: "0123456789abcdef", count: 4)
        let text = header + "\(id) refs/heads/a\n\(id) refs/tags/b\n^\(id)\n"
        let snapshot = try PackedRefSnapshot(bytes: Array(text.utf8), hashAlgorithm: .sha256)
        #expect(try snapshot.read(RefName("refs/heads/a"))?.objectID?.hex == id)
        var cursor = try snapshot.packedCursor(over: .all)
        #expect(try cursor.next()?.objectID?.hex == id)
        #expect(try cursor.next()?.peeled?.hex == id)
        #expect(try cursor.next() == nil)
    }

    private func id(_ hex: String) throws -> ObjectID { try #require(ObjectID(hex: hex)) }
}

extension Optional where Wrapped == RefView {
    static func == (view: RefView?, none: Never?) -> Bool { view.map { _ in false } ?? true }
}
