import StrataRefs

@testable import StrataTesting

/// A store with one bug, of a kind that there has been.
struct Mutant: Sendable, CustomStringConvertible {
    let name: String
    /// The families of checks, by the beginnings of their names, one of which at least must find it.
    let families: [String]
    let make: @Sendable () throws -> SharedReferences

    init(_ name: String, foundBy families: String..., make: @escaping @Sendable () throws -> SharedReferences) {
        self.name = name
        self.families = families
        self.make = make
    }

    /// A small store with one way of it changed. `packs` = it is packed meanwhile.
    init(
        _ name: String, foundBy families: String..., packs: Bool = false,
        _ change: @escaping @Sendable (inout SmallWays) -> Void
    ) {
        self.name = name
        self.families = families
        make = {
            var ways = SmallWays()
            change(&ways)
            return Self.small(ways, packs: packs)
        }
    }

    static func small(_ ways: SmallWays = SmallWays(), packs: Bool = false) -> SharedReferences {
        let store = SmallRefStore(ways)
        return SharedReferences(
            [store], upkeep: packs ? { @Sendable in store.pack() } : nil,
            damage: { name in store.change { _ = $0.damaged.insert(name) } })
    }

    var description: String { name }

    static let all: [Mutant] = [
        lostByPacking, packedLeftBehind, staleByEqualTime, stampKeptOnDeletion, halfVisible, hiddenNeighbours,
        hiddenEndsListing, skewedLayers, logAfterRelease, headWithoutLog, rejectedApplied, releasedEarly,
        movingSnapshot, lostAtBlockEnd, comparedEarly, lineLostByExpiry, signedBytes, hiddenByPartOfName,
        packedReadFirst, logOutlivesReference, foldedCase, stalePeeled, absentForUnreadable, halfListed,
        readOneByOne,
    ]
}
