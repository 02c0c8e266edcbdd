import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

private let a = PackedLines.a
private let b = PackedLines.b
private let c = PackedLines.c

@Suite("changes of packed-refs")
struct PackedSpliceTests {
    private func change(_ text: String, _ changes: [PackedRefChange]) throws -> String? {
        let repository = try PackedRepository()
        try repository.write(Array(text.utf8))
        let lock = try repository.store().lock()
        try lock.stage(changes)
        try lock.commit()
        lock.release()
        return try repository.bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    private func id(_ hex: String) throws -> ObjectID { try #require(ObjectID(hex: hex)) }

    @Test("under git's header, lines that no change touches stay as they are")
    func untouched() throws {
        let odd = "\(a.uppercased())\trefs/heads/a\n^\(c.uppercased())\n\(b) refs/heads/b\n\(c) refs/heads/a..b\n"
        let changed = try change(PackedLines.header + odd, [.set(RefName("refs/heads/c"), to: id(c), peeled: id(a))])
        #expect(changed == PackedLines.header + odd + "\(c) refs/heads/c\n^\(a)\n")
    }

    @Test("all records of a name go, where there are several")
    func duplicates() throws {
        let text =
            "\(a) refs/heads/a\n\(a) refs/heads/b\n\(b) refs/heads/b\n^\(a)\n\(c) refs/heads/b\n\(c) refs/heads/c\n"
        let left = PackedLines.header + "\(a) refs/heads/a\n\(c) refs/heads/c\n"
        let removal = [try PackedRefChange.remove(RefName("refs/heads/b"))]
        #expect(try change(PackedLines.header + text, removal) == left)
        #expect(try change(text, removal) == left)
        let setting = [try PackedRefChange.set(RefName("refs/heads/b"), to: id(c), peeled: nil)]
        let set = PackedLines.header + "\(a) refs/heads/a\n\(c) refs/heads/b\n\(c) refs/heads/c\n"
        #expect(try change(PackedLines.header + text, setting) == set)
        #expect(try change(text, setting) == set)
    }

    @Test("changes that cannot be written are refused, and the file stays")
    func refusals() throws {
        let repository = try PackedRepository()
        let text = Array((PackedLines.header + "\(a) refs/heads/a\n").utf8)
        try repository.write(text)
        let store = repository.store()
        let lock = try store.lock()
        let name = try RefName("refs/heads/x")
        let twice: [PackedRefChange] = [.remove(name), .set(name, to: try id(a), peeled: nil)]
        #expect(throws: RefError.self) { try lock.stage(twice) }
        #expect(throws: RefError.self) { try lock.stage([.set(name, to: .zero(.sha1), peeled: nil)]) }
        #expect(throws: RefError.self) { try lock.stage([.set(name, to: try id(a + a.prefix(24)), peeled: nil)]) }
        let broken = try #require(RefName(tolerating: Array("refs/heads/a\nb".utf8)))
        #expect(throws: RefError.self) { try lock.stage([.remove(broken)]) }
        try lock.commit()
        lock.release()
        #expect(try repository.bytes == text)
        #expect(try readFile(repository.path.appending("packed-refs.new")) == nil)
    }

    @Test("a malformed file without git's header is not rewritten")
    func malformed() throws {
        let repository = try PackedRepository()
        let text = Array("\(a) refs/heads/a\n\(a)xrefs/heads/b\n".utf8)
        try repository.write(text)
        let lock = try repository.store().lock()
        #expect(throws: RefError.self) { try lock.stage([.remove(RefName("refs/heads/a"))]) }
        lock.release()
        #expect(try repository.bytes == text)
        #expect(try readFile(repository.path.appending("packed-refs.new")) == nil)
    }
}
