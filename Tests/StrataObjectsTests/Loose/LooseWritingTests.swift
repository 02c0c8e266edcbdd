import Glibc
import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Loose objects are written as git writes them: git reads them, and whoever comes at the same time is not disturbed.
@Suite struct LooseWritingTests {
    @Test(arguments: HashAlgorithm.allCases, [-1, 0, 1, 6, 9])
    func gitReadsWhatIsWritten(_ algorithm: HashAlgorithm, _ level: Int) throws {
        let place = try LoosePlace(algorithm)
        let store = place.store(ObjectWriting(compression: level))
        var written: [(ObjectID, [UInt8])] = []
        for size in [0, 1, 2, 30, 31, 32, 33, 100, 511, 4096, 70_000, 300_000] {
            let bytes = someBytes(size, seed: UInt64(size))
            written.append((try store.write(.blob, bytes.span, durability: nil), bytes))
            written.append((try store.write(MadeStream(UInt64(size)), durability: nil), []))
        }
        let text = "tree \(ObjectID.emptyTree(algorithm))\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nhello\n"
        let commit = try store.write(.commit, Array(text.utf8).span, durability: nil)
        let tree = try store.write(.tree, [UInt8]().span, durability: nil)
        #expect(tree == .emptyTree(algorithm))
        let tag = Array("object \(commit)\ntype commit\ntag t\ntagger A <a@b> 1 +0000\n\nhello\n".utf8)
        let tagged = try store.write(.tag, tag.span, durability: nil)
        for (id, bytes) in written where !bytes.isEmpty {
            let read = try run(
                gitPath, ["cat-file", "blob", id.hex], environment: gitEnvironment, directory: place.path)
            #expect(read.out == bytes)
            #expect(try store.read(id)?.bytes == bytes)
            let hashed = try place.git("hash-object", "--stdin", stdin: bytes)
            #expect(hashed == id.hex)
        }
        #expect(try place.git("cat-file", "-t", tagged.hex) == "tag")
        try place.git("update-ref", "refs/tags/t", tagged.hex)
        try place.git("fsck", "--strict", "--full")
        #expect(place.litter == [])
        for (id, _) in written {
            #expect(try FileStat.stat(place.file(id))?.permissions.rawValue == 0o444)
            #expect(try store.verify(id)?.kind == .blob)
        }
    }

