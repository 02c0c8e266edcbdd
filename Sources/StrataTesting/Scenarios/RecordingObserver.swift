package import StrataModel
package import StrataRefs
import Synchronization

/// Writes down what it is told, as git's hook would be.
package final class RecordingObserver: RefTransactionObserver {
    private let lines = Mutex<[String]>([])
    private let text: @Sendable (RefTarget?) -> String
    private let refused: RefTransactionPhase?

    /// An observer that refuses in the phase `refusing`.
    package convenience init(_ algorithm: HashAlgorithm, refusing: RefTransactionPhase? = nil) {
        let zero = ObjectID.zero(algorithm).hex
        self.init(refusing: refusing) { target in
            switch target {
            case nil: zero
            case .object(let id): id.hex
            case .symbolic(let name): "ref:\(name)"
            }
        }
    }

    /// An observer that writes targets in words of the caller's.
    init(refusing: RefTransactionPhase? = nil, _ text: @escaping @Sendable (RefTarget?) -> String) {
        self.text = text
        refused = refusing
    }

    package var events: [String] { lines.withLock { $0 } }

    package func transaction(is phase: RefTransactionPhase, _ updates: [ObservedRefUpdate]) throws(RefError) {
        let told = updates.map { "\(text($0.old)) \(text($0.new)) \($0.name)" }
        lines.withLock { $0 += [phase.rawValue] + told }
        if phase == refused { throw RefError(.refused, "refused") }
    }
}
