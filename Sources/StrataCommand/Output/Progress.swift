import Glibc
import StrataModel

/// How far long work is, on one line of a terminal; silent elsewhere. Not before a second has passed, or as many as `GIT_PROGRESS_DELAY` says.
final class Progress: Sendable {
    private let title: String
    private let total: Int?
    private let errors: ErrorStream
    private let isWanted: Bool
    private let start = ContinuousClock.now

    /// - Parameters:
    ///   - total: how much there is to do, where that is known.
    ///   - isWanted: nil = where standard error is a terminal.
    init(_ title: String, of total: Int? = nil, _ errors: ErrorStream, isWanted: Bool? = nil) {
        self.title = title
        self.total = total
        self.errors = errors
        self.isWanted = isWanted ?? (isatty(2) == 1)
    }

    /// How long work is not worth a word: `GIT_PROGRESS_DELAY` in seconds, else one.
    static let delay: Duration = {
        let seconds = RepositoryOpener.variable(Bytes("GIT_PROGRESS_DELAY")).map { String(decoding: $0, as: UTF8.self) }
        return .seconds(seconds.flatMap { UInt32($0) } ?? 1)
    }()

    private var isDue: Bool { isWanted && start.duration(to: .now) >= Self.delay }

    func show(_ count: Int, of total: Int? = nil) {
        guard isDue else { return }
        errors.write(Bytes("\r" + text(count, of: total ?? self.total)))
    }

    /// Ends the line, with what else there is to say.
    func finish(_ count: Int, _ more: String = "") {
        guard isDue else { return }
        errors.write(Bytes("\r\(text(count, of: total)), done\(more).\n"))
    }

    private func text(_ count: Int, of total: Int?) -> String {
        guard let total, total > 0 else { return "\(title): \(count)" }
        let share = String(min(100, count * 100 / total))
        return "\(title): \(String(repeating: " ", count: 3 - share.utf8.count))\(share)% (\(count)/\(total))"
    }
}
