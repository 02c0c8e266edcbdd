import Glibc
import StrataIO
import SystemPackage
import TestSupport
import Testing

@Suite struct DiskTests {
    @Test func errorsSayWhatWasDone() throws {
        let place = try Place()
        let error = #expect(throws: FileError.self) { try Disk.rename("/no/a", to: "/no/b") }
        #expect(error?.description == "cannot rename '/no/a' to '/no/b': No such file or directory")
        #expect(MemoryLayout<FileError>.size == 8)
        let missing = #expect(throws: FileError.self) { try Disk.rmdir(place.root.appending("x")) }
        #expect(missing?.isAbsence == true)
        #expect(try Disk.unlinkIfPresent(place.root.appending("x")) == false)
    }

    @Test func namesChangePlaces() throws {
        let place = try Place()
        let (a, b) = (place.root.appending("a"), place.root.appending("b"))
        try put("A", at: a)
        try put("B", at: b)
        let error = #expect(throws: FileError.self) { try Disk.renameNoReplace(a, to: b) }
        #expect(error?.errno == .fileExists)
        try Disk.exchange(a, b)
        #expect(try text(a) == "B")
        try Disk.link(a, to: place.root.appending("c"))
        #expect(try FileStat.lstat(a)?.linkCount == 2)
    }

    @Test func directoriesAreMadeAsNeeded() throws {
        let place = try Place()
        let deep = place.root.appending("a/b/c/d")
        try Disk.makeDirectories(deep)
        try Disk.makeDirectories(deep)
        try Disk.symlink("a", at: place.root.appending("link"))
        try Disk.makeDirectories(place.root.appending("link/b/e"))
        #expect(try FileStat.stat(place.root.appending("a/b/e"))?.kind == .directory)
        try put("", at: place.root.appending("file"))
        for name in ["file", "file/x"] {
            #expect(throws: FileError.self) { try Disk.makeDirectories(place.root.appending(name)) }
        }
        try Disk.syncDirectory(deep)
    }

    @Test func appendingIsWholeOrNotAtAll() throws {
        let place = try Place()
        #expect(try Disk.append(Array("x".utf8), to: place.file) == false)
        #expect(try text(place.file) == nil)
        #expect(try Disk.append(Array("one\n".utf8), to: place.file, creating: true))
        #expect(try Disk.append(Array("two\n".utf8), to: place.file, durability: .full))
        for action in [DiskFaults.Action.fail(.ioError), .shorten(2, .noSpace)] {
            let plan = DiskFaults.Plan(under: place.root, operations: [.write], at: 1, action)
            #expect(throws: FileError.self) {
                _ = try DiskFaults.with(plan) { _ in try Disk.append(Array("three\n".utf8), to: place.file) }
            }
            #expect(try text(place.file) == "one\ntwo\n")
        }
        #expect(throws: FileError.self) { _ = try Disk.append([1], to: place.root) }
    }

    @Test func descriptorsAreCloseOnExec() throws {
        let place = try Place()
        let fd = try Disk.create(place.file)
        let reading = try #require(try openForReading(place.file))
        for descriptor in [fd, reading] { #expect(fcntl(descriptor.rawValue, F_GETFD) & FD_CLOEXEC != 0) }
        try fd.close()
        try reading.close()
    }

    @Test func plansSeeTheirDirectoryOnly() throws {
        let (mine, other) = (try Place(), try Place())
        let plan = DiskFaults.Plan(under: mine.root, at: 1, .fail(.ioError), persistent: true)
        try DiskFaults.with(plan) { session in
            try put("fine", at: other.file)
            #expect(session.count == 0)
            #expect(throws: FileError.self) { try put("not", at: mine.file) }
            #expect(session.trace.map(\.operation) == [.create])
        }
        try put("again", at: mine.file)
    }

    @Test func absentCorruptAndUnavailableDiffer() throws {
        let place = try Place()
        try put("12345", at: place.file)
        #expect(try readFile(place.root.appending("none")) == nil)
        #expect(try readFile(place.file.appending("below")) == nil)
        #expect(try readFile(place.file, limit: 5) == Array("12345".utf8))
        #expect(throws: FileError(.read, place.file, .fileTooLarge)) { try readFile(place.file, limit: 4) }
        #expect(throws: FileError(.read, place.root, .isDirectory)) { try readFile(place.root) }
        let reads = DiskFaults.Plan(under: place.root, operations: [.open], at: 1, .fail(.tooManyOpenFiles))
        DiskFaults.with(reads) { _ in
            _ = #expect(throws: FileError(.open, place.file, .tooManyOpenFiles)) { try readFile(place.file) }
        }
        // A FIFO without a writer does not hang.
        let fifo = place.root.appending("fifo")
        try makeFIFO(fifo)
        #expect(try readFile(fifo) == [])
        let big = [UInt8](repeating: 7, count: 1_000_003)
        try Disk.replace(place.file, with: big, durability: .none)
        #expect(try readFile(place.file) == big)
    }

    @Test func linksAreReadAsBytes() throws {
        let place = try Place()
        for length in [1, 255, 256, 257, 3000] {
            let link = place.root.appending("link\(length)")
            let target = String(repeating: "x", count: length)
            try Disk.symlink(FilePath(target), at: link)
            #expect(try readLink(link) == Array(target.utf8))
        }
        #expect(try readLink(place.root.appending("none")) == nil)
        try put("", at: place.file)
        #expect(throws: FileError.self) { try readLink(place.file) }
    }

    @Test func directoriesAreListedWithKinds() throws {
        let place = try Place()
        try put("", at: place.root.appending("file"))
        try Disk.mkdir(place.root.appending("directory"))
        try Disk.symlink("file", at: place.root.appending("link"))
        let raw: [CChar] = [-1, -2, 0]
        let odd = unsafe raw.withUnsafeBufferPointer { unsafe FilePath(platformString: $0.baseAddress!) }
        try put("", at: place.root.pushing(odd))
        for n in 0..<500 { try Disk.create(place.root.appending("many\(n)")).close() }
        var kinds: [String: FileKind] = [:]
        var oddSeen = false
        guard var reader = try DirectoryReader(place.root) else {
            Issue.record("no directory")
            return
        }
        while try reader.next() {
            let name = reader.withName { name in (0..<name.count).map { name[$0] } }
            if name == [0xff, 0xfe] { oddSeen = true }
            kinds[String(decoding: name, as: UTF8.self)] = try reader.kind()
        }
        #expect(kinds.count == 504)
        #expect(oddSeen)
        #expect(kinds["file"] == .regular && kinds["directory"] == .directory && kinds["link"] == .symlink)
        if try DirectoryReader(place.root.appending("none")) != nil { Issue.record("a directory that is absent") }
        if try DirectoryReader(place.root.appending("file")) != nil { Issue.record("a directory that is a file") }
    }

    @Test func deadlines() {
        #expect(Deadline.now.hasPassed)
        #expect(Deadline.after(milliseconds: 0).hasPassed)
        #expect(!Deadline.never.hasPassed)
        #expect(Deadline.after(milliseconds: -1) == .never)
        #expect(Deadline.never.remaining == nil)
        #expect(Deadline.after(milliseconds: .max) == .never)
        let soon = Deadline.after(milliseconds: 20)
        #expect(!soon.hasPassed)
        usleep(25_000)
        #expect(soon.hasPassed)
        #expect(soon.remaining == .zero)
    }
}
