import Logging
import StrataModel
import StrataRefs

/// The log lines of one observed store.
///
/// Of a transaction the first names are told and how many there are, never all of them.
struct RefLog: Sendable {
    /// The most names in one line.
    static let nameLimit = 8

    let logger: Logger?
    let label: String

    /// A transaction that came to nothing: `notice` for a verdict or an observer's no, `warning` for a lock that was not to be had, `error` for
    /// what failed.
    func failed(_ error: RefError, _ names: [RefName]?) {
        guard let logger else { return }
        let level: Logger.Level =
            switch error.code {
            case .rejected, .refused: .notice
            case .locked: .warning
            default: .error
            }
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "store": "\(label)", "code": "\(error.code)", "message": "\(error.message)",
        ]
        if let reason = error.rejection?.reason { metadata["reason"] = "\(reason)" }
        if let reference = error.reference { metadata["reference"] = "\(reference)" }
        if let path = error.path { metadata["path"] = "\(path)" }
        if let names { metadata.merge(Self.told(names)) { first, _ in first } }
        let message: Logger.Message =
            error.hasTakenEffect
            ? "reference transaction committed, not made durable" : "reference transaction not committed"
        logger.log(level: level, message, metadata: metadata)
    }

    /// A batch some of whose edits were rejected.
    func rejected(_ rejections: [RefRejection]) {
        guard let logger, logger.logLevel <= .notice, let first = rejections.first else { return }
        var metadata = Self.told(rejections.map(\.reference))
        metadata["store"] = "\(label)"
        metadata["reason"] = "\(first.reason)"
        metadata["message"] = "\(first.message)"
        logger.notice("edits of a reference transaction rejected", metadata: metadata)
    }

    static func told(_ names: [RefName]) -> Logger.Metadata {
        [
            "references": .array(names.prefix(nameLimit).map { "\($0)" }),
            "count": "\(names.count)",
        ]
    }
}
