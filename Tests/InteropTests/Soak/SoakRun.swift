import Synchronization
import SystemPackage
import TestSupport

/// Writers of two programs at work on one repository for a while.
struct SoakRun {
    let repository: SoakRepository
    let writers: Int
    private(set) var reports: [SoakReport] = []
    private(set) var history: SoakHistory

    /// Runs four writers of each program for `seconds`; those of the second kill one of `killsOneOf` of their commands.
    init(_ first: Peer, _ second: Peer, seconds: Int, killsOneOf: Int = 0, onDisk: Bool = false) throws {
        writers = 8
        // More than eight writers can use up in the time.
        let share = 600 * seconds + 500
        let repository = try SoakRepository(writers: writers, commits: writers * share + 6, onDisk: onDisk)
        self.repository = repository
        let shared = Mutex([SoakReport](repeating: SoakReport(), count: writers))
        let end = clockNanoseconds() + UInt64(seconds) * 1_000_000_000
        try concurrently(writers) { number in
            let isSecond = number % 2 == 1
            let low = SoakValue(number * share + 1)
            let writer = SoakWriter(
                number, isSecond ? second : first, repository, values: low..<(low + SoakValue(share)),
                killsOneOf: isSecond ? killsOneOf : 0)
            writer.work(until: end)
            let report = writer.report
            shared.withLock { $0[number] = report }
        }
        reports = shared.withLock { $0 }
        history = SoakHistory(
            references: repository.references, initial: repository.initial, final: [],
            records: reports.flatMap(\.records), readings: reports.flatMap(\.readings))
    }

    /// Takes the final values as `peer` lists them.
    mutating func conclude(_ peer: Peer) throws {
        let (reading, result) = try repository.read(peer)
        guard let reading else { throw SoakFailure(text: "\(peer.name) cannot list: \(result.errText)") }
        history.final = reading.values
    }

    var complaints: [String] { reports.flatMap(\.complaints) }

    var summary: String {
        let changes = history.records.filter(\.acknowledged).map(\.changes.count).reduce(0, +)
        let open = history.records.filter { !$0.acknowledged }.count
        func sum(_ part: KeyPath<SoakReport, Int>) -> Int { reports.map { $0[keyPath: part] }.reduce(0, +) }
        return "\(changes) changes acknowledged, \(open) transactions unanswered, \(sum(\.refused)) refused, "
            + "\(sum(\.timeouts)) lock time-outs, \(sum(\.packs)) packings, \(history.readings.count) listings, "
            + "\(sum(\.kills)) kills"
    }

    /// Whether the reflogs of the references that were never deleted hold every acknowledged change, in one chain when no
    /// writer was killed.
    func reflogViolations(unbroken: Bool) -> [String] {
        var result: [String] = []
        for reference in repository.chains {
            let name = repository.references[reference]
            let text = String(decoding: readFile(repository.path.appending("logs/\(name)")) ?? [], as: UTF8.self)
            var lines: [(old: Substring, new: Substring)] = []
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 2)
                if words.count == 3 { lines.append((words[0], words[1])) }
            }
            let changes = history.records.filter(\.acknowledged).flatMap(\.changes).filter { $0.reference == reference }
            let logged = Set(lines.map { "\($0.old) \($0.new)" })
            let missing = changes.filter { !logged.contains("\(repository.id($0.old)) \(repository.id($0.new))") }
            if !missing.isEmpty { result.append("\(name): \(missing.count) changes are not in the reflog") }
            if unbroken {
                let breaks = zip(lines, lines.dropFirst()).filter { $0.new != $1.old }.count
                if breaks > 0 || lines.count != changes.count + 1 {
                    result.append(
                        "\(name): reflog of \(lines.count) lines for \(changes.count) changes, \(breaks) breaks")
                }
            }
        }
        return result
    }
}

/// Why a soak has no result.
struct SoakFailure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
