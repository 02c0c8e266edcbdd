import CrashSupport
import StrataIO
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// The power goes, and of what was written to a database since the last sync any part is lost: no page is damaged, each transaction is whole or absent, those
/// that were acknowledged with durability `data` or `full` are there, and with `none` the last of them may be gone.
@Suite struct DatabasePowerLossTests {
    struct Course: Sendable, CustomStringConvertible {
        var store = CrashStore.databases[0]
        /// With `@<n>`: the n-th call of the operation fails, though it was made.
        let operations: [String]
        var description: String { "\(store): \(operations.joined(separator: ", "))" }
    }

    static let courses = [
        Course(operations: ["initialize", "create"]), Course(operations: ["update", "create", "delete", "symbolic"]),
        Course(operations: ["several", "reflog expire", "reflog create"]), Course(operations: ["growth", "delete"]),
        Course(store: CrashStore.databases[1], operations: ["heads", "create"]),
        Course(store: CrashStore.databases[1], operations: ["reflog delete", "spread", "create"]),
    ]

    @Test(arguments: courses, Durability.allCases)
    func acknowledgedIsThere(_ course: Course, _ durability: Durability) throws {
        guard CrashMatrix.isComplete || durability != .data else { return }
        try check(course, durability) { run, acknowledged in
            // What is at work may be there, and what is not synced may be gone.
            let last = min(acknowledged + 1, course.operations.count)
            return Set(run.states[(durability == .none ? 0 : acknowledged)...last])
        }
    }

    /// A disk that fails a call, and with `lasts` all of that operation that come after it.
    enum Trouble: CaseIterable {
        case passes, lasts, passesBesideReader, lastsBesideReader

        var suffix: String { self == .passes || self == .passesBesideReader ? "" : "!" }
        var isBeside: Bool { self == .passesBesideReader || self == .lastsBesideReader }
    }

    /// A call fails, and if it syncs the medium has what was written, or not: the next transactions do not come to stand upon what is left of it.
    @Test(arguments: 1...6, Trouble.allCases)
    func aCallThatFails(_ call: Int, _ trouble: Trouble) throws {
        let store = CrashStore.databases[0]
        for durability in CrashMatrix.isComplete ? [Durability.none, .full] : [call % 2 == 0 ? .none : .full] {
            let place = try DatabaseTemplate.of(store).copy(durability: durability)
            let whole = try record(Course(operations: ["update", "create"]), place)
            let course = Course(operations: ["update", "create@\(call)\(trouble.suffix)", "delete", "symbolic"])
            try check(course, durability, isBeside: trouble.isBeside) { run, acknowledged in
                let made = whole.states[2]
                if durability == .none { return Set(run.states + [made]) }
                guard run.hasFailed[2] else { return Set(run.states[acknowledged...min(acknowledged + 1, 4)]) }
                // It may be there until it turns out in the process whether it is; there is no second mark.
                return switch acknowledged {
                case 0: [run.states[0], run.states[1]]
                case 1: [run.states[1], made, run.states[2], run.states[3]]
                default: Set(run.states[acknowledged...min(acknowledged + 1, 4)])
                }
            }
        }
    }

    // MARK: Doing it

    private struct Run {
        var database: RecordedDatabase
        /// What the store showed at first and after each operation.
        var states: [String]
        var hasFailed: [Bool]
    }

    /// - Parameter isBeside: whether this process has the database open meanwhile.
    private func record(_ course: Course, _ place: CrashPlace, isBeside: Bool = false) throws -> Run {
        let log = place.root.appending("log")
        let data = place.database.appending("data.mdb")
        let first = try readFile(data)
        let reader = isBeside ? try course.store.open(place) : nil
        defer { withExtendedLifetime(reader) {} }
        let result = try TestSupport.run(
            productPath("StrataProbe"),
            ["record", place.root.string, "\(place.durability)", course.store.name, log.string] + course.operations)
        #expect(result.status == 0, "\(result.outText) \(result.errText)")
        let words = result.lines.map { $0.split(separator: " ").map(String.init) }
        let states = words.map { $0.last == "none" ? DatabaseState().digest : $0.last ?? "" }
        try #require(states.count == course.operations.count + 1)
        return Run(
            database: try RecordedDatabase(log: log, first: first), states: states,
            hasFailed: words.map { $0[0] == "failed" })
    }

    private func check(
        _ course: Course, _ durability: Durability, isBeside: Bool = false,
        _ allowed: (Run, _ acknowledged: Int) -> Set<String>
    ) throws {
        let template = try DatabaseTemplate.of(course.store)
        let place = try template.copy(for: CrashOperation.named(course.operations[0]), durability: durability)
        defer { removeTree(place.root) }
        let run = try record(course, place, isBeside: isBeside)
        let count = run.database.events.count
        var random = SplitMix64(seed: UInt64(count))
        var known: [RecordedDatabase.Image: String] = [:]
        for moment in CrashMatrix.points(count, atMost: 12, seed: course.description.utf8.count) + [count] {
            let acknowledged = run.database.acknowledged(after: moment)
            let allowed = allowed(run, acknowledged)
            let comment: Comment = "after \(moment) of \(count) calls, \(acknowledged) acknowledged, \(durability)"
            for image in run.database.images(after: moment, using: &random) {
                let state = try known[image] ?? left(image, course.store, comment)
                known[image] = state
                #expect(allowed.contains(state), comment)
            }
        }
        let states = Set(known.values)
        #expect(count > 5 && states.contains(run.states[run.states.count - 1]))
        if CrashMatrix.isComplete { #expect(states.count > 1) }
    }

    /// What is found, sound, and can be written to.
    private func left(_ image: RecordedDatabase.Image, _ store: CrashStore, _ comment: Comment) throws -> String {
        let place = try DatabaseTemplate.of(store).copy(for: .initialize)
        defer { removeTree(place.root) }
        if let bytes = image.bytes {
            try Disk.makeDirectories(place.database)
            try Disk.replace(place.database.appending("data.mdb"), with: bytes, durability: .none)
            try expectSound(place, comment)
        } else if let bytes = image.unnamed {
            try Disk.makeDirectories(place.database.appending("new"))
            try Disk.replace(place.database.appending("new/data.mdb"), with: bytes, durability: .none)
        }
        let opened = try store.open(place)
        let state = try DatabaseState(opened)
        try DatabaseState.touch(opened)
        #expect(try DatabaseState(opened).untouched == state, comment)
        try expectSound(place, comment)
        return state.digest
    }
}
