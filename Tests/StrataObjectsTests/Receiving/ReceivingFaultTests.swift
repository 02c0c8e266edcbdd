import Glibc
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Receiving that is stopped: by a call that fails, or by the end of the process. Either nothing is seen of the pack, or all of it.
@Suite struct ReceivingFaultTests {
    private static func indexer(_ place: ReceivingPlace, _ directory: FilePath, _ durability: Durability) -> PackIndexer
    {
        var indexer = place.indexer(into: directory)
        indexer.completesThinPacks = true
        indexer.keep = Array("kept".utf8)
        indexer.promisor = []
        indexer.packDurability = durability
        indexer.indexDurability = durability
        return indexer
    }

    private static func packNames(_ directory: FilePath) -> [String] { names(in: directory.appending("objects/pack")) }

    /// An old half of a history, and a thin pack of the rest.
    private static func halves(_ place: ReceivingPlace) throws -> (old: [UInt8], thin: [UInt8]) {
        (try place.pack(revisions: ["main~5"]), try place.pack("--thin", revisions: ["main", "^main~5"]))
    }

    @Test(arguments: [Durability.none, .data, .full])
    func failuresLeaveNothing(_ durability: Durability) throws {
        let place = try ReceivingPlace(commits: 10)
        let (old, thin) = try Self.halves(place)
        func fresh() throws -> TemporaryDirectory {
            let directory = try place.empty()
            try git(["unpack-objects", "-q"], in: directory.path, stdin: old)
            return directory
        }
        let model = try fresh()
        let session = DiskFaults.install(.init(under: model.path))
        let objects = model.path.appending("objects")
        let expected = try Self.indexer(place, model.path, durability).receive(MemorySource(thin), into: objects)
        session.remove()
        let calls = session.trace
        #expect(calls.count > 12 && calls.contains { $0.operation == .sync } == (durability != .none))
        let whole = Set(Self.packNames(model.path))
        // What the pack leads to is packed before it: copies of what is here.
        let local = whole.filter { !$0.contains(expected.checksum.hex) }
        #expect(whole.count == 9 && local.count == 4)
        for (index, call) in calls.enumerated() {
            for action in [DiskFaults.Action.fail(.noSpace), .fail(.ioError), .shorten(7, .noSpace)] {
                let directory = try fresh()
                let session = DiskFaults.install(.init(under: directory.path, at: index + 1, action))
                let indexer = Self.indexer(place, directory.path, durability)
                let result = Result {
                    try indexer.receive(MemorySource(thin), into: directory.path.appending("objects"))
                }
                session.remove()
                let left = Self.packNames(directory.path)
                switch result {
                case .success: Issue.record("\(call) failed, and nobody noticed")
                case .failure(let error as ObjectError):
                    #expect(error.code == .unavailable, "\(call): \(error)")
                    // Behind the last step only syncing it can fail.
                    if left != [], Set(left) != local {
                        #expect(Set(left) == whole && call.operation == .syncDirectory, "\(call)")
                    }
                case .failure(let error): Issue.record("\(call): \(error)")
                }
                let again = try indexer.receive(MemorySource(thin), into: directory.path.appending("objects"))
                #expect(again.checksum == expected.checksum)
            }
        }
    }

