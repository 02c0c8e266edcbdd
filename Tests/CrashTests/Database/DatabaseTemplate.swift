import CrashSupport
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A place with a filled database, copied for each try; and one without.
final class DatabaseTemplate: Sendable {
    let store: CrashStore
    private let directory: TemporaryDirectory
    private let number = Atomic<Int>(0)

    private init(_ store: CrashStore) throws {
        self.store = store
        directory = try CrashTemplate.scratch()
        let place = CrashPlace(directory.appending("0"))
        let ids = (1...2).map { String(repeating: "\($0)", count: 40) + "\n" }.joined()
        try Disk.makeDirectories(place.common)
        try Disk.replace(place.root.appending("ids"), with: Array(ids.utf8), durability: .none)
        try copyTree(place.root, directory.appending("empty"))
        try store.seed(place)
    }

    private static let made = Mutex<[String: Result<DatabaseTemplate, any Error>]>([:])

    /// The one of `store`, made at the first use.
    static func of(_ store: CrashStore) throws -> DatabaseTemplate {
        try made.withLock { made in
            if let known = made[store.name] { return known }
            let template = Result { try DatabaseTemplate(store) }
            made[store.name] = template
            return template
        }.get()
    }

    /// A copy for `operation`.
    func copy(for operation: CrashOperation? = nil, durability: Durability = .full) throws -> CrashPlace {
        let path = directory.appending("copy-\(number.add(1, ordering: .relaxed).newValue)")
        let isNew = operation?.name == CrashOperation.initialize.name
        try copyTree(directory.appending(isNew ? "empty" : "0"), path)
        return CrashPlace(path, durability: durability)
    }
}

/// The process whose children do an operation on a database and meet faults.
final class DatabaseServer {
    enum Fault: String, CaseIterable {
        case stop, after, tear, fail, shorten, late
    }

    enum Answer {
        case stopped
        case done(calls: Int, met: String, state: String)
        /// What the store shows after the failure, and when the operation was done again.
        case failed(calls: Int, met: String, state: String, error: String, again: String)
    }

    private let child: ChildProcess

    init() throws {
        child = try ChildProcess(productPath("StrataProbe"), ["databases"])
        child.patience = 60_000 * Int32(slack)
    }

    func run(
        _ operation: CrashOperation, on store: CrashStore, in place: CrashPlace, at call: Int = 0,
        _ fault: Fault = .stop,
        errno: Errno = .ioError, persistent: Bool = false
    ) throws -> Answer {
        let words = [
            "\(place.root)", "\(place.durability)", store.name, operation.name, "\(call)", fault.rawValue,
            "\(errno.rawValue)", persistent ? "always" : "once",
        ]
        child.send(Array((words.joined(separator: "\t") + "\n").utf8))
        let line = try #require(child.readLine(), "the server ended")
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        switch (fields[0], fields.count) {
        case ("stopped", 1): return .stopped
        case ("done", 4): return .done(calls: Int(fields[1]) ?? 0, met: fields[2], state: fields[3])
        case ("failed", 6):
            return .failed(
                calls: Int(fields[1]) ?? 0, met: fields[2], state: fields[3], error: fields[4], again: fields[5])
        default: throw CrashServer.Failed(text: line)
        }
    }

    /// How many calls there are when nothing fails.
    func count(_ operation: CrashOperation, on store: CrashStore, in place: CrashPlace) throws -> Int {
        guard case .done(let calls, _, _) = try run(operation, on: store, in: place) else { throw Errno.badMessage }
        return calls
    }
}

extension DatabaseState {
    private static let touched = "refs/heads/touched"

    /// Without what ``touch(_:)`` has written.
    var untouched: DatabaseState {
        var state = self
        state.remove(Self.touched)
        return state
    }

    /// The next writer.
    static func touch(_ opened: OpenedCrashStore) throws {
        let ids = try CrashIDs(opened.place)
        try opened.commit([.update(RefName(touched), to: ids.one, message: "touched")])
    }
}

/// Nothing is wrong in the pages of a database, nor in what stands there.
func expectSound(_ place: CrashPlace, _ comment: Comment) throws {
    let report = try LMDBCheck.check(place.database)
    #expect(report.isSound && report.lostPages == 0, "\(comment): \(report.findings)")
}
