import RefStoreChecks
import StrataModel
import StrataRefs
import Testing

@Suite struct RefViewTests {
    static let id = ObjectID(algorithm: .sha1, words: (0x0123_4567_89ab_cdef, 2, 3 << 32, 0))
    static let long = ObjectID(algorithm: .sha256, words: (9, 8, 7, 6))

    @Test func valuesComeBackAsTheyWereAdded() {
        let values: [RefValue] = [
            .object(Self.id, peeled: nil), .object(Self.id, peeled: .zero(.sha1)),
            .object(Self.long, peeled: Self.long),
            .symbolic(Array("refs/heads/\u{e9}".utf8)), .symbolic([]), .broken(.content), .broken(.badName),
        ]
        var builder = RefRunBuilder()
        for (index, value) in values.enumerated() {
            builder.append(name: Array("refs/x\(index)".utf8), value: value, flags: index == 0 ? .packed : [])
        }
        #expect(builder.count == values.count)
        let run = builder.finished()
        for (index, value) in values.enumerated() {
            let view = run[index]
            #expect(view.value == value)
            #expect(view.refName.description == "refs/x\(index)")
            #expect(view.isSymbolic == (value.target != nil))
            #expect(view.objectID == value.objectID)
            #expect(view.flags.contains(.packed) == (index == 0))
        }
        #expect(run[6].flags.contains(.badName))
    }

    @Test func runsAreSortedByUnsignedBytesAndSearched() {
        var builder = RefRunBuilder()
        let names: [[UInt8]] = [[0xff], [0x61, 0x62], [0x61], [0x7f], [0x61]]
        for (index, name) in names.enumerated() { builder.append(name: name, value: .symbolic([UInt8(index)])) }
        let run = builder.sorted()
        #expect((0..<run.count).map { run[$0].refName.bytes } == [[0x61], [0x61], [0x61, 0x62], [0x7f], [0xff]])
        // Of equal names the one added last comes last.
        #expect(run[0].value == .symbolic([2]) && run[1].value == .symbolic([4]))
        for (name, index) in [([], 0), ([0x61], 0), ([0x61, 0], 2), ([0x80], 4), ([0xff, 0], 5)] as [([UInt8], Int)] {
            let found = run.lowerBound(name.span)
            #expect(found == index)
        }
    }

    /// A view keeps what it looks into, after the run and its cursor are gone.
    @Test func viewsOutliveTheirRun() throws {
        func view() throws -> RefView? {
            var builder = RefRunBuilder()
            builder.append(name: Array("refs/heads/main".utf8), value: .object(Self.id, peeled: nil))
            var cursor = RefRunCursor(builder.finished(), over: .all)
            return try cursor.next()
        }
        let kept = try #require(try view())
        #expect(kept.refName == "refs/heads/main" && kept.objectID == Self.id)
    }

    /// Digits that are none make a broken reference, not a trap.
    @Test func malformedHexIsBroken() {
        let block = RefBlock(Array("refs/x".utf8) + Array(repeating: UInt8(ascii: "g"), count: 40))
        for count in [0, 1, 39, 40] {
            let view = unsafe RefView(
                owner: block, name: block.buffer(0..<6), value: block.buffer(6..<6 + count), peeled: nil, form: .hex,
                flags: [])
            #expect(view.value == .broken(.content) && view.objectID == nil)
        }
    }
}
