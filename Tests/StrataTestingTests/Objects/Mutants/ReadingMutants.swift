import StrataModel
import StrataObjects
import StrataTesting

/// Bugs of reading one object.
extension ObjectMutant {
    /// What cannot be read is taken for what is not there.
    static let absentWhenDamaged = ObjectMutant(
        "a damaged object is absent", foundBy: "damage: a text that is damaged is an error"
    ) { $0.damage = { _ in nil } }

    /// The header is counted with the contents, where there are more than a page of them.
    static let sizeOfHeader = ObjectMutant(
        "the size is wrong", foundBy: "reading: a blob of some pages is as it was written"
    ) {
        $0.info = { contents in
            let size = UInt64(contents.bytes.count)
            return ObjectInfo(kind: contents.kind, size: size > 4096 ? size + 11 : size)
        }
    }

    /// A tag's number is taken for that of a commit.
    static let kindsMixedUp = ObjectMutant("kinds are mixed up", foundBy: "reading: a tag is as it was written") {
        $0.info = { contents in
            ObjectInfo(kind: contents.kind == .tag ? .commit : contents.kind, size: UInt64(contents.bytes.count))
        }
    }

    static let limitIgnored = ObjectMutant(
        "the limit is ignored", foundBy: "limits: a page is refused by a limit of a byte less"
    ) { $0.isTooLarge = { _, _ in false } }

    static let limitTooStrict = ObjectMutant(
        "an object as large as the limit is refused", foundBy: "limits: an object as large as the limit is read"
    ) { $0.isTooLarge = { $0 >= $1 && $0 > 0 } }

    /// The piece that is left over when the others are full is forgotten.
    static let lastPieceDropped = ObjectMutant(
        "a stream drops its last piece", foundBy: "streams: give a large object in pieces"
    ) { $0.stream = { FullPieces($0) } }

    private final class FullPieces: ObjectStream {
        let kind: ObjectKind
        let size: UInt64
        private var rest: ArraySlice<UInt8>

        init(_ contents: ObjectContents) {
            kind = contents.kind
            size = UInt64(contents.bytes.count)
            rest = contents.bytes[...]
        }

        func next(_ chunk: inout [UInt8]) -> Bool {
            guard rest.count >= 1000 || (size < 1000 && !rest.isEmpty) else { return false }
            chunk = Array(rest.prefix(1000))
            rest = rest.dropFirst(1000)
            return true
        }
    }

    /// Ids are compared by the words of the shorter kind.
    static let otherHashFunction = ObjectMutant(
        "an id of the other hash function is found", foundBy: "absence: of an id of the other hash function"
    ) {
        $0.find = { store, id in
            let now = store.now
            let own = ObjectID(algorithm: store.algorithm, words: (id.word0, id.word1, id.word2, id.word3))
            return now.loose[own] ?? now.packed[own]
        }
    }

    /// Packs are looked at before loose objects: one that is packed in between is in neither.
    static let packedReadFirst = ObjectMutant("packs are looked at first", foundBy: "concurrency: ") {
        $0.find = { store, id in
            if let found = store.now.packed[id] { return found }
            SmallObjectStore.wait()
            return store.now.loose[id]
        }
    }
}
