import StrataIO
import SystemPackage
import TestSupport
import Testing

@testable import StrataRepository

/// Files that are made before they are needed.
@Suite struct SpareFilesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func eachHoldsWhatIsWritten() throws {
        let sharing = FileSharing.adding(FilePermissions(rawValue: 0o660))
        let spare = SpareFiles(directory.appending("spare"), byteCount: 41, sharing: sharing)
        try spare.make(5)
        let contents = [0, 1, 40, 41, 42, 9000].map { [UInt8](repeating: UInt8(ascii: "x"), count: $0) }
        for (number, bytes) in contents.enumerated() {
            let path = directory.appending("\(number)")
            // One stands in the place of another file.
            if number == 2 { try Disk.replace(path, with: [1, 2, 3], durability: .none) }
            #expect(try spare.use(bytes, at: path) == (number < 5))
            guard number < 5 else { continue }
            #expect(try readFile(path) == bytes)
            let stat = try #require(try FileStat.lstat(path))
            #expect(stat.permissions.contains([.groupRead, .groupWrite]) && stat.linkCount == 1)
        }
        #expect(spare.count == 0)
        #expect(try FileStat.lstat(directory.appending("5")) == nil)
    }

    @Test func noneAreMadeForNothing() throws {
        let spare = SpareFiles(directory.appending("spare"), byteCount: 41, sharing: .umask)
        try spare.make(0)
        #expect(try !spare.use([1], at: directory.appending("a")))
        #expect(try FileStat.lstat(directory.appending("spare")) == nil)
    }

    /// What fails leaves the target as it was.
    @Test(arguments: [FileOperation.create, .write, .truncate, .close, .rename])
    func whatFailsIsAnError(_ operation: FileOperation) throws {
        let (place, target) = (directory.appending("spare"), directory.appending("target"))
        let spare = SpareFiles(place, byteCount: 41, sharing: .umask)
        try spare.make(2)
        try Disk.replace(target, with: [7], durability: .none)
        let plan = DiskFaults.Plan(under: place, operations: [operation], at: 1, .fail(.ioError))
        #expect(throws: FileError.self) { try DiskFaults.with(plan) { _ in try spare.use([1, 2], at: target) } }
        #expect(try readFile(target) == [7])
        #expect(try spare.use([1, 2], at: target))
        #expect(try readFile(target) == [1, 2])
    }
}
