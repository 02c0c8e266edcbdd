import StrataModel
import StrataObjects
import Synchronization

/// What the threads of a history have begun to write, and what they were told is there.
final class ObjectLedger: Sendable {
    struct Entries: Sendable {
        var begun: Set<Int> = []
        var acknowledged: Set<Int> = []
    }

    private let entries = Mutex(Entries())

    var now: Entries { entries.withLock { $0 } }

    func begin(_ object: Int) { entries.withLock { _ = $0.begun.insert(object) } }

    func acknowledge(_ object: Int) { entries.withLock { _ = $0.acknowledged.insert(object) } }
}

/// The objects that the threads write.
struct ConcurrentObjects: Sendable {
    let contents: [ObjectContents]
    let ids: [ObjectID]

    /// Those of other histories, and some that are alike.
    init(_ trial: ObjectTrial, _ pool: ObjectHistoryPool) throws {
        contents = pool.contents + trial.many(30)
        ids = try contents.map { try $0.id(trial.algorithm) }
    }

    func ids(of objects: Set<Int>) -> Set<ObjectID> { Set(objects.map { ids[$0] }) }
}

/// The names of the checks that are made of concurrent histories of objects.
enum ConcurrentObjectCheck {
    static let writing = "concurrency: writing"
    static let reading = "concurrency: reading"
    static let walks = "concurrency: walks"
    static let abbreviations = "concurrency: abbreviations"
    static let pins = "concurrency: pinned stores"
    static let upkeep = ConcurrencyCheck.upkeep
    static let returns = ConcurrencyCheck.returns
}
