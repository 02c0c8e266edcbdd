import Glibc
import StrataIO
import SystemPackage
import TestSupport
import Testing

@Suite struct MappedFileTests {
    @Test(arguments: [MappedFile.Mode.automatic, .read, .map])
    func contents(_ mode: MappedFile.Mode) throws {
        let place = try Place()
        for size in [0, 1, 4096, MappedFile.readLimit, MappedFile.readLimit + 1, 300_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            try Disk.replace(place.file, with: bytes, durability: .none)
            let file = try #require(try MappedFile(place.file, mode: mode))
            // Replaced and removed meanwhile.
            try put("other", at: place.file)
            try Disk.unlink(place.file)
            #expect(file.count == size)
            #expect(file.withSpan { span in (0..<span.count).allSatisfy { span[$0] == bytes[$0] } })
            #expect(!file.isPoisoned)
            #expect(file.stamp.size == Int64(size))
        }
    }

    @Test func whatIsNoFile() throws {
        let place = try Place()
        #expect(try MappedFile(place.file) == nil)
        #expect(throws: FileError(.map, place.root, .isDirectory)) { _ = try MappedFile(place.root) }
        try put("12345", at: place.file)
        #expect(throws: FileError(.map, place.file, .fileTooLarge)) { _ = try MappedFile(place.file, limit: 4) }
        let fifo = place.root.appending("fifo")
        try makeFIFO(fifo)
        #expect(throws: FileError.self) { _ = try MappedFile(fifo) }
    }

    @Test func aFileCutShortPoisonsItsMappingOnly() throws {
        let place = try Place()
        let bytes = [UInt8](repeating: 0x55, count: 100_000)
        // More ranges than a block of the table has.
        let others = try (0..<150).map { n in
            let path = place.root.appending("other\(n)")
            try Disk.replace(path, with: bytes, durability: .none)
            return try #require(try MappedFile(path))
        }
        for _ in 0..<3 {
            try Disk.replace(place.file, with: bytes, durability: .none)
            let file = try #require(try MappedFile(place.file))
            let copy = try #require(try MappedFile(place.file, mode: .read))
            try Disk.truncate(place.file, to: 4096)
            #expect(!file.isPoisoned)
            let last = unsafe file.base.load(fromByteOffset: 99_999, as: UInt8.self)
            #expect(last == 0)
            #expect(file.isPoisoned)
            #expect(!copy.isPoisoned)
            #expect(copy.withSpan { $0[99_999] } == 0x55)
        }
        for other in others {
            #expect(!other.isPoisoned)
            #expect(other.withSpan { $0[99_999] } == 0x55)
        }
        // A place in the table that is used again starts clean.
        try Disk.replace(place.file, with: bytes, durability: .none)
        let again = try #require(try MappedFile(place.file))
        #expect(!again.isPoisoned)
    }

    @Test func manyThreadsMeetTheFault() async throws {
        let place = try Place()
        let path = place.file
        for _ in 0..<20 {
            try Disk.replace(path, with: [UInt8](repeating: 1, count: 1 << 20), durability: .none)
            let file = try #require(try MappedFile(path))
            try Disk.truncate(path, to: 0)
            let sum = await withTaskGroup(of: Int.self) { group in
                for start in 0..<4 {
                    group.addTask {
                        file.withSpan { span in
                            stride(from: start, to: span.count, by: 4096).reduce(0) { $0 + Int(span[$1]) }
                        }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(sum == 0)
            #expect(file.isPoisoned)
        }
    }

    private static let quiet: [String: String?] = ["SWIFT_BACKTRACE": "enable=no"]

    @Test func otherFaultsGoToWhoWasThereBefore() throws {
        let place = try Place()
        let core = place.root
        func child(_ kind: String) throws -> CommandResult {
            try Disk.replace(place.file, with: [UInt8](repeating: 1, count: 50_000), durability: .none)
            return try run(
                probe, ["bus", kind, place.file.string], environment: MappedFileTests.quiet, directory: core)
        }
        #expect(try child("inside").outText == "byte 0 poisoned true\n")
        #expect(try child("chained").status == 42)
        #expect(try child("default").status == 128 + SIGBUS)
        #expect(try child("sent").status == 128 + SIGBUS)
    }
}