    /// Unpacking with checks: a call that fails is told, what is left is whole, and the next one goes through.
    @Test(arguments: [Durability.none, .data])
    func failuresOfUnpacking(_ durability: Durability) throws {
        var builder = PackBuilder()
        let text = [UInt8](repeating: 0x61, count: 30)
        builder.add(.blob, text)
        builder.add(delta: PackBuilder.delta(from: 30, keeping: 9, adding: [1, 2]), on: 0)
        builder.add(.blob, [UInt8](repeating: 0x62, count: 5000))
        builder.add(.tree, [])
        func unpacker(_ directory: FilePath) -> PackUnpacker {
            let writing = ObjectWriting(syncing: ObjectWriting.Syncing(durability))
            var unpacker = PackUnpacker(
                store: FilesObjectStore(
                    objectDirectory: directory.appending("objects"), algorithm: .sha1, writing: writing))
            unpacker.objectRules = ObjectRules(.strict)
            unpacker.limits.bigFileThreshold = 1000
            return unpacker
        }
        func empty() throws -> TemporaryDirectory {
            let directory = try TemporaryDirectory()
            try git(["init", "--quiet", "--bare", "--template=", "."], in: directory.path)
            return directory
        }
        let model = try empty()
        let session = DiskFaults.install(.init(under: model.path))
        _ = try unpacker(model.path).unpack(MemorySource(builder.bytes))
        session.remove()
        let calls = session.trace
        #expect(calls.count > 12)
        for (index, call) in calls.enumerated() {
            for action in [DiskFaults.Action.fail(.noSpace), .shorten(7, .ioError)] {
                let directory = try empty()
                let session = DiskFaults.install(.init(under: directory.path, at: index + 1, action))
                let result = Result { try unpacker(directory.path).unpack(MemorySource(builder.bytes)) }
                session.remove()
                if case .failure(let error) = result {
                    #expect((error as? ObjectError)?.code == .unavailable, "\(call): \(error)")
                }
                // Whatever name is there leads to a whole object.
                let store = FilesObjectStore(objectDirectory: directory.path.appending("objects"), algorithm: .sha1)
                let cursor = try store.cursor(.byID)
                while let id = try cursor.next() { #expect(try VerifyingObjectStore(store).read(id) != nil, "\(call)") }
                _ = try unpacker(directory.path).unpack(MemorySource(builder.bytes))
                #expect(try store.counts().loose == 4, "\(call)")
            }
        }
    }

    /// A process that is killed before and after each call. What it leaves are temporary files, and git is content.
    @Test func killed() throws {
        let place = try ReceivingPlace(commits: 10)
        let (old, thin) = try Self.halves(place)
        let template = try place.empty()
        try git(["unpack-objects", "-q"], in: template.path, stdin: old)
        let pack = template.path.appending("thin.pack")
        try replace(pack, with: thin)
        let head = try place.sample.git("rev-parse", "main")
        var finished = false
        var number = 0
        // Of the pack, and of that of the objects which it leads to, which comes before it.
        var (seen, seenLocal): (Set<[String]>, Set<[String]>) = ([], [])
        while !finished {
            number += 1
            for moment in ["before", "after"] {
                let directory = try TemporaryDirectory()
                let copy = directory.path.appending("r")
                _ = try run("cp", ["-r", template.path.string, copy.string])
                let result = try run(
                    productPath("StrataProbe"), ["receive", copy.string, pack.string, "\(number)", moment])
                finished = result.status == 0
                #expect(finished || result.status == 137, "\(result.errText)")
                let (files, local) = Self.suffixes(of: Self.packNames(copy).filter { !$0.hasPrefix("tmp_") })
                if files.contains("idx") {
                    #expect(files.count == 5 && local.count == 4)
                    try git(["cat-file", "-e", "\(head)^{tree}"], in: copy)
                } else {
                    let answer = try gitResult(["cat-file", "-e", head], in: copy)
                    #expect(answer.status != 0)
                }
                try git(["fsck", "--full", "--no-dangling"], in: copy)
                seen.insert(files)
                seenLocal.insert(local)
                // The next one goes on.
                let again = try run(productPath("StrataProbe"), ["receive", copy.string, pack.string, "0", "before"])
                #expect(again.status == 0, "\(again.errText)")
                try git(
                    ["verify-pack"] + Self.packNames(copy).filter { $0.hasSuffix(".idx") }.map { "objects/pack/\($0)" },
                    in: copy)
            }
        }
        #expect(number > 12)
        #expect(
            seen == [
                [], ["keep"], ["keep", "promisor"], ["keep", "pack", "promisor"], ["keep", "pack", "promisor", "rev"],
                ["idx", "keep", "pack", "promisor", "rev"],
            ])
        #expect(
            seenLocal == [
                [], ["promisor"], ["pack", "promisor"], ["pack", "promisor", "rev"],
                ["idx", "pack", "promisor", "rev"],
            ])
    }

    /// The suffixes of a pack that is kept, and of the other.
    private static func suffixes(of names: [String]) -> (kept: [String], other: [String]) {
        let files = names.map { $0.split(separator: ".").map(String.init) }
        let kept = files.first { $0.last == "keep" }?.first
        let (mine, others) = (files.filter { $0.first == kept }, files.filter { $0.first != kept })
        return (mine.compactMap(\.last).sorted(), others.compactMap(\.last).sorted())
    }

    /// Several receive the same pack at once: all say so, and it is there once.
    @Test func together() throws {
        let place = try ReceivingPlace(commits: 20)
        let pack = try place.pack()
        let directory = try place.empty()
        let objects = directory.path.appending("objects")
        try concurrently(8) { _ in
            var indexer = place.indexer(into: directory.path)
            indexer.threads = 2
            _ = try indexer.receive(MemorySource(pack, pieceSize: 500), into: objects)
        }
        let files = Self.packNames(directory.path)
        #expect(files.count == 3, "\(files)")
        try git(["fsck", "--full", "--no-dangling"], in: directory.path)
    }

    /// Only the bytes of the pack are waited for: a peer that waits for an answer gets one.
    @Test func nothingIsWaitedForInVain() throws {
        let place = try ReceivingPlace(commits: 5)
        let pack = try place.pack()
        let directory = try place.empty()
        final class Peer: ByteSource {
            let name: FilePath = "peer"
            var left: ArraySlice<UInt8>
            init(_ bytes: [UInt8]) { left = bytes[...] }
            func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
                if left.isEmpty { throw FileError(.read, name, .wouldBlock) }
                let count = min(buffer.count, left.count, 97)
                unsafe buffer.copyBytes(from: left.prefix(count))
                left = left.dropFirst(count)
                return count
            }
        }
        let result = try place.indexer(into: directory.path).receive(
            Peer(pack), into: directory.path.appending("objects"))
        #expect(result.rest == [])
    }
}
