import Glibc
import StrataHash
import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Objects in quarantine are seen there only, come into the store whole, or go without a trace.
@Suite struct QuarantineTests {
    private let place: LoosePlace
    private let main: FilesObjectStore

    init() throws {
        place = try LoosePlace()
        main = FilesObjectStore(objectDirectory: place.objects, algorithm: .sha1)
    }

    private func directories() -> [String] { names(in: place.objects).filter { $0.hasPrefix("tmp_") } }

    /// Makes a pack of blobs in an object directory, as a push would.
    private func pack(_ blobs: [[UInt8]], into directory: FilePath) throws -> [ObjectID] {
        let other = try LoosePlace()
        let store = other.store()
        var ids: [ObjectID] = []
        for blob in blobs { ids.append(try store.write(.blob, blob.span, durability: nil)) }
        try Disk.makeDirectories(directory.appending("pack"))
        try other.git(
            "pack-objects", "-q", directory.appending("pack/pack").string,
            stdin: Array(ids.map { "\($0)\n" }.joined().utf8))
        return ids
    }

    @Test func isSeenInside() throws {
        let old = try main.write(.blob, someBytes(10).span, durability: nil)
        let quarantine = try ObjectQuarantine(of: main)
        let new = try quarantine.store.write(.blob, someBytes(20).span, durability: nil)
        let packed = try pack([someBytes(30), someBytes(40)], into: quarantine.directory)
        // What the store has is not written once more.
        try setBack(place.file(old))
        #expect(try quarantine.store.write(.blob, someBytes(10).span, durability: nil) == old)
        #expect(try FileStat.stat(place.file(old))?.modified ?? 0 > 1_500_000_000_000_000_000)
        for id in [old, new] + packed { #expect(try quarantine.store.verifies(id)) }
        for id in [new] + packed { #expect(try !main.contains(id)) }
        #expect(try place.git("count-objects") == "1 objects, 4 kilobytes")
        #expect(directories().count == 1 && directories()[0].hasPrefix("tmp_objdir-incoming-"))
        #expect(try FileStat.stat(quarantine.directory)?.permissions.rawValue == 0o700)
        try quarantine.migrate()
        #expect(directories() == [])
        for id in [old, new] + packed {
            #expect(try main.verifies(id))
            #expect(try quarantine.store.verifies(id))
        }
        try place.git("fsck", "--full", "--strict")
        #expect(throws: ObjectError.self) { try quarantine.migrate() }
    }

    @Test func goesWithoutATrace() throws {
        var ids: [ObjectID] = []
        do {
            let quarantine = try ObjectQuarantine(of: main)
            ids.append(try quarantine.store.write(.blob, someBytes(20).span, durability: nil))
            ids += try pack([someBytes(30)], into: quarantine.directory)
            #expect(directories().count == 1)
        }
        let dropped = try ObjectQuarantine(of: main)
        ids.append(try dropped.store.write(.blob, someBytes(21).span, durability: nil))
        dropped.drop()
        dropped.drop()
        #expect(throws: ObjectError.self) { try dropped.migrate() }
        #expect(directories() == [] && place.litter == [])
        for id in ids { #expect(try !main.contains(id)) }
    }

    /// Git in a hook's environment reads and writes in the quarantine, and its references are safe from it.
    @Test(arguments: [nil, "/nowhere", "\"/no\\072where\""]) func programsSeeIt(_ alternates: String?) throws {
        let quarantine = try ObjectQuarantine(of: main)
        let id = try quarantine.store.write(.blob, someBytes(20).span, durability: nil)
        let old = try main.write(.blob, someBytes(10).span, durability: nil)
        var environment = gitEnvironment
        for (name, value) in quarantine.environment(alternates: alternates.map { Array($0.utf8) }) {
            environment[name] = String(decoding: value, as: UTF8.self)
        }
        func hooked(_ arguments: String..., stdin: [UInt8] = []) throws -> CommandResult {
            try run(gitPath, arguments, stdin: stdin, environment: environment, directory: place.path)
        }
        for id in [id, old] { #expect(try hooked("cat-file", "-e", id.hex).status == 0) }
        #expect(try place.git("cat-file", "--batch-check", stdin: Array("\(id)\n".utf8)).hasSuffix("missing"))
        let written = try hooked("hash-object", "-w", "--stdin", stdin: someBytes(99)).outText.prefix(40)
        let tree = try hooked("mktree", stdin: Array("100644 blob \(id)\tx\n".utf8)).outText.prefix(40)
        let refused = try hooked("update-ref", "refs/blobs/x", id.hex)
        #expect(refused.status != 0 && refused.errText.contains("quarantine"))
        let ids = [try #require(ObjectID(hex: written)), try #require(ObjectID(hex: tree))]
        for id in ids { #expect(try quarantine.store.verifies(id) && !main.contains(id)) }
        try quarantine.migrate()
        for id in ids { #expect(try main.verifies(id)) }
        try place.git("fsck")
    }

    @Test func directoriesWithColonsAreQuoted() throws {
        let odd = place.path.appending("a:\"b\\c")
        try TestSupport.git(["init", "-q", "--bare", odd.string], in: place.path)
        let store = FilesObjectStore(objectDirectory: odd.appending("objects"), algorithm: .sha1)
        let old = try store.write(.blob, someBytes(10).span, durability: nil)
        let quarantine = try ObjectQuarantine(of: store)
        var environment = gitEnvironment
        for (name, value) in quarantine.environment() { environment[name] = String(decoding: value, as: UTF8.self) }
        #expect(try run(gitPath, ["cat-file", "-e", old.hex], environment: environment, directory: odd).status == 0)
        let again = FilesObjectStore(
            objectDirectory: quarantine.directory, algorithm: .sha1, alternates: quarantine.environment()[1].value)
        #expect(try again.contains(old))
    }

    /// The index of a pack comes last of what it needs, and loose objects before packs.
    @Test func order() throws {
        let quarantine = try ObjectQuarantine(of: main)
        _ = try quarantine.store.write(.blob, someBytes(20).span, durability: nil)
        _ = try pack([someBytes(30)], into: quarantine.directory)
        let pack = quarantine.directory.appending("pack")
        let base = try #require(names(in: pack).first { $0.hasSuffix(".idx") }).dropLast(4)
        for suffix in ["keep", "promisor", "bitmap", "rev"] where !names(in: pack).contains("\(base).\(suffix)") {
            try replace(pack.appending("\(base).\(suffix)"), with: Array(suffix.utf8))
        }
        try replace(pack.appending("tmp_pack_1"), with: [1])
        try replace(quarantine.directory.appending("odd"), with: [1])
        let session = DiskFaults.install(.init(under: place.objects, operations: [.rename]))
        try quarantine.migrate()
        session.remove()
        let moved = session.trace.map {
            String($0.path.string.split(separator: "/").last ?? "").replacing(base, with: "p")
        }
        #expect(moved.count == 8 && moved[0].utf8.count == 38)
        #expect(Array(moved.dropFirst()) == ["odd", "p.keep", "p.promisor", "p.pack", "p.rev", "p.idx", "p.bitmap"])
        #expect(!names(in: place.objects.appending("pack")).contains("tmp_pack_1"))
    }

    @Test func whatIsThereMustBeTheSame() throws {
        let quarantine = try ObjectQuarantine(of: main)
        let ids = try pack([someBytes(30)], into: quarantine.directory)
        _ = try pack([someBytes(30)], into: place.objects)
        let loose = try quarantine.store.write(.blob, someBytes(20).span, durability: nil)
        _ = try place.store(ObjectWriting(compression: 9)).write(.blob, someBytes(20).span, durability: nil)
        try quarantine.migrate()
        for id in ids + [loose] { #expect(try main.verifies(id)) }
        #expect(directories() == [])

        let other = try ObjectQuarantine(of: main)
        _ = try pack([someBytes(50)], into: other.directory)
        let packs = place.objects.appending("pack")
        let name = try #require(names(in: other.directory.appending("pack")).first { $0.hasSuffix(".pack") })
        try replace(packs.appending(name), with: [1, 2, 3])
        let error = #expect(throws: ObjectError.self) { try other.migrate() }
        #expect(error?.code == .collision)
        removeTree(packs.appending(name))
        try other.migrate()
        #expect(directories() == [])
        try place.git("fsck")
    }

    @Test func permissionsAreTheStores() throws {
        let sharing = FileSharing.adding(FilePermissions(rawValue: 0o660))
        let store = FilesObjectStore(
            objectDirectory: place.objects, algorithm: .sha1, writing: ObjectWriting(sharing: sharing))
        let quarantine = try ObjectQuarantine(of: store)
        let id = try quarantine.store.write(.blob, someBytes(20).span, durability: nil)
        _ = try pack([someBytes(30)], into: quarantine.directory)
        for name in names(in: quarantine.directory.appending("pack")) {
            try Disk.chmod(quarantine.directory.appending("pack/\(name)"), FilePermissions(rawValue: 0o400))
        }
        try quarantine.migrate()
        let shard = try #require(try FileStat.stat(place.file(id).removingLastComponent()))
        #expect(shard.permissions.rawValue & 0o2070 == 0o2070)
        for name in names(in: place.objects.appending("pack")) {
            #expect(try FileStat.stat(place.objects.appending("pack/\(name)"))?.permissions.rawValue == 0o440)
        }
    }

    /// Whatever fails while objects are let in: each is there whole or not at all, and letting them in goes on from there.
    @Test(arguments: [Durability.none, .full]) func failuresCanBeMadeUpFor(_ durability: Durability) throws {
        func make() throws -> (ObjectQuarantine, [ObjectID]) {
            removeTree(place.objects)
            try Disk.makeDirectories(place.objects.appending("pack"))
            let quarantine = try ObjectQuarantine(
                of: FilesObjectStore(objectDirectory: place.objects, algorithm: .sha1))
            var ids = [try quarantine.store.write(.blob, someBytes(20).span, durability: nil)]
            ids.append(try quarantine.store.write(.blob, someBytes(21).span, durability: nil))
            return (quarantine, ids + (try pack([someBytes(30)], into: quarantine.directory)))
        }
        let (model, _) = try make()
        let session = DiskFaults.install(.init(under: place.objects))
        try model.migrate(durability: durability)
        session.remove()
        // What is of no use any more is removed, or lies about.
        let removals = Set(session.trace.indices.filter { !session.trace[$0].operation.movesOrSyncs })
        for (index, call) in session.trace.enumerated() {
            let (quarantine, ids) = try make()
            let faults = DiskFaults.install(.init(under: place.objects, at: index + 1, .fail(.noSpace)))
            let result = Result { try quarantine.migrate(durability: durability) }
            faults.remove()
            let store = FilesObjectStore(objectDirectory: place.objects, algorithm: .sha1)
            for id in ids where try store.contains(id) { #expect(try store.verifies(id), "\(call)") }
            if case .failure = result {
                try quarantine.migrate(durability: durability)
            } else {
                #expect(removals.contains(index), "\(call) may not fail unseen")
            }
            for id in ids { #expect(try store.verifies(id), "\(call)") }
            removeTree(quarantine.directory)
            #expect(place.litter.filter { call.operation != .unlink || !$0.hasPrefix("bulk_fsync_") } == [], "\(call)")
        }
    }

    @Test func theDeadAreSwept() throws {
        let living = try ObjectQuarantine(of: main)
        let dead = place.objects.appending("tmp_objdir-incoming-aaaaaa")
        try Disk.makeDirectories(dead.appending("12"))
        try replace(dead.appending(".strata-owner"), with: Array("strata-lock 1\n".utf8))
        let gits = place.objects.appending("tmp_objdir-incoming-bbbbbb")
        try Disk.makeDirectories(gits.appending("pack"))
        #expect(try ObjectQuarantine.sweep(place.objects) == [dead])
        #expect(try ObjectQuarantine.sweep(place.objects) == [])
        try setBack(gits)
        #expect(try ObjectQuarantine.sweep(place.objects) == [gits])
        #expect(directories().count == 1)
        _ = try living.store.write(.blob, someBytes(3).span, durability: nil)
        living.drop()
        #expect(directories() == [])
    }
}

extension FileOperation {
    fileprivate var movesOrSyncs: Bool {
        switch self {
        case .unlink, .removeDirectory: false
        default: true
        }
    }
}

extension ObjectStore {
    /// Whether the object is there and its contents give its id.
    func verifies(_ id: ObjectID) throws(ObjectError) -> Bool { try VerifyingObjectStore(self).read(id) != nil }
}
