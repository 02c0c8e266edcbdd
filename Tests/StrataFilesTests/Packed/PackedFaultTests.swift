import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

@Suite("packed-refs when the disk fails")
struct PackedFaultTests {
    private func set(_ name: String) throws -> PackedRefChange {
        .set(try RefName(name), to: try #require(ObjectID(hex: PackedLines.b)), peeled: nil)
    }

    @Test("whichever call fails, the file is the old one or the new one, and nothing else is left")
    func everyCall() throws {
        let old = Array((PackedLines.header + "\(PackedLines.a) refs/heads/a\n").utf8)
        let new = old + Array("\(PackedLines.b) refs/heads/b\n".utf8)
        var failures = 0
        for fault in [DiskFaults.Action.fail(.noSpace), .shorten(3, .ioError)] {
            for n in 1...20 {
                let repository = try PackedRepository()
                try repository.write(old)
                let store = repository.store()
                let session = DiskFaults.install(.init(under: repository.path, at: n, fault))
                var failure: RefError?
                do {
                    let lock = try store.lock(until: .now)
                    defer { lock.release() }
                    try lock.stage([set("refs/heads/b")], durability: .full)
                    try lock.commit()
                } catch {
                    failure = error as? RefError
                }
                session.remove()
                let calls = session.trace
                let found = try repository.bytes
                if failure == nil {
                    #expect(found == new, "\(fault) at \(n)")
                } else {
                    failures += 1
                    #expect(failure?.code == .unavailable)
                    let changed = failure?.message.contains("has changed") ?? false
                    #expect(found == (changed ? new : old), "\(fault) at \(n): \(calls)")
                }
                // What failed to be removed stays, and does not disturb the next one.
                if failures > 0 { try Disk.unlinkIfPresent(repository.path.appending("packed-refs.lock")) }
                let again = try store.lock(until: .now)
                try again.stage([set("refs/heads/b")])
                try again.commit()
                #expect(try repository.bytes == new)
                #expect(try readFile(repository.path.appending("packed-refs.new")) == nil)
                if n > calls.count { break }
            }
        }
        #expect(failures >= 8)
    }

    @Test("what was published can be taken back", arguments: [true, false])
    func restored(_ exists: Bool) throws {
        let repository = try PackedRepository()
        let old = Array("\(PackedLines.a) refs/heads/c\n\(PackedLines.a) refs/heads/a\n".utf8)
        if exists { try repository.write(old) }
        let lock = try repository.store().lock()
        try lock.stage([set("refs/heads/b")])
        try lock.publish()
        #expect(try repository.bytes != (exists ? old : nil))
        try lock.restore()
        #expect(try repository.bytes == (exists ? old : nil))
        lock.release()
    }
}
