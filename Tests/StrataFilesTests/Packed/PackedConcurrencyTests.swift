import Glibc
import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

private final class End: Sendable {
    let isReached = Atomic<Bool>(false)
}

@Suite("packed-refs while others write")
struct PackedConcurrencyTests {
    /// A file of `count` references that all hold the same id: what a reader sees is of one version, or it is torn.
    private func version(_ digit: String, _ count: Int) -> [UInt8] {
        let id = String(repeating: digit, count: 40)
        var text = PackedLines.header
        for i in 0..<count { text += "\(id) refs/heads/\(100_000 + i)\n" }
        return Array(text.utf8)
    }

    @Test("readers see whole versions, small and mapped", arguments: [20, 2000])
    func readers(_ count: Int) async throws {
        let repository = try PackedRepository()
        try repository.write(version("0", count))
        let store = repository.store()
        let end = End()
        let seen = try await withThrowingTaskGroup(of: Set<String>.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var seen: Set<String> = []
                    let last = try RefName("refs/heads/\(100_000 + count - 1)")
                    while !end.isReached.load(ordering: .relaxed) {
                        let snapshot = try store.current()
                        var ids: Set<String> = []
                        var number = 0
                        var cursor = try snapshot.packedCursor(over: .refs)
                        while let view = try cursor.next() {
                            if number % 100 == 0, let id = view.objectID { ids.insert(id.hex) }
                            number += 1
                        }
                        #expect(number == count && ids.count == 1)
                        #expect(try snapshot.read(last)?.objectID?.hex == ids.first)
                        seen.formUnion(ids)
                        await Task.yield()
                    }
                    return seen
                }
            }
            group.addTask {
                defer { end.isReached.store(true, ordering: .relaxed) }
                for round in 1...150 {
                    let new = repository.path.appending("version")
                    let fd = try FileDescriptor.open(
                        new, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
                    _ = try fd.closeAfter { try fd.writeAll(version(String(round % 10), count)) }
                    #expect(unsafe rename(new.string, repository.file.string) == 0)
                    await Task.yield()
                }
                return []
            }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(seen.count > 1)
    }

    @Test("writers lose nothing of each other, and readers never miss what stays")
    func writers() async throws {
        let repository = try PackedRepository()
        let store = repository.store(lockTimeout: -1)
        let other = repository.store(lockTimeout: -1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for i in 0..<25 {
                        let lock = try (writer % 2 == 0 ? store : other).lock()
                        defer { lock.release() }
                        let id = try #require(ObjectID(hex: String(repeating: String(writer + 1), count: 40)))
                        try lock.stage([.set(RefName("refs/heads/w\(writer)/\(i)"), to: id, peeled: nil)])
                        try lock.commit()
                    }
                }
            }
            try await group.waitForAll()
        }
        for writer in 0..<4 {
            for i in 0..<25 { #expect(try store.current().read(RefName("refs/heads/w\(writer)/\(i)")) != nil) }
        }
    }

    @Test("a file cut short under its reader is an error, not a crash")
    func cutShort() throws {
        let repository = try PackedRepository()
        try repository.write(version("5", 20_000))
        let snapshot = try repository.store().current()
        #expect(unsafe truncate(repository.file.string, 10_000) == 0)
        let last = try RefName("refs/heads/119999")
        let error = #expect(throws: RefError.self) { try snapshot.read(last) }
        #expect(error?.code == .unavailable)
        #expect(throws: RefError.self) {
            var cursor = try snapshot.packedCursor(over: .all)
            while let view = try cursor.next() { _ = view.objectID }
        }
        // What is there now is looked at anew, and found wanting: its last line has no end.
        #expect(throws: RefError.self) { try repository.store().current() }
    }
}
