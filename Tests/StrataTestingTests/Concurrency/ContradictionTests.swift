import Testing

@testable import StrataTesting

/// A bad history is told in few lines.
@Suite struct ContradictionTests {
    typealias Histories = LinearizationTests

    /// Thirty changes one after the other, and one of them is lost.
    @Test func aLostUpdateIsToldByTheTwoThatLostIt() throws {
        var operations = (1...30).map { Histories.change($0 * 10, $0 * 10 + 2, .value($0 - 1), to: $0) }
        operations += (1...30).map { Histories.look($0 * 10 + 4, $0 * 10 + 5, $0) }
        operations.append(Histories.change(151, 153, .value(14), to: 99))
        operations.sort { $0.start < $1.start }
        let found = try #require(Contradiction(in: operations, from: [0]))
        #expect(found.initial == nil)
        #expect(found.operations.map(\.text) == ["0 := 15", "0 := 99"])
    }

    @Test func theBeginningIsToldWhereItMatters() throws {
        let operations = [Histories.look(1, 2, 3), Histories.change(3, 4, .value(3), to: 4)]
        let found = try #require(Contradiction(in: operations, from: [2]))
        #expect(found.initial == [2])
        #expect(found.operations.map(\.text) == ["0 value(3)"])
    }

    @Test func aGoodHistoryHasNone() {
        #expect(Contradiction(in: [Histories.change(1, 2, .value(0), to: 1)], from: [0]) == nil)
    }

    @Test func aValueThatComesBackIsToldByWhoSawIt() throws {
        let operations = [
            Histories.change(1, 2, .value(0), to: 1), Histories.look(3, 4, 1), Histories.change(5, 6, .value(1), to: 2),
            Histories.look(7, 8, 2), Histories.look(9, 10, 1), Histories.look(11, 12, 2),
        ]
        let found = try #require(Contradiction(in: operations, from: [0]))
        #expect(found.operations.count == 2)
        #expect(found.operations.last?.text == "0 value(1)")
    }
}
