import Testing

/// The judge of a soak finds what must not happen, and nothing in what may.
@Suite struct SoakHistoryTests {
    private func change(
        _ old: SoakValue, _ new: SoakValue, _ start: UInt64, _ end: UInt64, answered: Bool = true
    ) -> SoakRecord {
        SoakRecord(
            writer: Int(start), changes: [SoakChange(reference: 0, old: old, new: new)], start: start, end: end,
            acknowledged: answered)
    }

    /// The violations found, each without what was done around it.
    private func violations(
        _ records: [SoakRecord], final: SoakValue, readings: [(SoakValue, UInt64, UInt64)] = []
    ) -> [String] {
        SoakHistory(
            references: ["r"], initial: [1], final: [final], records: records,
            readings: readings.map { SoakReading(values: [$0.0], start: $0.1, end: $0.2, reader: "reader") }
        ).violations().map { String($0.prefix { $0 != "\n" }) }
    }

    @Test func acceptsWhatMayHappen() {
        let chain = [change(1, 2, 1, 4), change(2, 3, 3, 6), change(3, 0, 7, 8), change(0, 4, 8, 9)]
        #expect(violations(chain, final: 4, readings: [(2, 2, 5), (3, 5, 6), (0, 7, 9), (4, 9, 10)]) == [])
        // An unanswered change may have happened or not, whatever was built upon it tells.
        let open = change(2, 3, 3, 6, answered: false)
        #expect(violations([change(1, 2, 1, 2), open], final: 2) == [])
        #expect(violations([change(1, 2, 1, 2), open], final: 3) == [])
        #expect(violations([change(1, 2, 1, 2), open, change(3, 4, 7, 8)], final: 4) == [])
        #expect(violations([change(1, 0, 1, 2, answered: false), change(0, 2, 3, 4)], final: 2) == [])
    }

    @Test func findsALostUpdate() {
        #expect(violations([change(1, 2, 1, 2)], final: 1).count == 2)
        #expect(violations([change(1, 2, 1, 2), change(1, 3, 3, 4)], final: 3).count == 2)
        #expect(violations([change(1, 2, 1, 2)], final: 0) == ["r: value 2 of writer 1 was lost"])
    }

    @Test func findsAForkAndAGap() {
        #expect(violations([change(1, 2, 1, 2), change(1, 3, 1, 2), change(2, 0, 3, 4)], final: 3).count == 1)
        #expect(violations([change(7, 8, 1, 2)], final: 8).count == 2)
    }

    @Test func findsADeletedReferenceBack() {
        #expect(violations([change(1, 0, 1, 2)], final: 1) == ["r: ends at 1, which writer 1 had replaced"])
        #expect(
            violations([change(1, 0, 1, 2)], final: 0, readings: [(1, 3, 4)])
                == ["r: reader read 1 after writer 1 replaced it"])
    }

    @Test func findsTimesThatCannotBe() {
        #expect(violations([change(1, 2, 5, 6), change(2, 3, 1, 2)], final: 3).count == 1)
        #expect(violations([change(0, 2, 3, 4)], final: 2).contains("r: value 1 of writer -1 was lost"))
        #expect(violations([], final: 1, readings: [(0, 3, 4)]) == ["r: reader read it as absent while it existed"])
        let twice = [change(1, 0, 1, 2), change(0, 2, 3, 4), change(0, 3, 5, 6), change(2, 0, 7, 8)]
        #expect(violations(twice, final: 3) == ["r: was created while it existed"])
    }
}
