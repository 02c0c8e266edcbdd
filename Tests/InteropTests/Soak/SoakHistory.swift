/// A value of a reference: 0 = absent, otherwise a number of one of the soak's commits. No commit is written twice to
/// one reference, so that a value says who wrote it.
typealias SoakValue = Int32

/// A change of one reference that was asked for, with the value it expects.
struct SoakChange: Sendable {
    var reference: Int
    var old: SoakValue
    var new: SoakValue
}

/// A transaction that a writer sent off. Times are monotonic nanoseconds.
struct SoakRecord: Sendable {
    var writer: Int
    /// How it was sent: for messages.
    var way = ""
    var changes: [SoakChange]
    var start: UInt64
    var end: UInt64
    /// False when the writer was killed before it answered: each change may have happened or not.
    var acknowledged: Bool
}

/// What a listing showed.
struct SoakReading: Sendable {
    var values: [SoakValue]
    var start: UInt64
    var end: UInt64
    var reader: String
}

/// Everything that was acknowledged and seen, and what must be true of it.
struct SoakHistory: Sendable {
    var references: [String]
    var initial: [SoakValue]
    var final: [SoakValue]
    var records: [SoakRecord]
    var readings: [SoakReading]

    /// What cannot be explained by any order of the acknowledged changes that respects their times.
    func violations() -> [String] {
        var byReference = references.map { _ in [ChangeAtTime]() }
        for record in records {
            for change in record.changes {
                byReference[change.reference].append(
                    ChangeAtTime(
                        old: change.old, new: change.new, start: record.start, end: record.end,
                        acknowledged: record.acknowledged, writer: record.writer, way: record.way))
            }
        }
        var result: [String] = []
        for index in references.indices {
            let chain = ReferenceChain(
                name: references[index], initial: initial[index], final: final[index], changes: byReference[index],
                readings: readings.map { ($0.values[index], $0.start, $0.end, $0.reader) })
            result += chain.violations()
        }
        return result
    }
}

/// One change of one reference.
struct ChangeAtTime: Sendable {
    var old: SoakValue
    var new: SoakValue
    var start: UInt64
    var end: UInt64
    var acknowledged: Bool
    var writer: Int
    var way = ""
}

extension ChangeAtTime: CustomStringConvertible {
    var description: String {
        "\(start / 1000)..\(end / 1000) us: \(old) -> \(new), writer \(writer) \(way)\(acknowledged ? "" : ", unanswered")"
    }
}
