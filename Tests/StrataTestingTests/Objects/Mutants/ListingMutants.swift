import StrataModel
import StrataObjects
import StrataTesting
import Synchronization

/// Bugs of walks and abbreviations.
extension ObjectMutant {
    /// The last object of each first byte is passed over, where there are others.
    static let lastOfShard = ObjectMutant(
        "a walk skips the last of a directory", foundBy: "walks: by id give the first and the last ids"
    ) {
        let list = $0.list
        $0.list = { order, loose, packed in
            let all = list(order, loose, packed)
            guard order == .byID else { return all }
            return all.indices.filter { place in
                guard place > 0, all[place - 1].byte(at: 0) == all[place].byte(at: 0) else { return true }
                return place + 1 < all.count && all[place + 1].byte(at: 0) == all[place].byte(at: 0)
            }.map { all[$0] }
        }
    }

    static let repeatedWhenKeptTwice = ObjectMutant(
        "what is kept twice is given twice", foundBy: "walks: as stored give every object"
    ) { $0.list = { order, loose, packed in order == .byID ? Set(loose + packed).sorted() : packed + loose } }

    static let firstOfTwo = ObjectMutant(
        "an abbreviation stands for the first of two", foundBy: "abbreviations: that two ids share in 4 digits"
    ) { $0.found = { found, count in Array(found.prefix(min(count, found.count == 2 ? 1 : count))) } }

    static let atMostIgnored = ObjectMutant(
        "more ids are given than were asked for", foundBy: "abbreviations: of no digits stand for all ids"
    ) { $0.found = { found, _ in found } }

    static let oneDigitTooFew = ObjectMutant(
        "the digit that differs is not counted", foundBy: "digits that distinguish: are 5 where another shares 4"
    ) { $0.digits = { digits, _ in max(0, digits - 1) } }

    static let tooFewForAbsent = ObjectMutant(
        "an absent id has no digits", foundBy: "digits that distinguish: of an id that is absent"
    ) { $0.digits = { digits, isThere in isThere ? digits : 0 } }

    /// What is known of an object is that of the one before it.
    static let infoOfNeighbour = ObjectMutant(
        "a walk tells of the object before", foundBy: "walks: by id tell of each object"
    ) { SharedObjects([Neighbouring(base: MemoryObjectStore(.sha1))]) }

    private struct Neighbouring: WrappingObjectStore {
        let base: any ObjectStore
        func pinned() throws(ObjectError) -> any ObjectStore { self }
        func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor {
            Cursor(base, try base.cursor(order))
        }

        private final class Cursor: ObjectCursor {
            let store: any ObjectStore
            let cursor: any ObjectCursor
            var last: [ObjectID] = []

            init(_ store: any ObjectStore, _ cursor: any ObjectCursor) {
                self.store = store
                self.cursor = cursor
            }

            func next() throws(ObjectError) -> ObjectID? {
                let id = try cursor.next()
                if let id { last = last.suffix(1) + [id] }
                return id
            }

            func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
                guard let id = last.first else { return nil }
                return try store.info(of: id, fields)
            }
        }
    }

    /// An object of the back that comes to be in the front when the walk is past that is passed over in the back too.
    static let missedByWalk = ObjectMutant(
        "a walk misses what is written again",
        foundBy: "walks beside writers: as stored miss nothing when what is there is written again"
    ) {
        let (front, back) = (MemoryObjectStore(.sha1), MemoryObjectStore(.sha1))
        return SharedObjects([
            Layered(base: try OverlayObjectStore(front: front, over: back), front: front, back: back),
            try OverlayObjectStore(front: back, over: front),
        ])
    }

    private struct Layered: WrappingObjectStore {
        let base: any ObjectStore
        let front: MemoryObjectStore
        let back: MemoryObjectStore
        func pinned() throws(ObjectError) -> any ObjectStore { try base.pinned() }

        func cursor(_ order: ObjectOrder) throws(ObjectError) -> any ObjectCursor {
            order == .asStored(repeating: false)
                ? Cursor(front.cursor(order), back.cursor(order), front) : try base.cursor(order)
        }

        private final class Cursor: ObjectCursor {
            let cursors: [any ObjectCursor]
            let front: MemoryObjectStore
            var index = 0

            init(_ first: any ObjectCursor, _ second: any ObjectCursor, _ front: MemoryObjectStore) {
                cursors = [first, second]
                self.front = front
            }

            func next() throws(ObjectError) -> ObjectID? {
                while index < 2 {
                    while let id = try cursors[index].next() { if index == 0 || !front.contains(id) { return id } }
                    index += 1
                }
                return nil
            }

            func info(_ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
                index < 2 ? try cursors[index].info(fields) : nil
            }
        }
    }
}
