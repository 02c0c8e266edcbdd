import StrataIO
import StrataModel
import StrataObjects
import StrataTesting
import Testing

/// Large objects in a store of their own, behind the others: the example of the documentation.
struct LargeApart: WrappingObjectStore {
    let base: any ObjectStore
    let large: any ObjectStore
    let limit: UInt64

    init(_ small: any ObjectStore, large: any ObjectStore, above limit: UInt64) throws(ObjectError) {
        base = try OverlayObjectStore(front: small, over: large)
        self.large = large
        self.limit = limit
    }

    func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        try (bytes.count > limit ? large : base).write(kind, bytes, durability: durability)
    }

    func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        try (stream.size > limit ? large : base).write(stream, durability: durability)
    }

    func pinned() throws(ObjectError) -> any ObjectStore { try base.pinned() }
}

@Suite struct LargeApartTests {
    @Test func theExampleKeepsTheLaws() {
        var options = ObjectStoreCheckOptions()
        (options.largeObject, options.manyObjects, options.histories) = (300_000, 100, 10)
        let report = checkObjectStore(options) {
            try LargeApart(MemoryObjectStore(.sha1), large: MemoryObjectStore(.sha1), above: 4096)
        }
        #expect(report.failures.map(\.description) == [])
        #expect(report.checked.count > 150, "\(report)")
    }
}
