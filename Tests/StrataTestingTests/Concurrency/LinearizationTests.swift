import Testing

@testable import StrataTesting

/// Small histories whose answer is plain.
@Suite struct LinearizationTests {
    typealias Requirement = HistoryOperation.Requirement

    static func change(
        _ start: Int, _ end: Int, _ requires: Requirement = .anything, to value: Int, slot: Int = 0
    ) -> HistoryOperation {
        operation(start, end, [.init(slot: slot, requires: requires, writes: value)])
    }

    static func look(_ start: Int, _ end: Int, _ value: Int, slot: Int = 0) -> HistoryOperation {
        operation(start, end, [.init(slot: slot, requires: .value(value), writes: nil)])
    }

    static func operation(_ start: Int, _ end: Int, _ touches: [HistoryOperation.Touch]) -> HistoryOperation {
        let text = touches.map { touch in
            touch.writes.map { "\(touch.slot) := \($0)" } ?? "\(touch.slot) \(touch.requires)"
        }
        return HistoryOperation(
            thread: 0, start: start, end: end, touches: touches, text: text.joined(separator: ", "))
    }

    static func answer(
        _ operations: [HistoryOperation], from values: [Int] = [0]
    ) -> LinearizationSearch.Answer {
        LinearizationSearch.answer(operations.sorted { $0.start < $1.start }, from: values)
    }

    @Test func oneAfterTheOther() {
        #expect(Self.answer([]) == .possible)
        #expect(Self.answer([Self.change(1, 2, .value(0), to: 1), Self.look(3, 4, 1)]) == .possible)
        #expect(Self.answer([Self.change(1, 2, .value(0), to: 1), Self.look(3, 4, 0)]) == .impossible)
        #expect(Self.answer([Self.change(1, 2, .value(7), to: 1)]) == .impossible)
        #expect(Self.answer([Self.change(1, 2, .value(7), to: 1)], from: [7]) == .possible)
    }

    @Test func atTheSameTimeEitherIsFirst() {
        let change = Self.change(1, 4, .value(0), to: 1)
        #expect(Self.answer([change, Self.look(2, 3, 0)]) == .possible)
        #expect(Self.answer([change, Self.look(2, 3, 1)]) == .possible)
        // Seen, and then not any more.
        #expect(Self.answer([change, Self.look(2, 3, 1), Self.look(5, 6, 0)]) == .impossible)
    }

    @Test func aLostUpdateHasNoOrder() {
        let both = [Self.change(1, 4, .value(0), to: 1), Self.change(2, 5, .value(0), to: 2)]
        #expect(Self.answer(both) == .impossible)
        #expect(Self.answer([both[0], Self.change(2, 5, .value(1), to: 2)]) == .possible)
    }

    @Test func whatMayNotHaveHappenedExplains() {
        var doubtful = Self.change(1, 2, .value(0), to: 1)
        doubtful.isCertain = false
        #expect(Self.answer([doubtful, Self.look(3, 4, 0)]) == .possible)
        #expect(Self.answer([doubtful, Self.look(3, 4, 0), Self.look(5, 6, 1)]) == .possible)
        #expect(Self.answer([doubtful, Self.look(3, 4, 1), Self.look(5, 6, 0)]) == .impossible)
    }

    @Test func transactionsAreSeenWhole() {
        let both = Self.operation(
            1, 4, [.init(slot: 0, requires: .value(0), writes: 1), .init(slot: 1, requires: .value(0), writes: 2)])
        let whole = Self.operation(
            2, 3, [.init(slot: 0, requires: .value(1), writes: nil), .init(slot: 1, requires: .value(2), writes: nil)])
        let half = Self.operation(
            2, 3, [.init(slot: 0, requires: .value(1), writes: nil), .init(slot: 1, requires: .value(0), writes: nil)])
        #expect(Self.answer([both, whole], from: [0, 0]) == .possible)
        #expect(Self.answer([both, half], from: [0, 0]) == .impossible)
        // Each reference for itself is as it should be.
        for slot in 0...1 {
            #expect(Self.answer([both, half].compactMap { $0.projected(to: [slot]) }) == .possible)
        }
    }

    private static func looks(_ start: Int, _ end: Int, _ values: [Int]) -> HistoryOperation {
        var look = operation(
            start, end, values.enumerated().map { .init(slot: $0, requires: .value($1), writes: nil) })
        look.isAtOneMoment = false
        return look
    }

    /// Two that look at moments of their own may disagree on which of two changes was first; those who look at one moment may not.
    @Test func looksAtMomentsOfTheirOwn() {
        let changes = [Self.change(1, 9, .value(0), to: 1), Self.change(1, 9, .value(0), to: 2, slot: 1)]
        var looks = [Self.looks(1, 9, [1, 0]), Self.looks(1, 9, [0, 2])]
        #expect(Self.answer(changes + looks, from: [0, 0]) == .possible)
        for index in looks.indices { looks[index].isAtOneMoment = true }
        #expect(Self.answer(changes + looks, from: [0, 0]) == .impossible)
        // What was over before the look began is seen.
        #expect(Self.answer(changes + [Self.looks(10, 11, [1, 0])], from: [0, 0]) == .impossible)
    }