    @Test func sharedRepositoriesAreShared() throws {
        let place = try LoosePlace()
        let store = place.store(ObjectWriting(sharing: .adding(FilePermissions(rawValue: 0o660))))
        let id = try store.write(.blob, someBytes(9).span, durability: nil)
        let file = try #require(try FileStat.stat(place.file(id)))
        let shard = try #require(try FileStat.stat(place.file(id).removingLastComponent()))
        #expect(file.permissions.rawValue == 0o444 && shard.permissions.rawValue & 0o2070 == 0o2070)
        try place.git("config", "core.sharedRepository", "0640")
        let other = place.store(ObjectWriting(sharing: .exactly(FilePermissions(rawValue: 0o640))))
        let exact = try other.write(.blob, someBytes(10).span, durability: nil)
        let theirs = try place.git("hash-object", "-w", "--stdin", stdin: someBytes(11))
        let theirFile = place.file(try #require(ObjectID(hex: theirs)))
        #expect(try FileStat.stat(place.file(exact))?.permissions == FileStat.stat(theirFile)?.permissions)
    }

    @Test func whatIsThereIsFreshened() throws {
        let place = try LoosePlace()
        let store = place.store()
        let bytes = someBytes(500)
        let id = try store.write(.blob, bytes.span, durability: nil)
        for write in 0..<4 {
            let before = try #require(try FileStat.stat(place.file(id)))
            try setBack(place.file(id))
            switch write {
            case 0: #expect(try store.write(.blob, bytes.span, durability: nil) == id)
            case 1: #expect(try store.freshen(id))
            case 2: #expect(try store.write(.blob, bytes.span, durability: .full) == id)
            default:
                let stream = MemoryObjectStream(ObjectContents(kind: .blob, bytes: bytes))
                #expect(try store.write(stream, durability: nil) == id)
            }
            let after = try #require(try FileStat.stat(place.file(id)))
            #expect(after.isSameFile(as: before) && after.modified >= before.modified - 5_000_000_000)
        }
        #expect(try !store.freshen(.zero(.sha1)))
        #expect(place.litter == [])
    }

    /// An object that a crash, or a disk, has left damaged, is mended by writing it again.
    @Test(arguments: ["empty", "zeros", "other size", "other kind", "garbage"])
    func whatIsDamagedIsReplaced(_ damage: String) throws {
        let place = try LoosePlace()
        let store = place.store()
        let bytes = someBytes(500)
        let id = try store.write(.blob, bytes.span, durability: nil)
        let other = try store.write(
            damage == "other kind" ? .tree : .blob, someBytes(damage == "other kind" ? 500 : 400, seed: 2).span,
            durability: nil)
        let file = try contents(of: place.file(id))
        switch damage {
        case "empty": try place.put([], as: id)
        case "zeros": try place.put([UInt8](repeating: 0, count: file.count), as: id)
        case "garbage": try place.put(Array(file.reversed()), as: id)
        default: try place.put(try contents(of: place.file(other)), as: id)
        }
        #expect(throws: ObjectError.self) { try store.verify(id) }
        #expect(try store.write(.blob, bytes.span, durability: nil) == id)
        #expect(try store.verify(id)?.size == 500)
        try place.put([], as: id)
        let stream = MemoryObjectStream(ObjectContents(kind: .blob, bytes: bytes))
        #expect(try store.write(stream, durability: .data) == id)
        #expect(try store.read(id)?.bytes == bytes)
        #expect(place.litter == [])
    }

    /// One that another program deflated is the same object.
    @Test func anotherCompressionIsTheSame() throws {
        let place = try LoosePlace()
        let bytes = someBytes(50_000)
        let id = try place.store(ObjectWriting(compression: 9)).write(.blob, bytes.span, durability: nil)
        let before = try contents(of: place.file(id))
        // The name comes to be taken after it was looked for.
        let file = place.file(id)
        try Disk.rename(file, to: place.path.appending("aside"))
        let plan = DiskFaults.Plan(under: place.objects, operations: [.close]) { _ in
            try? Disk.rename(place.path.appending("aside"), to: file)
        }
        let store = place.store(ObjectWriting(compression: 0))
        let again = try DiskFaults.with(plan) { _ throws(ObjectError) in
            try store.write(.blob, bytes.span, durability: nil)
        }
        #expect(again == id)
        #expect(try contents(of: file) == before)
        #expect(place.litter == [])
    }

    @Test func streamsThatLieAreRefused() throws {
        let place = try LoosePlace()
        let store = place.store()
        for (size, claimed) in [(10, 9), (10, 11), (0, 1), (1, 0), (300_000, 299_999)] {
            let stream = MadeStream(UInt64(size), claiming: UInt64(claimed))
            let error = #expect(throws: ObjectError.self) { try store.write(stream, durability: nil) }
            #expect(error?.code == .refused)
        }
        #expect(place.litter == [] && names(in: place.objects) == ["info", "pack"])
    }

    @Test func largeObjectsAreDeflatedPieceByPiece() throws {
        let place = try LoosePlace()
        let store = place.store()
        let made = try store.write(MadeStream(17 << 20), durability: nil)
        let zeros = try store.write(.blob, [UInt8](repeating: 0, count: 17 << 20).span, durability: nil)
        #expect(try store.header(of: zeros) == store.header(of: made) && zeros != made)
        #expect(try store.verify(zeros) != nil && store.verify(made) != nil)
        try place.git("fsck", "--full")
    }

    /// Whatever fails, nothing is left of the attempt, and the object can be written afterwards.
    @Test(arguments: [false, true], [Durability.none, .data, .full])
    func failuresLeaveNothing(_ streaming: Bool, _ durability: Durability) throws {
        let place = try LoosePlace()
        let store = place.store()
        let bytes = someBytes(200_000)
        func write() throws(ObjectError) -> ObjectID {
            if !streaming { return try store.write(.blob, bytes.span, durability: durability) }
            let stream = MemoryObjectStream(ObjectContents(kind: .blob, bytes: bytes))
            return try store.write(stream, durability: durability)
        }
        let model = DiskFaults.install(.init(under: place.objects))
        let id = try write()
        model.remove()
        let calls = model.trace
        #expect(calls.count >= 5 && calls.contains { $0.operation == .sync } == (durability != .none))
        for (index, call) in calls.enumerated() {
            for errno in [Errno.noSpace, .ioError, .permissionDenied] {
                try Disk.removeTree(place.file(id).removingLastComponent())
                let plan = DiskFaults.Plan(under: place.objects, at: index + 1, .fail(errno))
                let session = DiskFaults.install(plan)
                let result = Result { try write() }
                session.remove()
                #expect(place.litter == [], "\(call): \(errno)")
                switch result {
                case .success(let written): #expect(written == id && index == 0, "\(call): \(errno)")
                case .failure(let error as ObjectError):
                    #expect(error.code == .unavailable && error.errno == errno.rawValue)
                case .failure(let error): Issue.record("\(error)")
                }
                #expect(try write() == id)
                #expect(try store.verify(id) != nil)
            }
        }
    }

    @Test func manyWriteTheSame() throws {
        let place = try LoosePlace()
        let sizes = Array(0..<60)
        try concurrently(6) { number in
            // Each a store, or one with others, or git's way.
            let store = place.store(ObjectWriting(compression: number))
            for size in number % 2 == 0 ? sizes : sizes.reversed() {
                let bytes = someBytes(size * 50, seed: UInt64(size))
                let id = try store.write(.blob, bytes.span, durability: nil)
                let read = try store.read(id)
                #expect(read?.bytes == bytes || read == nil && size % 7 == 0)
                // Somebody prunes meanwhile.
                if number == 0 { _ = rmdirIfEmpty(place.objects.appending("\(id.hex.prefix(2))")) }
                if number == 1, size % 7 == 0 { _ = try? Disk.unlink(place.file(id)) }
            }
        }
        #expect(place.litter == [])
        let store = place.store()
        for size in sizes { _ = try store.write(.blob, someBytes(size * 50, seed: UInt64(size)).span, durability: nil) }
        try place.git("fsck", "--full")
        #expect(try place.git("count-objects").hasPrefix("60 objects"))
    }

    private func rmdirIfEmpty(_ path: FilePath) -> Bool { (try? Disk.rmdirIfEmpty(path)) ?? false }
}

/// Sets the times of a file to 2001.
func setBack(_ path: FilePath) throws {
    let times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
    guard unsafe utimensat(AT_FDCWD, path.string, times, 0) == 0 else { throw Errno(rawValue: errno) }
}
