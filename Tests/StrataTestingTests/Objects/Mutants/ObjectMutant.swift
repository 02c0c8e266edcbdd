import StrataModel
import StrataObjects

@testable import StrataTesting

/// A store of objects with one bug, of a kind that there has been somewhere.
struct ObjectMutant: Sendable, CustomStringConvertible {
    let name: String
    /// The check that must find it, by the beginning of its name.
    let check: String
    let make: @Sendable () throws -> SharedObjects

    init(_ name: String, foundBy check: String, make: @escaping @Sendable () throws -> SharedObjects) {
        self.name = name
        self.check = check
        self.make = make
    }

    /// A small store with one way of it changed.
    init(_ name: String, foundBy check: String, _ change: @escaping @Sendable (inout SmallObjectWays) -> Void) {
        self.init(name, foundBy: check) {
            var ways = SmallObjectWays()
            change(&ways)
            return Self.small(ways)
        }
    }

    /// A small store, packed meanwhile.
    static func small(_ ways: SmallObjectWays = SmallObjectWays(), _ algorithm: HashAlgorithm = .sha1) -> SharedObjects
    {
        let store = SmallObjectStore(algorithm, ways)
        return SharedObjects(
            [store], upkeep: { store.pack() }, damage: { id in store.change { _ = $0.damaged.insert(id) } })
    }

    var description: String { name }

    static let all: [ObjectMutant] = [
        absentWhenDamaged, sizeOfHeader, rememberedAbsence, lastOfShard, repeatedWhenKeptTwice, firstOfTwo,
        oneDigitTooFew,
        lastPieceDropped, tornWrite, lostUpdate, wrongIDOfEmpty, kindsMixedUp, limitIgnored, limitTooStrict, movingPin,
        shortStreamAccepted, refusedStreamKept, otherHashFunction, writesAllTheSame, infoOfNeighbour, missedByWalk,
        staleList, packedReadFirst, atMostIgnored, corruptTagPeels, tooFewForAbsent,
    ]
}
