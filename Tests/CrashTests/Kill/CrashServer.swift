import CrashSupport
import StrataIO
import SystemPackage
import TestSupport
import Testing

/// The process whose children do an operation and are stopped.
final class CrashServer {
    enum Answer: Equatable {
        case stopped
        /// How many changes of the disk there were, and which of them began an intent; 0 = none.
        case done(calls: Int, intent: Int)
    }

    private let child: ChildProcess

    init() throws {
        child = try ChildProcess(productPath("StrataProbe"), ["crash"])
        child.patience = 60_000 * Int32(slack)
    }

    /// - Parameter call: the change of the disk after which to stop; negative = before it.
    func run(_ operation: String, on store: CrashStore, in place: CrashPlace, stopAfter call: Int) throws -> Answer {
        child.send(Array("\(place.root)\t\(place.durability)\t\(store.name)\t\(operation)\t\(call)\n".utf8))
        let line = try #require(child.readLine(), "the server ended")
        if line == "stopped" { return .stopped }
        let words = line.split(separator: " ").compactMap { Int($0) }
        guard line.hasPrefix("calls "), words.count == 2 else { throw Failed(text: line) }
        return .done(calls: words[0], intent: words[1])
    }

    struct Failed: Error { let text: String }
}
