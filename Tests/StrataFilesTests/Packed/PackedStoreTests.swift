import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

private let a = PackedLines.a
private let b = PackedLines.b

@Suite("the packed store")
struct PackedStoreTests {
    private func id(_ hex: String) throws -> ObjectID { try #require(ObjectID(hex: hex)) }

    private func update(_ name: String, _ hex: String) throws -> RefEdit {
        var edit = RefEdit.update(try RefName(name), to: try id(hex))
        edit.checksObject = false
        return edit
    }

    @Test("transactions through the engine")
    func transactions() throws {
        let repository = try PackedRepository()
        let store = repository.store()
        try store.commit(RefTransaction([update("refs/heads/b", b), update("refs/heads/a", a)]))
        #expect(try repository.bytes == Array((PackedLines.header + "\(a) refs/heads/a\n\(b) refs/heads/b\n").utf8))
        #expect(try store.snapshot().read(RefName("refs/heads/b")) == .object(id(b), peeled: nil))
        // A name inside another is refused, and so is a symbolic reference.
        #expect(throws: RefError.self) { try store.commit(RefTransaction([update("refs/heads/a/c", a)])) }
        let symbolic = RefTransaction([.symbolic(try RefName("refs/heads/s"), to: try RefName("refs/heads/a"))])
        let refusal = #expect(throws: RefError.self) { try store.commit(symbolic) }
        #expect(refusal?.code == .unsupported)
        try store.commit(RefTransaction([.delete(RefName("refs/heads/a"), expecting: .object(id(a)))]))
        #expect(try repository.bytes == Array((PackedLines.header + "\(b) refs/heads/b\n").utf8))
        #expect(try readFile(repository.path.appending("packed-refs.lock")) == nil)
        #expect(store.reflogs == nil)
    }

    @Test("a held lock is waited for, and then reported in git's words")
    func busy() throws {
        let repository = try PackedRepository()
        let lockPath = repository.path.appending("packed-refs.lock")
        let fd = try FileDescriptor.open(lockPath, .writeOnly, options: .create, permissions: .ownerReadWrite)
        try fd.close()
        let store = repository.store(lockTimeout: 30)
        let error = #expect(throws: RefError.self) { _ = try store.lock() }
        #expect(error?.code == .locked)
        #expect(error?.message.hasPrefix("Unable to create '\(lockPath)': File exists.") == true)
        let held = try store.makeHold()
        guard case .busy? = try held.hold([.head], until: .now)[0] else {
            Issue.record("the lock of another was had")
            return
        }
        held.abort()
        // Reading needs no lock.
        #expect(try store.current().isEmpty)
        #expect(unsafe unlink(lockPath.string) == 0)
        try store.lock(until: .now).release()
        #expect(try readFile(lockPath) == nil)
    }

    @Test("git waits for our lock")
    func gitWaits() throws {
        let repository = try PackedRepository()
        let lock = try repository.store().lock()
        let git = try repository.run(["-c", "core.packedRefsTimeout=20", "pack-refs"])
        #expect(git.status != 0 && git.errText.contains("packed-refs.lock': File exists."))
        lock.release()
        #expect(try repository.run(["-c", "core.packedRefsTimeout=20", "pack-refs"]).status == 0)
    }

    @Test("a symbolic link stays one: what it leads to is locked and replaced")
    func symbolicLink() throws {
        let repository = try PackedRepository()
        let target = repository.path.appending("real-packed-refs")
        try repository.write(Array("\(a) refs/heads/a\n".utf8))
        #expect(unsafe rename(repository.file.string, target.string) == 0)
        #expect(unsafe symlink("real-packed-refs", repository.file.string) == 0)
        let lock = try repository.store().lock()
        #expect(try FileStat.lstat(repository.path.appending("real-packed-refs.lock")) != nil)
        try lock.stage([.set(RefName("refs/heads/b"), to: id(b), peeled: nil)])
        try lock.commit()
        lock.release()
        #expect(try FileStat.lstat(repository.file)?.kind == .symlink)
        let text = Array((PackedLines.header + "\(a) refs/heads/a\n\(b) refs/heads/b\n").utf8)
        #expect(try readFile(target) == text)
    }

    @Test("what a dead writer left is written over")
    func leftOver() throws {
        let repository = try PackedRepository()
        let new = repository.path.appending("packed-refs.new")
        let fd = try FileDescriptor.open(new, .writeOnly, options: .create, permissions: .ownerReadWrite)
        try fd.closeAfter { _ = try fd.writeAll(Array("half a fi".utf8)) }
        try repository.store().commit(RefTransaction([update("refs/heads/a", a)]))
        #expect(try repository.bytes == Array((PackedLines.header + "\(a) refs/heads/a\n").utf8))
        #expect(try readFile(new) == nil)
    }

    @Test("a lock let go leaves everything as it was")
    func released() throws {
        let repository = try PackedRepository()
        do {
            let lock = try repository.store().lock()
            try lock.stage([.set(RefName("refs/heads/a"), to: id(a), peeled: nil)])
            #expect(try repository.bytes == nil)
        }
        #expect(try repository.bytes == nil)
        #expect(try readFile(repository.path.appending("packed-refs.new")) == nil)
        #expect(try readFile(repository.path.appending("packed-refs.lock")) == nil)
    }

    @Test("an unchanged file is not read again; a changed one is")
    func revalidation() throws {
        let repository = try PackedRepository()
        try repository.write(Array("\(a) refs/heads/a\n".utf8))
        let store = repository.store()
        // Young files are read again, as a change could go unseen.
        usleep(60_000)
        let first = try store.current()
        #expect(try store.current() === first)
        let stamp = try #require(try store.stamp(covering: .refs))
        #expect(try store.stamp(covering: .all) == stamp)
        try store.commit(RefTransaction([update("refs/heads/b", b)]))
        #expect(try store.current().read(RefName("refs/heads/b")) != nil)
        #expect(try first.read(RefName("refs/heads/b")) == nil)
        #expect(try store.stamp(covering: .refs) == nil)
        usleep(60_000)
        #expect(try store.stamp(covering: .refs) != stamp)
    }

    @Test("a directory in the file's place is an error, not an empty store")
    func directory() throws {
        let repository = try PackedRepository()
        #expect(unsafe mkdir(repository.file.string, 0o777) == 0)
        let error = #expect(throws: RefError.self) { _ = try repository.store().current() }
        #expect(error?.code == .unavailable)
    }
}