    /// At moments of their own too, transactions are seen whole.
    @Test func noLookPartsATransaction() {
        func both(_ start: Int, _ end: Int, _ values: (Int, Int)) -> HistoryOperation {
            Self.operation(
                start, end,
                [
                    .init(slot: 0, requires: .anything, writes: values.0),
                    .init(slot: 1, requires: .anything, writes: values.1),
                ])
        }
        let first = both(1, 9, (1, 2))
        #expect(Self.answer([first, Self.looks(1, 9, [1, 2])], from: [0, 0]) == .possible)
        #expect(Self.answer([first, Self.looks(1, 9, [0, 0])], from: [0, 0]) == .possible)
        #expect(Self.answer([first, Self.looks(1, 9, [1, 0])], from: [0, 0]) == .impossible)
        #expect(Self.answer([first, Self.looks(1, 9, [0, 2])], from: [0, 0]) == .impossible)
        // A change of one of them behind it: seen with the transaction, or without both.
        let later = Self.change(1, 9, .value(1), to: 3)
        #expect(Self.answer([first, later, Self.looks(1, 9, [3, 2])], from: [0, 0]) == .possible)
        #expect(Self.answer([first, later, Self.looks(1, 9, [3, 0])], from: [0, 0]) == .impossible)
        // A value that comes back after it does not make it half.
        let back = Self.change(1, 9, .value(2), to: 0, slot: 1)
        #expect(Self.answer([first, back, Self.looks(1, 9, [1, 0])], from: [0, 0]) == .possible)
    }

    /// A look over three references, of which two transactions share one: whole with both.
    @Test func noLookPartsOneOfTwoTransactions() {
        func pair(_ slots: (Int, Int), _ value: Int) -> HistoryOperation {
            Self.operation(
                1, 9,
                [
                    .init(slot: slots.0, requires: .anything, writes: value),
                    .init(slot: slots.1, requires: .anything, writes: value),
                ])
        }
        let pairs = [pair((0, 1), 1), pair((1, 2), 2)]
        for (values, isPossible) in [
            ([0, 0, 0], true), ([1, 1, 0], true), ([1, 2, 2], true), ([0, 2, 2], true), ([1, 1, 2], true),
            ([1, 0, 0], false), ([0, 1, 0], false), ([1, 2, 0], false), ([0, 0, 2], false), ([0, 2, 0], false),
        ] {
            let answer = Self.answer(pairs + [Self.looks(1, 9, values)], from: [0, 0, 0])
            #expect(answer == (isPossible ? .possible : .impossible), "\(values)")
        }
    }

    @Test func requirementsAdmitWhatTheySay() {
        let all: [(Requirement, [Bool])] = [
            (.anything, [true, true, true]), (.value(0), [true, false, false]), (.value(1), [false, true, false]),
            (.valueOrNothing(1), [true, true, false]), (.something, [false, true, true]),
            (.other(than: 1), [false, false, true]),
        ]
        for (requirement, expected) in all { #expect((0...2).map(requirement.admits) == expected) }
    }

    /// Many changes at once that nobody saw have too many orders to try when the last look fits none.
    @Test func theSearchIsBounded() {
        var operations = (1...18).map { Self.change($0, 100 + $0, .anything, to: $0) }
        operations.append(Self.look(200, 201, 99))
        let sorted = operations.sorted { $0.start < $1.start }
        #expect(LinearizationSearch.answer(sorted, from: [0], budget: 500) == .undecided)
    }

    /// Histories made by running random operations one after the other, each somewhere within its time.
    @Test(arguments: 1...40) func whatHappenedInOrderHasOne(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var values = [0, 0, 0]
        var operations: [HistoryOperation] = []
        for moment in 1...60 {
            let slot = random.below(3)
            let (start, end) = (moment * 100 - random.below(350), moment * 100 + random.below(350))
            switch random.below(4) {
            case 0: operations.append(Self.look(start, end, values[slot], slot: slot))
            case 1:
                operations.append(Self.change(start, end, .anything, to: 0, slot: slot))
                values[slot] = 0
            default:
                operations.append(Self.change(start, end, .value(values[slot]), to: moment, slot: slot))
                values[slot] = moment
            }
        }
        #expect(Self.answer(operations, from: [0, 0, 0]) == .possible)
        // A value that was never there is never explained.
        let foreign = operations + [Self.look(3000, 3001, 1000, slot: 1)]
        #expect(Self.answer(foreign, from: [0, 0, 0]) != .possible)
    }
}
