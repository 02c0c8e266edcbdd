import Glibc
import StrataIO
import SystemPackage
import TestSupport
import Testing

/// Replacing a file in one step, and what durability costs.
@Suite struct ReplaceTests {
    private func trace(_ place: Place, _ body: () throws -> Void) rethrows -> [FileOperation] {
        try DiskFaults.with(DiskFaults.Plan(under: place.root)) { session in
            try body()
            return session.trace.map(\.operation)
        }
    }

    @Test func theCallsOfAReplacement() throws {
        let place = try Place()
        let bytes = Array("contents".utf8)
        #expect(
            try trace(place) { try Disk.replace(place.file, with: bytes, durability: .none) }
                == [.create, .write, .close, .rename])
        #expect(
            try trace(place) { try Disk.replace(place.file, with: bytes, durability: .data) }
                == [.create, .write, .sync, .close, .rename])
        #expect(
            try trace(place) { try Disk.replace(place.file, with: bytes, durability: .full) }
                == [.create, .write, .sync, .close, .rename, .syncDirectory])
    }

    @Test(arguments: [Durability.none, .data, .full])
    func theCallsOfACommit(_ durability: Durability) throws {
        let place = try Place()
        let space = place.space()
        try space.acquire(place.file, until: .now).release()
        let calls = try trace(place) {
            let lock = try space.acquire(place.file, until: .now)
            try lock.stage([0x61], durability: durability)
            try lock.commit()
        }
        let synced: [FileOperation] = durability == .none ? [] : [.sync]
        let directory: [FileOperation] = durability == .full ? [.syncDirectory] : []
        #expect(calls == [.link, .create, .write] + synced + [.close, .rename] + directory + [.unlink])
        // A plain acquire and release: two calls.
        #expect(try trace(place) { try space.acquire(place.file, until: .now).release() } == [.link, .unlink])
    }

    @Test(arguments: [Errno.noSpace, .ioError])
    func aFaultAtAnyCallLeavesTheOldOrTheNew(_ errno: Errno) throws {
        for n in 1...6 {
            let place = try Place()
            try put("old", at: place.file)
            let plan = DiskFaults.Plan(under: place.root, at: n, .fail(errno))
            let error = #expect(throws: FileError.self) {
                try DiskFaults.with(plan) { _ in
                    try Disk.replace(place.file, with: Array("new".utf8), durability: .full)
                }
            }
            #expect(error?.errno == errno)
            // Only the directory's sync comes after the step that shows.
            let expected = error?.operation == .syncDirectory ? "new" : "old"
            #expect(try text(place.file) == expected)
            #expect(try listing(place.root) == ["value"])
        }
    }

    @Test func aFaultAtAnyCallOfACommit() throws {
        var finished = 0
        for n in 1...20 {
            let place = try Place()
            try put("old", at: place.file)
            let space = place.space()
            let plan = DiskFaults.Plan(under: place.root, at: n, .fail(.ioError))
            var failure: (any Error)?
            DiskFaults.with(plan) { _ in
                do {
                    let lock = try space.acquire(place.file, until: .now)
                    try lock.stage(Array("new".utf8), durability: .full)
                    try lock.commit()
                } catch {
                    failure = error
                }
            }
            let now = try text(place.file)
            if failure == nil {
                finished += 1
                #expect(now == "new")
            } else if (failure as? FileError)?.operation == .syncDirectory {
                #expect(now == "new")
            } else {
                #expect(now == "old")
            }
        }
        #expect((1...15).contains(finished))
    }

    @Test func aShortWriteIsContinued() throws {
        let place = try Place()
        let fd = try Disk.create(place.file)
        try Disk.write(Array("0123456789".utf8), to: fd, at: place.file)
        let plan = DiskFaults.Plan(under: place.root, operations: [.write], at: 1, .shorten(4, .noSpace))
        let error = #expect(throws: FileError.self) {
            try DiskFaults.with(plan) { _ in try Disk.write(Array("abcdefgh".utf8), to: fd, at: place.file) }
        }
        #expect(error?.errno == .noSpace)
        try Disk.close(fd, at: place.file)
        #expect(try text(place.file) == "0123456789abcd")
        // A pipe takes what fits and the rest later: nothing is lost.
        let big = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let echoed = try run("cat", [], stdin: big)
        #expect(echoed.out == big)
    }

    @Test(arguments: ["before", "after"])
    func stoppedAtAnyCall(_ when: String) throws {
        for n in 1...7 {
            let place = try Place()
            try put("old contents\n", at: place.file)
            let result = try run(probe, ["replace", place.file.string, "\(n)", when])
            #expect(result.status == (n < 7 ? 128 + SIGKILL : 0), "\(result.outText)")
            // The fifth call is the rename.
            let isNew = n > 5 || (n == 5 && when == "after")
            #expect(try text(place.file) == (isNew ? "the new contents\n" : "old contents\n"))
        }
    }

    @Test func aSinkWritesWhatItIsGiven() throws {
        let place = try Place()
        var random = SplitMix64(seed: 7)
        var expected: [UInt8] = []
        let source = place.root.appending("source")
        let copied = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Disk.replace(source, with: copied, durability: .none)
        let input = try #require(try openForReading(source))
        let file = try AtomicFile(replacing: place.file)
        for _ in 0..<200 {
            let piece = (0..<Int.random(in: 0...9000, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
            try file.sink.write(piece)
            expected += piece
            let start = Int.random(in: 0..<200_000, using: &random)
            try file.sink.copy(from: input, offset: start, length: 5000)
            expected += copied[start..<start + 5000]
        }
        #expect(file.sink.count == expected.count)
        #expect(throws: FileError.self) { try file.sink.copy(from: input, offset: 299_000, length: 5000) }
        try input.close()
        file.discard()
        #expect(try text(place.file) == nil)
        let second = try AtomicFile(replacing: place.file)
        try second.sink.write(expected)
        try second.commit(.none)
        #expect(try readFile(place.file) == expected)
        #expect(try listing(place.root) == ["source", "value"])
    }

    @Test func permissionsAreGits() throws {
        let place = try Place()
        let mask = umask(0o027)
        defer { umask(mask) }
        func mode(_ name: String) throws -> UInt32? {
            try FileStat.lstat(place.root.appending(name))?.permissions.rawValue
        }
        try Disk.create(place.root.appending("plain")).close()
        try Disk.create(place.root.appending("group"), sharing: .adding(.init(rawValue: 0o660))).close()
        try Disk.create(place.root.appending("exact"), sharing: .exactly(.init(rawValue: 0o600))).close()
        try Disk.mkdir(place.root.appending("directory"), sharing: .adding(.init(rawValue: 0o664)))
        #expect(try mode("plain") == 0o640)
        #expect(try mode("group") == 0o660)
        #expect(try mode("exact") == 0o600)
        #expect(try mode("directory") == 0o2775)
    }
}
