import StrataModel
import StrataObjects
import Testing

@testable import StrataTesting

/// The kit finds nothing in the library's own stores of objects, as they are and composed.
@Suite struct ObjectStoreTests {
    private func check(_ kind: CheckedObjects) throws {
        let report = try kind.check()
        #expect(report.failures.map(\.description) == [])
        #expect(report.checked.count >= 8, "\(report)")
    }

    @Test(arguments: CheckedObjects.physical) func physicalStores(_ kind: CheckedObjects) throws { try check(kind) }

    @Test(arguments: CheckedObjects.packed) func packedMeanwhile(_ kind: CheckedObjects) throws { try check(kind) }

    @Test(arguments: CheckedObjects.compositions) func compositions(_ kind: CheckedObjects) throws { try check(kind) }

    /// What is packed behind a handle's back, or written into the front of an overlay, while a walk is at it or after an abbreviation was looked for.
    @Test(arguments: [CheckedObjects.packed[0], .compositions[0], .compositions[2]])
    func nothingIsMissedBesideWriters(_ kind: CheckedObjects) throws {
        try check(
            kind.only(
                "walks beside writers:", "digits that distinguish: count", "digits that distinguish: are as few",
                "abbreviations: are ambiguous also", "absence: the tree without"))
    }
}
