import StrataIO
import StrataModel
import StrataObjects
import StrataTesting
import Synchronization

/// Bugs of what is remembered.
extension ObjectMutant {
    /// That an object is absent is remembered.
    static let rememberedAbsence = ObjectMutant(
        "absence is remembered", foundBy: "absence: is not remembered: what was absent is there"
    ) {
        let store = MemoryObjectStore(.sha1)
        return SharedObjects([Remembering(base: store), store])
    }

    private final class Remembering: WrappingObjectStore {
        let base: any ObjectStore
        private let absent = Mutex<Set<ObjectID>>([])

        init(base: any ObjectStore) { self.base = base }

        func pinned() throws(ObjectError) -> any ObjectStore { try base.pinned() }

        func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
            if absent.withLock({ $0.contains(id) }) { return nil }
            if let found = try base.read(id, limit: limit) { return found }
            absent.withLock { _ = $0.insert(id) }
            return nil
        }
    }

    /// The list of all ids is made once, and then anew only when this store writes.
    static let staleList = ObjectMutant(
        "a listing does not see what others write", foundBy: "sharing: what the other store writes is seen at once"
    ) {
        let store = MemoryObjectStore(.sha1)
        return SharedObjects([Listing(base: store), store])
    }

    private final class Listing: WrappingObjectStore {
        let base: any ObjectStore
        private let known = Mutex<[ObjectID]?>(nil)

        init(base: any ObjectStore) { self.base = base }

        func pinned() throws(ObjectError) -> any ObjectStore { try base.pinned() }

        func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor {
            if let ids = known.withLock({ $0 }) { return ObjectListCursor(ids, in: base) }
            var ids: [ObjectID] = []
            let cursor = try base.cursor(order)
            while let id = try cursor.next() { ids.append(id) }
            known.withLock { [ids] in $0 = ids }
            return ObjectListCursor(ids, in: base)
        }

        func write(
            _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
        ) throws(ObjectError) -> ObjectID {
            known.withLock { $0 = nil }
            return try base.write(kind, bytes, durability: durability)
        }
    }

    /// What a pinned store has goes when the store has changed much.
    static let movingPin = ObjectMutant(
        "a pinned store moves", foundBy: "pinned stores: keep showing it when more is written"
    ) { SharedObjects([Pinning(base: MemoryObjectStore(.sha1))]) }

    private struct Pinning: WrappingObjectStore {
        let base: any ObjectStore
        var then: Int?

        func pinned() throws(ObjectError) -> any ObjectStore { Pinning(base: base, then: try base.approximateCount()) }

        func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
            if let then, try base.approximateCount() > then + 8 { return nil }
            return try base.read(id, limit: limit)
        }
    }

    /// A tag that cannot be understood is taken for one that leads to itself.
    static let corruptTagPeels = ObjectMutant(
        "a corrupt tag leads somewhere", foundBy: "peeling: a tag of 14 bytes that is none is corrupt"
    ) { SharedObjects([Lenient(base: MemoryObjectStore(.sha1))]) }

    private struct Lenient: WrappingObjectStore {
        let base: any ObjectStore
        func pinned() throws(ObjectError) -> any ObjectStore { self }
        func peel(_ id: ObjectID, verifyingTarget: Bool) throws(ObjectError) -> TypedObjectID? {
            do throws(ObjectError) { return try base.peel(id, verifyingTarget: verifyingTarget) } catch {
                return TypedObjectID(id: id, kind: .tag)
            }
        }
    }
}
