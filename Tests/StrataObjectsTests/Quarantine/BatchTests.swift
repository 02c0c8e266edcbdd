import StrataIO
import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// Objects of a batch are synced together, and are there together or not at all.
@Suite struct BatchTests {
    @Test(arguments: [Durability.data, .full]) func oneSyncIsEnough(_ durability: Durability) throws {
        let place = try LoosePlace()
        let store = FilesObjectStore(objectDirectory: place.objects, algorithm: .sha1)
        let session = DiskFaults.install(.init(under: place.objects))
        let ids = try store.withBatch(durability: durability) { batch throws(ObjectError) in
            var ids: [ObjectID] = []
            for size in 1...40 { ids.append(try batch.write(.blob, someBytes(size * 9).span, durability: .full)) }
            ids.append(try batch.write(MadeStream(5000), durability: nil))
            // Seen by who writes, and by nobody else.
            let (isInside, isOutside) = (try batch.contains(ids[0]), try store.contains(ids[0]))
            #expect(isInside && !isOutside)
            return ids
        }
        session.remove()
        let calls = session.trace
        #expect(
            calls.filter { $0.operation == .sync }.count == 1 && calls.filter { $0.operation == .writeOut }.count == 41)
        let barrier = try #require(calls.firstIndex { $0.operation == .sync })
        let first = try #require(calls.firstIndex { $0.target?.string.contains("tmp_") == false })
        #expect(barrier < first)
        #expect(calls.contains { $0.operation == .syncDirectory } == (durability == .full))
        for id in ids { #expect(try store.verifies(id)) }
        #expect(place.litter == [])
        try place.git("fsck")
    }

    @Test func failuresLeaveNothing() throws {
        let place = try LoosePlace()
        let store = FilesObjectStore(objectDirectory: place.objects, algorithm: .sha1)
        #expect(throws: ObjectError.self) {
            try store.withBatch(durability: .data) { batch throws(ObjectError) in
                _ = try batch.write(.blob, someBytes(9).span, durability: nil)
                _ = try batch.write(MadeStream(5, claiming: 6), durability: nil)
            }
        }
        #expect(place.litter == [] && names(in: place.objects) == ["info", "pack"])
        let id = try store.withBatch { batch throws(ObjectError) in
            let id = try batch.write(.blob, someBytes(9).span, durability: nil)
            let isThere = try store.contains(id)
            #expect(isThere)
            return id
        }
        #expect(try store.verifies(id))
    }

    /// What is configured decides, where the caller does not say.
    @Test func configuration() throws {
        let place = try LoosePlace()
        let store = FilesObjectStore(
            objectDirectory: place.objects, algorithm: .sha1, writing: ObjectWriting(syncing: .data))
        let session = DiskFaults.install(.init(under: place.objects, operations: [.sync]))
        _ = try store.write(.blob, someBytes(1).span, durability: nil)
        _ = try store.write(.blob, someBytes(2).span, durability: Durability.none)
        #expect(session.count == 1)
        try store.withBatch { batch throws(ObjectError) in
            for size in 3...9 { _ = try batch.write(.blob, someBytes(size).span, durability: nil) }
        }
        session.remove()
        #expect(session.count == 2)
    }
}
